package verify

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// gather opens the anchors and the auditor's copies. What is wrong with them is
// kept for outside.
func (b *bundleCheck) gather(ctx context.Context) {
	notes := make([]string, 0, len(b.ev.Anchors))
	for _, a := range b.ev.Anchors {
		notes = append(notes, a.Checkpoint)
	}
	b.prepare(ctx, notes)
	b.roots[b.cp.N] = b.self()
	for _, a := range b.ev.Anchors {
		b.anchored(a, &b.badAnchors)
	}
	b.unused = b.copies(&b.badCopies)
}

// outside compares the anchors and the copies with the checkpoint. A copy fits
// by an anchor of its size, whose proof the bundle holds.
func (b *bundleCheck) outside() {
	b.agrees(b.self())
	proven := map[int64]bool{b.cp.N: true, 0: true}
	newer, fit := 0, 0
	for _, m := range b.marks {
		switch {
		case m.own:
			continue
		case m.size > b.cp.N:
			newer++
			continue
		case m.size > 0 && m.size < b.cp.N && tlog.CheckTree(m.proof, b.cp.N, b.cp.Hash, m.size, m.root) != nil:
			b.badAnchors.add("The log does not continue %s, for %d entries: something before that was changed, removed or put in.", m.what, m.size)
			continue
		}
		fit++
		proven[m.size] = true
		b.agrees(m)
	}
	b.tellAnchors(fit, newer)
	b.compareCopies(proven)
	b.tellWitnesses()
}

func (b *bundleCheck) tellAnchors(fit, newer int) {
	note := ""
	if newer > 0 {
		note = fmt.Sprintf(" %d are newer than this file's checkpoint and were not compared.", newer)
	}
	switch {
	case !b.badAnchors.none():
		b.fail(idAnchors, b.badAnchors)
	case fit == 0:
		b.skip(idAnchors, "The file names no place outside the log where a checkpoint of it was put.%s", note)
	default:
		b.pass(idAnchors, "%d checkpoints were put elsewhere, and the log continues each. They came in this file, though: look one up at its place and give it with --checkpoint. The newest: %s.%s", fit, b.newestPlace(), note)
	}
}

// newestPlace says where the auditor finds the newest anchor that fits.
func (b *bundleCheck) newestPlace() string {
	var best int64 = -1
	place := ""
	for _, a := range b.ev.Anchors {
		if cp, err := b.open(a.Checkpoint); err == nil && cp.N > best && cp.N <= b.cp.N {
			best = cp.N
			place = fmt.Sprintf("%s %s, %s, for %d entries, on %s", a.Kind, a.Anchor, a.Where, cp.N, instant(a.At))
		}
	}
	return place
}

func (b *bundleCheck) compareCopies(proven map[int64]bool) {
	fit, notes := 0, b.unused
	for _, m := range b.marks {
		switch {
		case !m.own:
		case proven[m.size]:
			fit++
			b.agrees(m) // its root is the same: addMark has compared it
		case m.size > b.cp.N:
			notes = append(notes, fmt.Sprintf("%s is for %d entries, newer than this file, which is for %d: ask for a new file.", upper(m.what), m.size, b.cp.N))
		default:
			notes = append(notes, fmt.Sprintf("%s is for %d entries, and this file holds no proof from there: take one of the checkpoints that it lists, or check the whole log.", upper(m.what), m.size))
		}
	}
	text := strings.Join(notes, " ")
	switch {
	case !b.badCopies.none():
		b.fail(idCopies, b.badCopies)
	case len(b.o.Copies) == 0:
		b.skip(idCopies, "You gave none.")
	case fit == 0:
		b.skip(idCopies, "%s", text)
	default:
		b.pass(idCopies, "%s", strings.TrimSpace(fmt.Sprintf("%d of %d fit: the log continues them. %s", fit, len(b.o.Copies), text)))
	}
}
