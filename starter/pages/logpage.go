package pages

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// logPage is what the template of the log's state shows.
type logPage struct {
	Entries    int64
	Checkpoint checkpoint
	Signed     bool // there is a checkpoint
	Behind     int64
	Recorded   time.Time // when the last entry under it was written
	Fits       bool      // the entries' hashes lead to its root
	Key        string
	Anchors    []anchorRow
	Now        time.Time
}

type anchorRow struct {
	record.Anchored
	Size   int64
	Age    string
	Behind int64
	Doubt  string
	// Fits is true where the log of today is a continuation of what was put there.
	Fits bool
	root tlog.Hash
}

// anchors keeps the newest receipt of each anchor, so that not all receipts are
// read each time.
type anchors struct {
	mu     sync.Mutex
	newest map[string]record.Anchored
	sizes  map[string]int64
}

// look brings the newest receipts up to date. It asks from the size of the one
// that is furthest behind: a receipt may come late.
func (a *anchors) look(ctx context.Context, p *pages) ([]anchorRow, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	from := int64(0)
	if len(a.sizes) > 0 {
		from = slices.Min(slices.Collect(maps.Values(a.sizes)))
	}
	got, err := p.Record.Anchors(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("read the anchors: %w", err)
	}
	if a.newest == nil {
		a.newest, a.sizes = map[string]record.Anchored{}, map[string]int64{}
	}
	for _, r := range got {
		// Anybody who has the database can write receipts: no more is taken from
		// one than where to look.
		if size := p.checked(r.Checkpoint).Size; size >= a.sizes[r.Anchor] {
			a.newest[r.Anchor], a.sizes[r.Anchor] = r, size
		}
	}
	var out []anchorRow
	for _, name := range slices.Sorted(maps.Keys(a.newest)) {
		r := a.newest[name]
		c := p.checked(r.Checkpoint)
		r.Anchor, r.Kind, r.Where = plain(r.Anchor, 80), plain(r.Kind, 40), plain(r.Where, 300)
		out = append(out, anchorRow{Anchored: r, Size: c.Size, Age: took(max(0, p.Now().Sub(r.At))), Doubt: c.Doubt, root: c.Root})
	}
	return out, nil
}

func (p *pages) log(w http.ResponseWriter, r *http.Request) error {
	head, err := p.Record.Head(r.Context())
	if err != nil {
		return fmt.Errorf("read the log's size: %w", err)
	}
	v := logPage{Entries: head.N, Key: p.PublicKey, Now: p.Now()}
	if v.Checkpoint, v.Signed, err = p.newest(r.Context()); err != nil {
		return err
	}
	v.Behind = head.N - v.Checkpoint.Size
	if n := v.Checkpoint.Size; n > 0 && n <= head.N {
		last, err := p.Record.Range(r.Context(), n-1, n)
		if err != nil || len(last) != 1 {
			return fmt.Errorf("read entry %d: %w", n-1, err)
		}
		v.Recorded = last[0].Entry.Recorded
	}
	if v.Anchors, err = p.anchors.look(r.Context(), p); err != nil {
		return err
	}
	hashes := p.Record.Hashes(r.Context())
	fits := func(size int64, root tlog.Hash) (bool, error) {
		if size < 0 || size > head.N {
			return false, nil
		}
		got, err := tlog.TreeHash(size, hashes)
		if err != nil {
			return false, fmt.Errorf("work out the root over %d entries: %w", size, err)
		}
		return got == root, nil
	}
	if v.Fits, err = fits(v.Checkpoint.Size, v.Checkpoint.Root); err != nil {
		return err
	}
	for i := range v.Anchors {
		a := &v.Anchors[i]
		a.Behind = max(0, v.Checkpoint.Size-a.Size)
		if a.Fits, err = fits(a.Size, a.root); err != nil {
			return err
		}
	}
	return p.show(w, r, http.StatusOK, "log", "The log", v)
}

// logPart gives the newest checkpoint and the public key as files.
func (p *pages) logPart(w http.ResponseWriter, r *http.Request) error {
	switch r.PathValue("part") {
	case "checkpoint":
		c, there, err := p.newest(r.Context())
		if err != nil {
			return err
		}
		if there {
			return attach(w, "text/plain; charset=utf-8", "checkpoint", []byte(c.Note))
		}
	case "key":
		if p.PublicKey != "" {
			return attach(w, "text/plain; charset=utf-8", "lastday.pub", []byte(strings.TrimSpace(p.PublicKey)+"\n"))
		}
	}
	return missing("There is no such file", "The log has a checkpoint as soon as one is signed, and a key where one is configured.")
}
