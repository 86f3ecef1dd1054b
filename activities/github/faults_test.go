package github_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/offboarding"
	"lastday/sandbox/faults"
	sandbox "lastday/sandbox/github"
)

var kinds = []faults.Kind{
	faults.Latency, faults.Limit, faults.Fail, faults.Down, faults.AppliedFail, faults.AppliedHang, faults.Lie, faults.Stale,
	faults.Truncate, faults.HTML, faults.Empty, faults.EmptyList, faults.Unauthorized, faults.Forbidden,
}

// operations are those of a whole case, in which GitHub leaves everything to
// Revoke, so that every write is among them.
func operations(t *testing.T) []string {
	t.Helper()
	r := newRig(t, sandbox.Options{}, nil)
	a := r.find(jane())
	inv := r.inventory(a)
	r.revoke(a, inv.Grants)
	second := newRig(t, sandbox.Options{}, nil)
	second.contain(a)
	second.observe(a)
	ops := map[string]bool{}
	for _, c := range slices.Concat(r.sv.Faults().Calls(), second.sv.Faults().Calls()) {
		ops[c.Op] = true
	}
	list := slices.Sorted(maps.Keys(ops))
	require.Greater(t, len(list), 30)
	return list
}

func eachFault(t *testing.T, ops []string, f func(t *testing.T, fault faults.Fault)) {
	t.Helper()
	for _, op := range ops {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			for _, kind := range kinds {
				f(t, faults.Fault{Op: op, Kind: kind, Millis: 5, RetryAfter: "1"})
			}
		})
	}
}

// short bounds a step in which the vendor may hang.
func short(ctx context.Context, kind faults.Kind) (context.Context, context.CancelFunc) {
	if kind == faults.AppliedHang {
		return context.WithTimeout(ctx, 250*time.Millisecond)
	}
	return context.WithTimeout(ctx, 20*time.Second)
}

// honest fails the test if a class is called proven while Jane truly holds
// something of it.
func honest(t *testing.T, r *rig, fault faults.Fault, back offboarding.Readback) {
	t.Helper()
	holds := r.janeHolds()
	for _, o := range back.Observations {
		held := slices.ContainsFunc(holds, func(h string) bool { return strings.HasPrefix(h, string(o.Class)+"/") })
		assert.False(t, held && o.Proves(), "%s %s times %d: %s is called proven (%s) while Jane holds %v", fault.Op, fault.Kind, fault.Times, o.Class, o.Control, holds)
	}
}

func TestNoFaultMakesAFalseProof(t *testing.T) {
	eachFault(t, operations(t), func(t *testing.T, fault faults.Fault) {
		for _, times := range []int{0, 1, 2} {
			fault.Times = times
			r := newRig(t, sandbox.Options{}, nil)
			a := r.find(jane())
			r.sv.Faults().Set(fault)
			ctx, cancel := short(r.ctx, fault.Kind)
			back, err := r.c.Observe(ctx, a)
			cancel()
			if err == nil {
				honest(t, r, fault, back)
			}
		}
	})
}

func TestACaseSurvivesEveryFault(t *testing.T) {
	eachFault(t, operations(t), func(t *testing.T, fault faults.Fault) {
		r := newRig(t, sandbox.Options{}, nil)
		a := r.find(jane())
		inv := r.inventory(a)
		r.sv.Faults().Set(fault)
		ctx, cancel := short(r.ctx, fault.Kind)
		defer cancel()
		j := activities.NewJournal(1, nil, nil)
		_ = r.c.Contain(ctx, a, j)            // may fail: that is the fault's doing
		_ = r.c.Revoke(ctx, a, inv.Grants, j) // likewise
		if back, err := r.c.Observe(ctx, a); err == nil {
			honest(t, r, fault, back)
		}
		r.sv.Faults().Clear()

		r.contain(a)
		r.revoke(a, inv.Grants)
		require.Empty(t, r.janeHolds(), "%s %s", fault.Op, fault.Kind)
		for class, o := range r.observe(a) {
			assert.True(t, o.Proves(), "%s %s: %s: %s", fault.Op, fault.Kind, class, o.Reason)
		}
	})
}

func TestAWriteThatHappenedAndFailedIsDoneOnce(t *testing.T) {
	const op = "DELETE /orgs/{org}/memberships/{username}"
	for _, kind := range []faults.Kind{faults.AppliedFail, faults.AppliedHang} {
		t.Run(string(kind), func(t *testing.T) {
			r := newRig(t, sandbox.Options{}, nil)
			a := r.find(jane())
			r.sv.Faults().Set(faults.Fault{Op: op, Kind: kind})
			ctx, cancel := short(r.ctx, kind)
			defer cancel()
			first := activities.NewJournal(1, nil, nil)
			require.Error(t, r.c.Contain(ctx, a, first))
			r.sv.Faults().Clear()
			second := activities.NewJournal(2, first.Actions(), nil)
			require.NoError(t, r.c.Contain(r.ctx, a, second))
			deletes := 0
			for _, c := range r.sv.Faults().Calls() {
				if c.Op == op && c.Path == "/orgs/acme/memberships/jane-doe" {
					deletes++
				}
			}
			assert.Equal(t, 1, deletes)
			for _, act := range second.Actions() {
				if act.Class == offboarding.Membership && act.ID == sandbox.Acme {
					assert.Equal(t, activities.AlreadyAbsent, act.Answer)
					assert.Equal(t, int32(2), act.Attempt)
				}
			}
		})
	}
}
