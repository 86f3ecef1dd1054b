package pages

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// entryPage is what the template of an entry shows.
type entryPage struct {
	Index      int64
	Kind, Run  string
	Link       string // to the case
	At         time.Time
	Recorded   time.Time
	Leaf       string
	LeafBytes  int
	Hash       string
	Opened     string
	HasDetails bool
	Forgotten  bool
	SealedOK   bool
	Sealed     string
	Checkpoint checkpoint
	Covered    bool // by the newest checkpoint
	Hops       []hop
	Reached    string // the root that the proof leads to
	Good       bool   // which is the checkpoint's
	Signed     bool   // there is any checkpoint
}

// entryOf reads the entry of a request, and puts the look at it into the record.
func (p *pages) entryOf(r *http.Request, what string) (record.Recorded, error) {
	none := missing("There is no such entry", "The record has no entry with this number.")
	index, err := strconv.ParseInt(r.PathValue("index"), 10, 64)
	if err != nil || index < 0 || strconv.FormatInt(index, 10) != r.PathValue("index") {
		return record.Recorded{}, none
	}
	head, err := p.Record.Head(r.Context())
	if err != nil {
		return record.Recorded{}, fmt.Errorf("read the log's size: %w", err)
	}
	if index >= head.N {
		return record.Recorded{}, none
	}
	got, err := p.Record.Range(r.Context(), index, index+1)
	if err != nil || len(got) != 1 {
		return record.Recorded{}, fmt.Errorf("read entry %d: %w", index, err)
	}
	if got[0].Entry.Case != "" || got[0].Opened != nil {
		if err := p.saw(r.Context(), got[0].Entry.Case, access{What: what, Entry: &index}); err != nil {
			return record.Recorded{}, err
		}
	}
	return got[0], nil
}

func (p *pages) entry(w http.ResponseWriter, r *http.Request) error {
	e, err := p.entryOf(r, "entry with its proof")
	if err != nil {
		return err
	}
	hash := tlog.RecordHash(e.Leaf)
	v := entryPage{
		Index: e.Index, Kind: string(e.Entry.Kind), Run: e.Entry.Case, At: e.Entry.At, Recorded: e.Entry.Recorded,
		Leaf: pretty(e.Leaf), LeafBytes: len(e.Leaf), Hash: hexOf(hash),
		HasDetails: e.Entry.Sealed != nil, Forgotten: e.Entry.Sealed != nil && e.Opened == nil, Sealed: fmt.Sprintf("%x", e.Entry.Sealed),
	}
	if e.Entry.Case != "" {
		v.Link = CasePath(e.Entry.Case)
	}
	if details, err := e.Details(); err == nil && details != nil {
		v.Opened, v.SealedOK = pretty(details), true
	}
	newest, there, err := p.newest(r.Context())
	if err != nil {
		return err
	}
	v.Checkpoint, v.Signed = newest, there
	if v.Covered = there && newest.Size > e.Index; v.Covered {
		proof, err := p.prove(r.Context(), newest, e.Index)
		if err != nil {
			return err
		}
		var root tlog.Hash
		v.Hops, root = hops(proof, newest.Size, e.Index, hash)
		v.Reached = hexOf(root)
		v.Good = tlog.CheckRecord(proof, newest.Size, newest.Root, e.Index, hash) == nil && root == newest.Root
	}
	return p.show(w, r, http.StatusOK, "entry", fmt.Sprintf("Entry %d", e.Index), v)
}

func (p *pages) prove(ctx context.Context, c checkpoint, index int64) (tlog.RecordProof, error) {
	proof, err := tlog.ProveRecord(c.Size, index, p.Record.Hashes(ctx))
	if err != nil {
		return nil, fmt.Errorf("prove entry %d: %w", index, err)
	}
	return proof, nil
}

// entryPart gives an entry's bytes as they are, for whoever checks by hand.
func (p *pages) entryPart(w http.ResponseWriter, r *http.Request) error {
	part := r.PathValue("part")
	if part != "leaf" && part != "details" && part != "proof" {
		return missing("There is no such file", "An entry has a leaf, details and a proof.")
	}
	e, err := p.entryOf(r, part+" of an entry")
	if err != nil {
		return err
	}
	name := fmt.Sprintf("lastday-entry-%d.%s", e.Index, part)
	switch part {
	case "leaf":
		return attach(w, "application/octet-stream", name, e.Leaf)
	case "details":
		if e.Opened == nil {
			return missing("There are no details", "This entry has none, or they were erased with the person they spoke of.")
		}
		return attach(w, "application/octet-stream", name, e.Opened)
	}
	newest, there, err := p.newest(r.Context())
	if err != nil {
		return err
	}
	if !there || newest.Size <= e.Index {
		return missing("There is no proof yet", "No signed checkpoint covers this entry yet. One follows within seconds: load the page again.")
	}
	proof, err := p.prove(r.Context(), newest, e.Index)
	if err != nil {
		return err
	}
	return attach(w, "text/plain; charset=utf-8", name, torchwood.FormatProof(e.Index, proof, []byte(newest.Note)))
}
