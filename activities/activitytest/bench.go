package activitytest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// patience is how long a stand-in may take to carry out what it accepted.
const patience = 5 * time.Second

// report is the part of testing.T that a check speaks to.
type report interface {
	Helper()
	Errorf(format string, args ...any)
	FailNow()
}

// bench is one check's fresh subject.
type bench struct {
	report
	f Fixture
	Subject
	ctx    context.Context
	others []string
}

// newBench makes a fresh subject for t; what a check finds wrong goes to r.
func newBench(t *testing.T, r report, f Fixture) *bench {
	b := &bench{report: r, f: f, Subject: f.New(t), ctx: t.Context()}
	b.others = b.everybodyElse()
	return b
}

func (b *bench) everybodyElse() []string {
	if b.Others == nil {
		return nil
	}
	return slices.Sorted(slices.Values(b.Others()))
}

// held lists the classes of which the leaver truly holds something.
func (b *bench) held() []offboarding.Class {
	var out []offboarding.Class
	for _, h := range b.Holds() {
		class, _, _ := strings.Cut(h, "/")
		if !slices.Contains(out, offboarding.Class(class)) {
			out = append(out, offboarding.Class(class))
		}
	}
	return out
}

// unchanged runs f and checks that the vendor is as it was.
func (b *bench) unchanged(what string, f func()) {
	b.Helper()
	before := slices.Sorted(slices.Values(b.Holds()))
	if b.Faults != nil {
		b.Faults.ForgetCalls()
	}
	f()
	assert.Equal(b, before, slices.Sorted(slices.Values(b.Holds())), "%s changed what the leaver holds", what)
	b.leftOthersAlone(what)
	assert.Empty(b, b.writes(), "%s made calls that write", what)
}

func (b *bench) leftOthersAlone(what string) {
	b.Helper()
	assert.Equal(b, b.others, b.everybodyElse(), "%s changed what is not the leaver's", what)
}

// writes lists the calls that may have changed something.
func (b *bench) writes() []string {
	if b.Faults == nil {
		return nil
	}
	var out []string
	for _, c := range b.Faults.Calls() {
		if !b.reads(c.Op) {
			out = append(out, c.Op+" "+c.Path)
		}
	}
	return out
}

func (b *bench) reads(op string) bool {
	method, _, _ := strings.Cut(op, " ")
	return method == http.MethodGet || method == http.MethodHead || slices.Contains(b.f.ReadOps, op)
}

// find finds the leaver and lists what they hold.
func (b *bench) find() offboarding.SystemCase {
	b.Helper()
	s, err := b.tryFind(b.ctx)
	require.NoError(b, err, "find the leaver")
	require.True(b, s.Account.Found, "the leaver is not found: %s", s.Account.Evidence)
	return s
}

func (b *bench) tryFind(ctx context.Context) (offboarding.SystemCase, error) {
	s := offboarding.SystemCase{System: b.Connector.System()}
	var err error
	if s.Account, err = b.Connector.Find(ctx, b.Leaver); err != nil || !s.Account.Found {
		b.discreet(s.Account, err)
		return s, err
	}
	inv, err := b.Connector.Inventory(ctx, s.Account)
	b.discreet(inv, err)
	s.Grants, s.Coverage = inv.Grants, inv.Coverage
	return s, err
}

// cut contains and revokes as a case would in which every class is to be
// removed, and goes on after errors as its retries do.
func (b *bench) cut(ctx context.Context, s offboarding.SystemCase) ([]offboarding.Action, error) {
	for i := range s.Grants {
		s.Grants[i].Removal = offboarding.Remove
	}
	plan := offboarding.MakePlan(s, nil)
	j := activities.NewJournal(1, nil, nil)
	var failed error
	if plan.Contain {
		failed = b.Connector.Contain(ctx, s.Account, j)
	}
	if len(plan.Revoke) > 0 {
		failed = errors.Join(failed, b.Connector.Revoke(ctx, s.Account, plan.Revoke, j))
	}
	b.discreet(j.Actions(), failed)
	return j.Actions(), failed
}

// look reads back, and checks that nothing is proven that is still held.
func (b *bench) look(ctx context.Context, a offboarding.Account) (offboarding.Readback, error) {
	b.Helper()
	seen, err := b.Connector.Observe(ctx, a)
	b.discreet(seen, err)
	if err == nil {
		b.provesNoMoreThanTrue(seen)
	}
	return seen, err
}

func (b *bench) provesNoMoreThanTrue(seen offboarding.Readback) {
	b.Helper()
	held := b.Holds()
	for _, o := range seen.Observations {
		for _, h := range held {
			class, _, _ := strings.Cut(h, "/")
			if offboarding.Class(class) == o.Class && o.Proves() {
				b.Errorf("%s is said to be proven gone (%s, control %q), and %q is still held", o.Class, o.Sight, o.Control, h)
			}
		}
	}
}

// finish goes on cutting and looking until all is shown to be gone.
func (b *bench) finish(s offboarding.SystemCase) {
	b.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		_, err := b.cut(b.ctx, s)
		require.NoError(b, err, "cut")
		seen, err := b.look(b.ctx, s.Account)
		require.NoError(b, err, "observe")
		open := b.open(seen)
		if len(open) == 0 && len(b.Holds()) == 0 {
			return
		}
		if time.Now().After(end) {
			assert.Empty(b, b.Holds(), "still held at the end")
			assert.Empty(b, open, "not shown to be gone")
			b.FailNow()
		}
		s.Saw(seen)
	}
}

// open lists the observations that prove nothing.
func (b *bench) open(seen offboarding.Readback) []offboarding.Observation {
	var out []offboarding.Observation
	for _, o := range seen.Observations {
		if !o.Proves() && !slices.Contains(b.f.Blind, o.Class) {
			out = append(out, o)
		}
	}
	return out
}

// discreet checks that no secret is in what leaves a connector, and that an
// error is one that a case understands.
func (b *bench) discreet(out any, err error) {
	b.Helper()
	text, jsonErr := json.Marshal(out)
	require.NoError(b, jsonErr)
	all := string(text)
	if err != nil {
		all += err.Error()
		var known *transport.Error
		assert.True(b, errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded),
			"an error of no known kind: %v", err)
	}
	for _, secret := range b.Secrets {
		if strings.Contains(all, secret) {
			b.Errorf("a secret is in an answer or error: %s", strings.ReplaceAll(all, secret, "<HERE>"))
		}
	}
}

// namesNobodyElse holds what is kept of the leaver against everybody's names.
func (b *bench) namesNobodyElse(kept ...any) {
	b.Helper()
	text, err := json.Marshal(kept)
	require.NoError(b, err)
	for _, name := range b.Bystanders {
		assert.NotContains(b, strings.ToLower(string(text)), strings.ToLower(name), "the leaver's case names somebody else")
	}
}
