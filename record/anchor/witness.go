package anchor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// Witness asks a C2SP witness to cosign: it does so only for a tree that it was
// shown to continue the last one it saw (c2sp.org/tlog-witness).
type Witness struct {
	place
	url  string
	key  *torchwood.CosignatureVerifier
	log  Log
	http *http.Client

	mu   sync.Mutex
	seen int64 // the size the witness was last known to have seen
}

func newWitness(c WitnessConfig, p place, log Log) (*Witness, error) {
	key, err := torchwood.NewCosignatureVerifier(c.Key)
	if err != nil {
		return nil, fmt.Errorf("open witness %s: %w", c.Name, err)
	}
	way, err := wire(KindWitness, c.URL, c.PrivateAddresses)
	if err != nil {
		return nil, fmt.Errorf("open witness %s: %w", c.Name, err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Witness{
		place: p, url: strings.TrimRight(c.URL, "/") + "/add-checkpoint", key: key, log: log,
		http: &http.Client{Transport: way, Timeout: callTimeout, CheckRedirect: stay},
	}, nil
}

// Every spares the witness, whose every answer costs it a disk sync.
func (w *Witness) Every() time.Duration { return 5 * time.Second }

// asked is what became of one request.
type asked struct {
	agreed   bool
	cosigned string // the signature lines, where it agreed
	conflict int64  // the size that the witness has seen, where it was another
	refused  bool   // the proof was not accepted
}

// Put gives a receipt whose note carries the witness's cosignature beside the
// log's signature. That the witness has seen another tree is a *Fork.
func (w *Witness) Put(ctx context.Context, signed string) (record.Anchored, error) {
	c, err := parse(signed)
	if err != nil {
		return record.Anchored{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	// Another process may ask the same witness between our requests.
	for range 4 {
		old := min(w.seen, c.N)
		got, err := w.ask(ctx, c, old, signed)
		if err != nil {
			return record.Anchored{}, err
		}
		if got.refused {
			return record.Anchored{}, w.fork(fmt.Sprintf("the witness takes no proof that the tree of size %d continues the one of size %d which it has seen", c.N, old))
		}
		if got.agreed {
			return w.cosigned(c, signed, got.cosigned)
		}
		switch {
		case got.conflict == old && old == c.N:
			return record.Anchored{}, w.fork(fmt.Sprintf("the witness has seen another tree of size %d", old))
		case got.conflict == old:
			return record.Anchored{}, fmt.Errorf("ask witness %s: it says that it has seen size %d, and refuses what continues it", w.name, old)
		case got.conflict > c.N:
			return record.Anchored{}, w.ahead(ctx, got.conflict)
		}
		w.seen = got.conflict
	}
	return record.Anchored{}, fmt.Errorf("ask witness %s: somebody else's checkpoints came in between each time", w.name)
}

func (w *Witness) fork(detail string) *Fork {
	return &Fork{Anchor: w.name, Where: w.url, Detail: detail}
}

// ahead judges a witness that has seen a larger tree: another process of this
// log may have shown it one, but only of a tree that the database has.
func (w *Witness) ahead(ctx context.Context, size int64) error {
	head, err := w.log.Head(ctx)
	if err != nil {
		return fmt.Errorf("read the log's size for witness %s: %w", w.name, err)
	}
	if size > head.N {
		return w.fork(fmt.Sprintf("the witness has seen a tree of size %d, and the database has %d entries", size, head.N))
	}
	return fmt.Errorf("ask witness %s: it has seen a later checkpoint of this log, of size %d", w.name, size)
}

// ask makes one request.
func (w *Witness) ask(ctx context.Context, c torchwood.Checkpoint, old int64, signed string) (asked, error) {
	body, err := w.request(ctx, c, old, signed)
	if err != nil {
		return asked{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, strings.NewReader(body))
	if err != nil {
		return asked{}, fmt.Errorf("ask witness %s: %w", w.name, err)
	}
	resp, err := w.http.Do(req)
	if err != nil {
		return asked{}, fmt.Errorf("ask witness %s: %w", w.name, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil || len(answer) > maxAnswer {
		return asked{}, fmt.Errorf("ask witness %s: the answer is not whole or too large: %w", w.name, errors.Join(err, ctx.Err()))
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return asked{agreed: true, cosigned: string(answer)}, nil
	case http.StatusConflict:
		size, err := strconv.ParseInt(strings.TrimSpace(string(answer)), 10, 64)
		if err != nil || size < 0 {
			return asked{}, fmt.Errorf("ask witness %s: it has seen another size and says not which", w.name)
		}
		return asked{conflict: size}, nil
	case http.StatusUnprocessableEntity:
		return asked{refused: true}, nil
	case http.StatusNotFound:
		return asked{}, fmt.Errorf("ask witness %s: it does not know the log %s: have its operator add the log's name and verifier key", w.name, c.Origin)
	case http.StatusForbidden:
		return asked{}, fmt.Errorf("ask witness %s: it does not know the key that signs %s: have its operator add the log's verifier key", w.name, c.Origin)
	}
	return asked{}, fmt.Errorf("ask witness %s: it answers %s", w.name, resp.Status)
}

// request is the body: the old size, the proof, and the note.
func (w *Witness) request(ctx context.Context, c torchwood.Checkpoint, old int64, signed string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", old)
	if old > 0 && old < c.N {
		proof, err := w.prove(ctx, c.Tree, old)
		if err != nil {
			return "", fmt.Errorf("prove to witness %s: %w", w.name, err)
		}
		for _, h := range proof {
			fmt.Fprintf(&b, "%s\n", h)
		}
	}
	b.WriteString("\n" + signed)
	return b.String(), nil
}

// prove shows that the tree continues its first old entries. It is checked
// here, so that a witness that refuses it must have seen another tree.
func (w *Witness) prove(ctx context.Context, c tlog.Tree, old int64) (tlog.TreeProof, error) {
	hashes := w.log.Hashes(ctx)
	proof, err := tlog.ProveTree(c.N, old, hashes)
	if err != nil {
		return nil, err
	}
	root, err := tlog.TreeHash(old, hashes)
	if err != nil {
		return nil, err
	}
	return proof, tlog.CheckTree(proof, c.N, c.Hash, old, root)
}

// cosigned puts the witness's own signature below the log's. Whatever else it
// sent is left out.
func (w *Witness) cosigned(c torchwood.Checkpoint, signed, lines string) (record.Anchored, error) {
	text, _, _ := strings.Cut(signed, "\n\n")
	opened, err := note.Open([]byte(text+"\n\n"+lines), note.VerifierList(w.key))
	if err != nil {
		return record.Anchored{}, fmt.Errorf("read cosignature of witness %s: %w; look at the key in the configuration", w.name, err)
	}
	at, err := torchwood.CosignatureTimestamp(opened.Sigs[0])
	if err != nil {
		return record.Anchored{}, fmt.Errorf("read cosignature of witness %s: %w", w.name, err)
	}
	w.seen = c.N
	sig := opened.Sigs[0]
	out := w.receipt(w.url, signed+fmt.Sprintf("— %s %s\n", sig.Name, sig.Base64))
	out.At = time.Unix(at, 0).UTC() // the witness's clock, which is not ours
	return out, nil
}
