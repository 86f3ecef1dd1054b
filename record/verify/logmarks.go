package verify

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lastday/record"
	"lastday/record/tiles"
)

// gather opens the anchors and the auditor's copies, and puts them in the order
// of their sizes.
func (l *wholeLog) gather(ctx context.Context) {
	l.roots[l.cp.N] = l.self()
	var anchors []record.Anchored
	var notes []string
	for a, err := range l.dir.Anchors() {
		if err != nil {
			l.readFault(err, &l.badAnchors)
			break
		}
		a.Proof = nil // the root is made again, which shows more
		anchors, notes = append(anchors, a), append(notes, a.Checkpoint)
		if ctx.Err() != nil {
			return
		}
	}
	l.prepare(ctx, notes)
	if ctx.Err() != nil {
		return
	}
	for _, a := range anchors {
		l.anchored(a, &l.badAnchors)
	}
	l.unused = l.copies(&l.badCopies)
	slices.SortStableFunc(l.marks, func(a, b mark) int { return cmp.Compare(a.size, b.size) })
	l.fitting = make([]bool, len(l.marks))
}

// outside says of each mark whether the log continues it.
func (l *wholeLog) outside() {
	if !l.spoilt && l.tree.root() == l.cp.Hash {
		l.agrees(l.self())
	}
	anchors, own := 0, 0
	for i, m := range l.marks {
		f := &l.badAnchors
		if m.own {
			f = &l.badCopies
		}
		switch {
		case m.size > l.cp.N:
			f.add("%s is for %d entries, and here are only %d: the end was cut off, or an older state was put back, or this folder was exported before that checkpoint was made. Export it anew and check again.",
				upper(m.what), m.size, l.cp.N)
		case i >= l.next: // the entries up to it could not be read
		case !l.fitting[i]:
			f.add("The first %d entries are not those of %s: an entry among them was changed, removed or put in after it was made.", m.size, m.what)
		case m.own:
			own++
			l.agrees(m)
		default:
			anchors++
			l.agrees(m)
		}
	}
	switch {
	case l.badAnchors.none() && anchors == 0 && len(l.marks) > l.next:
		l.skip(idAnchors, "The entries that they are about could not be read.")
	case l.badAnchors.none() && anchors == 0:
		l.skip(idAnchors, "The folder names no place outside the log where a checkpoint of it was put.")
	default:
		l.settle(idAnchors, l.badAnchors, "%d checkpoints were put elsewhere, and the log continues each. They came in this folder, though: look one up at its place, which %s names, and give it with --checkpoint.", anchors, tiles.AnchorsFile)
	}
	text := strings.Join(l.unused, " ")
	switch {
	case len(l.o.Copies) == 0:
		l.skip(idCopies, "You gave none.")
	case l.badCopies.none() && own == 0:
		l.skip(idCopies, "%s", cmp.Or(text, "The entries that they are about could not be read."))
	default:
		l.settle(idCopies, l.badCopies, "%s", strings.TrimSpace("The log continues "+count(own, "copy of yours")+". "+text))
	}
	l.tellWitnesses()
}
