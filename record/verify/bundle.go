package verify

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/tiles"
)

// Bundle checks the bundle of one case, a zip file of size bytes. It never
// panics and always ends; when ctx does, it says what was not reached.
func Bundle(ctx context.Context, r io.ReaderAt, size int64, o Options) Report {
	q := begin(KindBundle, "a file with one case", o)
	b := bundleCheck{inquiry: q}
	b.run(ctx, r, size)
	return q.done(ctx)
}

// maxOpened bounds opened details: the store's bound and what sealing adds.
const maxOpened = record.MaxDetails + 1<<10

// bundleCheck is the verification of one bundle.
type bundleCheck struct {
	*inquiry
	files   map[string][]byte
	names   []string
	ev      record.Evidence
	entries []record.Recorded
	ended   bool

	badAnchors, badCopies faults
	unused                []string // copies that cannot be used, and why
}

func (b *bundleCheck) run(ctx context.Context, r io.ReaderAt, size int64) {
	if !b.unpack(r, size) || ctx.Err() != nil || !b.form() || !b.signed() || ctx.Err() != nil {
		return
	}
	sound := b.included(ctx)
	if ctx.Err() != nil {
		return
	}
	b.gather(ctx)
	b.order()
	whole := b.details()
	b.people()
	if sound && whole && b.meaning(ctx) {
		b.papers(ctx)
	}
	b.outside()
	b.operator(b.lastOfCase(), "the entries of this case")
}

func (b *bundleCheck) unpack(r io.ReaderAt, size int64) bool {
	var f faults
	var err error
	b.files, b.names, f, err = unpack(r, size)
	if err != nil {
		b.lack(idFile, "This is not a file that Lastday exported for a case: %s. Give the file as it came from Lastday.", strings.TrimPrefix(err.Error(), errNoBundle.Error()+": "))
		return false
	}
	var strange []string
	for _, n := range b.names {
		if limitOf(n) == 0 {
			strange = append(strange, n)
		}
	}
	more := ""
	if len(strange) > 0 {
		more = " Not looked at, since they are no part of what Lastday exports: " + strings.Join(strange, ", ") + "."
	}
	return b.settle(idFile, f, "The zip file is undamaged, and holds each file once.%s", more)
}

// form reads evidence.json.
func (b *bundleCheck) form() bool {
	var version struct {
		V int `json:"v"`
	}
	data := b.files[fileEvidence]
	if err := lenient(data, &version); err == nil && version.V > record.Version {
		b.lack(idForm, "%s was written by a newer Lastday (format %d): take a newer version of this program.", fileEvidence, version.V)
		return false
	}
	var f faults
	if err := strict(data, &b.ev); err != nil {
		f.add("%s is not as Lastday wrote it: %s.", fileEvidence, err)
		return b.settle(idForm, f, "")
	}
	switch n, a := len(b.ev.Entries), len(b.ev.Anchors); {
	case b.ev.Version != record.Version:
		f.add("%s says that it is of format %d, which there never was.", fileEvidence, b.ev.Version)
	case n == 0:
		f.add("%s holds no entry.", fileEvidence)
	case b.ev.Case == "":
		f.add("%s does not say which case it is about.", fileEvidence)
	case n > MaxEntries || a > MaxAnchors:
		f.add("%s holds %d entries and %d checkpoints, more than any case has.", fileEvidence, n, a)
	}
	b.entries = make([]record.Recorded, 0, len(b.ev.Entries))
	for i, p := range b.ev.Entries {
		if i > 0 && p.Index <= b.ev.Entries[i-1].Index {
			f.add("Entry %d comes after entry %d: entries were moved or doubled.", p.Index, b.ev.Entries[i-1].Index)
		}
		if len(p.Leaf) > tiles.MaxEntry || len(p.Opened) > maxOpened {
			f.add("Entry %d is larger than any entry can be.", p.Index)
			continue
		}
		e, err := record.ParseEntry(p.Leaf)
		if err != nil {
			f.add("Entry %d is not one that Lastday wrote: %s.", p.Index, err)
			continue
		}
		if e.Case != b.ev.Case {
			f.add("Entry %d is of another case, %s.", p.Index, e.Case)
		}
		b.entries = append(b.entries, record.Recorded{Index: p.Index, Leaf: p.Leaf, Entry: e, Opened: p.Opened})
	}
	return b.settle(idForm, f, "%s and each of its %d entries are written exactly as Lastday writes them, and all are of the case %s.",
		fileEvidence, len(b.entries), b.ev.Case)
}

func (b *bundleCheck) signed() bool {
	if !b.hasKey() {
		return false
	}
	var f faults
	cp, err := b.open(b.ev.Checkpoint)
	switch {
	case err != nil:
		f.add("The checkpoint in %s is not good: %s.", fileEvidence, err)
	case cp.Origin != b.ev.Origin:
		f.add("%s speaks of the log %q, its checkpoint of %q.", fileEvidence, b.ev.Origin, cp.Origin)
	}
	b.cp = cp
	if f.none() {
		b.report.What = "the case " + b.ev.Case + ", exported from the log " + cp.Origin
	}
	return b.settle(idSignature, f, "The checkpoint of the log %s, for %d entries, is signed by the key you gave.", cp.Origin, cp.N)
}

// included checks each entry's proof.
func (b *bundleCheck) included(ctx context.Context) bool {
	var f faults
	for _, p := range b.ev.Entries {
		if ctx.Err() != nil {
			return false
		}
		if err := tlog.CheckRecord(p.Proof, b.cp.N, b.cp.Hash, p.Index, tlog.RecordHash(p.Leaf)); err != nil {
			f.add("Entry %d is not in the log that was signed: it was changed, or put in.", p.Index)
		}
	}
	return b.settle(idEntries, f, "For each of the %d entries a chain of hashes leads from its exact bytes to the signed checkpoint.", len(b.ev.Entries))
}

// order checks that the case is whole, and its events and times.
func (b *bundleCheck) order() {
	c := newChronicle(b.now, b.sightings())
	for _, e := range b.entries {
		c.take(lineOf(e.Index, e.Entry))
	}
	b.ended = slices.ContainsFunc(b.entries, func(e record.Recorded) bool { return e.Entry.Kind == record.Confirmation })
	n := len(b.entries)
	switch {
	case !c.gaps.none():
		b.fail(idComplete, c.gaps)
	case b.ended:
		b.pass(idComplete, "The case's entries are numbered 1 to %d without a gap, and one of them is the confirmation that ended it. What was recorded after entry %d of the case, such as who looked at it, is not in this file.", n, n)
	default:
		b.lack(idComplete, "The case's entries are numbered 1 to %d without a gap. But the case had not ended when this file was made, so that nothing shows whether more entries followed. Ask for a new file when it has ended, or check the whole log.", n)
	}
	b.settle(idOnce, c.twice(), "No two of the entries are the same event.")
	b.settle(idClock, c.clock, "%s", clockText)
}

// details compares what was sealed with its hash.
func (b *bundleCheck) details() bool {
	var f faults
	opened, closed, kept := 0, 0, 0
	shown := map[string]bool{} // whose details are here, all of which go at once
	for _, e := range b.entries {
		if e.Opened != nil && e.Entry.Kind != record.Access {
			shown[e.Entry.People[record.Subject]] = true
		}
	}
	for _, e := range b.entries {
		switch {
		case e.Opened != nil && len(e.Entry.Sealed) == 0:
			f.add("Entry %d comes with details, and none were recorded with it.", e.Index)
		case e.Opened != nil:
			if _, err := e.Entry.Open(e.Opened); err != nil {
				f.add("The details of entry %d are not those that were recorded.", e.Index)
			}
			opened++
		case len(e.Entry.Sealed) > 0:
			closed++
			who := e.Entry.People[record.Subject]
			if _, named := b.ev.People[who]; (named || shown[who]) && e.Entry.Kind != record.Access {
				kept++
			}
		}
	}
	switch {
	case f.none() && kept > 0:
		b.lack(idDetails, "The details of %d entries are missing, though the person they speak of was not erased: they were left out of this file. Ask for a whole one.", kept)
	case f.none() && closed > 0:
		b.skip(idDetails, "%d entries have their details, and they are those whose hash was recorded. %d have none any more: their person's data was erased, or they were left out of this file. What they said is not in any other check.", opened, closed)
	default:
		b.settle(idDetails, f, "The personal details of %d entries are those whose hash was recorded.", opened)
	}
	return f.none()
}

// lastOfCase is how many entries of the log must be vouched for, so that all
// entries of the case are but accesses to it.
func (b *bundleCheck) lastOfCase() int64 {
	for _, e := range slices.Backward(b.entries) {
		if e.Entry.Kind != record.Access {
			return e.Index + 1
		}
	}
	return b.entries[len(b.entries)-1].Index + 1
}

func (q *inquiry) hasKey() bool {
	if len(q.o.Keys) > 0 {
		return true
	}
	q.lack(idSignature, "No public key was given. Without the log's public key, got from somewhere else than this file, nothing can be shown.")
	return false
}

var errStopped = errors.New("it takes too long")

// within waits for f no longer than reading a case may take. The entries bear
// the log's signature, and still whoever has its key could have made them such
// that reading them takes hours.
func within[T any](ctx context.Context, o Options, f func() T) (T, error) {
	done := make(chan T, 1)
	go func() { done <- f() }()
	limit, cancel := context.WithTimeout(ctx, cmp.Or(o.patience, patience))
	defer cancel()
	select {
	case got := <-done:
		return got, nil
	case <-limit.Done():
		var none T
		return none, errStopped
	}
}
