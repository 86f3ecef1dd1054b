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

// writeKinds are for a read the same as fail, or as nothing at all.
var writeKinds = []faults.Kind{faults.Latency, faults.AppliedFail, faults.Lie}

// operations are those that a step makes of a fresh company.
func operations(t *testing.T, step func(r *rig, a offboarding.Account, all []offboarding.Grant)) []string {
	t.Helper()
	r := newRig(t, sandbox.Options{}, twoOrgs)
	a := r.find(jane())
	inv := r.inventory(a)
	r.sv.Faults().ForgetCalls()
	fresh := r.connect(twoOrgs) // so that the tokens are fetched again
	r.c = fresh
	step(r, a, inv.Grants)
	ops := map[string]bool{}
	for _, c := range r.sv.Faults().Calls() {
		ops[c.Op] = true
	}
	return slices.Sorted(maps.Keys(ops))
}

func eachFault(t *testing.T, ops []string, f func(t *testing.T, fault faults.Fault)) {
	t.Helper()
	for _, op := range ops {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			for _, kind := range kinds {
				if strings.HasPrefix(op, "GET ") && slices.Contains(writeKinds, kind) {
					continue
				}
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
	holds := heldInTwoOrgs(r)
	for _, o := range back.Observations {
		held := slices.ContainsFunc(holds, func(h string) bool { return strings.HasPrefix(h, string(o.Class)+"/") })
		assert.False(t, held && o.Proves(), "%s %s times %d: %s is called proven (%s) while Jane holds %v", fault.Op, fault.Kind, fault.Times, o.Class, o.Control, holds)
	}
}

func TestNoFaultMakesAFalseProof(t *testing.T) {
	reads := operations(t, func(r *rig, a offboarding.Account, _ []offboarding.Grant) { r.observe(a) })
	require.GreaterOrEqual(t, len(reads), 20)
	eachFault(t, reads, func(t *testing.T, fault faults.Fault) {
		for _, times := range []int{0, 1} {
			fault.Times = times
			r := newRig(t, sandbox.Options{}, twoOrgs)
			r.sv.Faults().Set(fault)
			ctx, cancel := short(r.ctx, fault.Kind)
			back, err := r.c.Observe(ctx, janeAccount)
			cancel()
			if err == nil {
				honest(t, r, fault, back)
			}
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
