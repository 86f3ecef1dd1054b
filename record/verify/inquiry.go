package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/offboarding"
)

// inquiry is one verification under way.
type inquiry struct {
	o         Options
	now       time.Time
	report    Report
	keys      note.Verifiers
	witnesses note.Verifiers
	cp        checkpoint
	opened    map[string]opening
	marks     []mark
	roots     map[int64]mark // the first mark of each size
	vouchers  []voucher
}

// voucher is somebody out of the operator's reach who has seen the log at a size.
type voucher struct {
	size int64
	by   string
}

func begin(kind Kind, what string, o Options) *inquiry {
	q := &inquiry{
		o: o, now: o.Now, report: Report{What: what, Kind: kind, Findings: []string{}},
		keys: known(o.Keys), witnesses: known(o.Witnesses), opened: map[string]opening{}, roots: map[int64]mark{},
	}
	if q.now.IsZero() {
		q.now = time.Now()
	}
	return q
}

// known are the verifiers without doubles, which package note refuses.
func known(list []note.Verifier) note.Verifiers {
	var out []note.Verifier
	for _, v := range list {
		if v != nil && !slices.ContainsFunc(out, func(o note.Verifier) bool { return o.Name() == v.Name() && o.KeyHash() == v.KeyHash() }) {
			out = append(out, v)
		}
	}
	return note.VerifierList(out...)
}

func (q *inquiry) pass(id, format string, a ...any) {
	q.add(Check{ID: id, Result: Passed, Detail: fmt.Sprintf(format, a...)})
}

// skip notes a check that was not made and that the verdict does not rest on.
func (q *inquiry) skip(id, format string, a ...any) {
	q.add(Check{ID: id, Result: NotChecked, Detail: fmt.Sprintf(format, a...)})
}

// lack notes a check that was not made, without which nobody can say intact.
func (q *inquiry) lack(id, format string, a ...any) {
	q.add(Check{ID: id, Result: NotChecked, Limits: true, Detail: fmt.Sprintf(format, a...)})
}

func (q *inquiry) fail(id string, f faults) {
	q.report.Findings = append(q.report.Findings, f.all()...)
	q.add(Check{ID: id, Result: Failed, Detail: strings.Join(f.all(), " ")})
}

// settle passes the check if there are no faults, and else fails it.
func (q *inquiry) settle(id string, f faults, format string, a ...any) bool {
	if f.none() {
		q.pass(id, format, a...)
		return true
	}
	q.fail(id, f)
	return false
}

func (q *inquiry) add(c Check) {
	c.Name = titles()[q.report.Kind][c.ID]
	q.report.Checks = append(q.report.Checks, c)
}

// done fills in what was not reached, and puts the checks in order.
func (q *inquiry) done(ctx context.Context) Report {
	why := "It was not reached: what comes before it must be right first."
	if ctx.Err() != nil {
		why = "The verification was stopped before it was through."
	}
	var out []Check
	for _, id := range order(q.report.Kind) {
		i := slices.IndexFunc(q.report.Checks, func(c Check) bool { return c.ID == id })
		if i < 0 {
			q.lack(id, "%s", why)
			i = len(q.report.Checks) - 1
		}
		out = append(out, q.report.Checks[i])
	}
	q.report.Checks = out
	return q.report
}

// faults are what is wrong in one check: the first few, and how many more.
type faults struct {
	list []string
	more int
}

const maxFaults = 12

func (f *faults) add(format string, a ...any) {
	if len(f.list) >= maxFaults {
		f.more++
		return
	}
	f.list = append(f.list, offboarding.Shorten(fmt.Sprintf(format, a...), 600))
}

func (f faults) none() bool { return len(f.list) == 0 }

func (f faults) all() []string {
	if f.more == 0 {
		return f.list
	}
	return append(slices.Clone(f.list), fmt.Sprintf("And %d more of the same kind.", f.more))
}

// mark is a checkpoint other than the one that everything is checked against.
type mark struct {
	size      int64
	root      tlog.Hash
	what      string // "the anchor disk of 2026-…"
	own       bool   // the auditor's copy
	cosigners []cosigner
	proof     tlog.TreeProof
}
