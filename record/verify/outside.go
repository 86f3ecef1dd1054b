package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"lastday/record"
)

// addMark takes in a checkpoint that its keys have signed. Two of one size and
// another root are two histories.
func (q *inquiry) addMark(m mark, f *faults) bool {
	if old, known := q.roots[m.size]; known && old.root != m.root {
		f.add("%s and %s, both signed, are about %d entries each and about different ones: two histories of the log were signed, by a second writer with the same key or by somebody who wrote it anew.",
			upper(m.what), old.what, m.size)
		return false
	}
	if _, known := q.roots[m.size]; !known {
		q.roots[m.size] = m
	}
	q.marks = append(q.marks, m)
	return true
}

// self is the checkpoint that everything is checked against, as a mark.
func (q *inquiry) self() mark {
	return mark{size: q.cp.N, root: q.cp.Hash, what: "the checkpoint checked here", cosigners: q.cp.cosigners}
}

// prepare opens many checkpoints at once, so that open need not.
func (q *inquiry) prepare(ctx context.Context, notes []string) {
	notes = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(notes))), func(s string) bool {
		_, known := q.opened[s]
		return known
	})
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(workers())
	const batch = 64
	for part := range slices.Chunk(notes, batch) {
		g.Go(func() error {
			for _, s := range part {
				if ctx.Err() != nil {
					return nil
				}
				cp, err := openNote(s, q.keys, q.witnesses)
				mu.Lock()
				q.opened[s] = opening{cp, err}
				mu.Unlock()
			}
			return nil
		})
	}
	_ = g.Wait() // none of them errs
}

// anchored takes one anchor in; what is wrong with it goes to f.
func (q *inquiry) anchored(a record.Anchored, f *faults) {
	where := strings.TrimSpace(a.Kind + " " + a.Anchor)
	cp, err := q.open(a.Checkpoint)
	if err != nil {
		f.add("The checkpoint of the anchor %s (%s) is not good: %s.", where, a.Where, err)
		return
	}
	if cp.Origin != q.cp.Origin {
		f.add("The checkpoint of the anchor %s is of another log, %q.", where, cp.Origin)
		return
	}
	q.addMark(mark{
		size: cp.N, root: cp.Hash, cosigners: cp.cosigners, proof: a.Proof,
		what: fmt.Sprintf("the checkpoint of the anchor %s", where),
	}, f)
}

// copies takes the auditor's own copies in. What cannot be used is told, too.
func (q *inquiry) copies(f *faults) (unused []string) {
	for i, text := range q.o.Copies {
		what := "your copy"
		if len(q.o.Copies) > 1 {
			what = fmt.Sprintf("your copy %d", i+1)
		}
		cp, err := q.open(tidy(text))
		if err != nil {
			unused = append(unused, fmt.Sprintf("%s cannot be used: %s.", upper(what), err))
			continue
		}
		if cp.Origin != q.cp.Origin {
			unused = append(unused, fmt.Sprintf("%s is of another log, %q.", upper(what), cp.Origin))
			continue
		}
		q.addMark(mark{size: cp.N, root: cp.Hash, what: what, own: true, cosigners: cp.cosigners}, f)
	}
	return unused
}

// sightings are when witnesses saw the log at which size.
func (q *inquiry) sightings() []sighting {
	var out []sighting
	for _, m := range append([]mark{q.self()}, q.marks...) {
		if m.size > q.cp.N {
			continue
		}
		for _, c := range m.cosigners {
			out = append(out, sighting{m.size, c})
		}
	}
	return out
}

// agrees notes that the log continues a mark, and who therefore vouches for it.
func (q *inquiry) agrees(m mark) {
	if m.own {
		q.vouchers = append(q.vouchers, voucher{m.size, m.what})
	}
	for _, c := range m.cosigners {
		q.vouchers = append(q.vouchers, voucher{m.size, "the witness " + c.name})
	}
}

// tellWitnesses sums up which known witnesses have signed what.
func (q *inquiry) tellWitnesses() {
	if len(q.o.Witnesses) == 0 {
		q.skip(idWitnesses, "You gave no witness's public key, so that a witness's signature, if there is one, shows nothing.")
		return
	}
	var signed, silent []string
	for _, w := range q.o.Witnesses {
		best := voucher{size: -1}
		for _, v := range q.vouchers {
			if v.by == "the witness "+w.Name() && v.size > best.size {
				best = v
			}
		}
		if best.size < 0 {
			silent = append(silent, w.Name())
		} else {
			signed = append(signed, fmt.Sprintf("%s has signed the log up to %d entries", w.Name(), best.size))
		}
	}
	text := strings.Join(signed, "; ")
	if len(silent) > 0 {
		if text != "" {
			text += ". "
		}
		text += "No signature that helps here by: " + strings.Join(silent, ", ")
	}
	if len(signed) == 0 {
		q.skip(idWitnesses, "%s.", text)
		return
	}
	q.pass(idWitnesses, "%s.", text)
}

// operator says whether somebody out of the operator's reach vouches for the
// first need entries of the log.
func (q *inquiry) operator(need int64, what string) {
	best := voucher{size: -1}
	for _, v := range q.vouchers {
		if v.size > best.size {
			best = v
		}
	}
	get := "Get a checkpoint from where the operator cannot change it (the Slack channel, the anchor directory, the object store, an earlier audit) and give it with --checkpoint, or give a witness's public key with --witness."
	switch {
	case best.size >= need:
		q.pass(idOperator, "No, as far as %s go: %s fits, which the operator cannot take back or change (%d entries).", what, best.by, best.size)
	case best.size >= 0:
		q.lack(idOperator, "For the first %d entries of the log no: %s fits. For the %d that were recorded after them and matter here, tampering by the host cannot be excluded. %s", best.size, best.by, need-best.size, get)
	default:
		q.lack(idOperator, "Yes. Nothing that you gave comes from out of the operator's reach, so that tampering by the host cannot be excluded: who has the log's signing key could have signed another history. Checkpoints that came with what is checked do not exclude it, since the operator made that, too. %s", get)
	}
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
