package activitytest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

func findingChangesNothing(b *bench) {
	b.unchanged("finding and listing", func() {
		first, second := b.find(), b.find()
		assert.Equal(b, b.Connector.System(), first.Account.System)
		assert.NotEmpty(b, first.Account.ID, "an account that is found has a stable id")
		assert.Empty(b, first.Account.Protected, "the leaver may be cut")
		assert.Equal(b, first.Account, second.Account, "found twice")
		assert.ElementsMatch(b, first.Grants, second.Grants, "listed twice")
	})
}

func everyClassOnce(b *bench) {
	s := b.find()
	var covered []offboarding.Class
	for _, c := range s.Coverage {
		covered = append(covered, c.Class)
		has := slices.ContainsFunc(s.Grants, func(g offboarding.Grant) bool { return g.Class == c.Class })
		assert.Equal(b, c.Sight == offboarding.Present, has, "%s is %s, and grants are listed: %t", c.Class, c.Sight, has)
		sayWhy(b, c.Class, c.Sight, c.Reason)
	}
	assert.ElementsMatch(b, b.f.Classes, covered, "coverage")
	for _, class := range b.f.Classes {
		if !slices.Contains(b.f.NotHeld, class) && !slices.Contains(b.f.Blind, class) {
			assert.Contains(b, b.held(), class, "the fixture's leaver holds nothing of a class, so that nothing is tested of it")
		}
	}
	for _, class := range b.held() {
		assert.True(b, slices.ContainsFunc(s.Grants, func(g offboarding.Grant) bool { return g.Class == class }) ||
			slices.Contains(b.f.Blind, class), "the leaver holds %s, and no such grant is listed", class)
	}
	soundGrants(b, s.Grants)
	seen, err := b.look(b.ctx, s.Account)
	require.NoError(b, err)
	var read []offboarding.Class
	for _, o := range seen.Observations {
		read = append(read, o.Class)
		assert.False(b, o.At.IsZero(), "%s was observed at no time", o.Class)
		assert.Equal(b, o.Sight == offboarding.Present, len(o.Present) > 0, "%s is %s with %d grants", o.Class, o.Sight, len(o.Present))
		sayWhy(b, o.Class, o.Sight, o.Reason)
		soundGrants(b, o.Present)
		sameGrants(b, s.Grants, o.Present)
	}
	assert.ElementsMatch(b, b.f.Classes, read, "readback")
}

func sayWhy(b *bench, c offboarding.Class, s offboarding.Sight, reason string) {
	switch s {
	case offboarding.Blind, offboarding.NotOffered:
		assert.NotEmpty(b, reason, "%s is %s and nobody says why", c, s)
	case offboarding.Present, offboarding.Absent:
	default:
		b.Errorf("%s has the unknown sight %q", c, s)
	}
}

// sameGrants checks that what is read back is told as it was listed: a case
// plans from both, and removes nothing unasked that is set to ask.
func sameGrants(b *bench, listed, read []offboarding.Grant) {
	for _, g := range read {
		assert.Contains(b, listed, g, "%s %s is read back otherwise than it was listed", g.Class, g.ID)
	}
}

func soundGrants(b *bench, grants []offboarding.Grant) {
	type key struct {
		offboarding.Class
		id string
	}
	known := map[key]bool{}
	for _, g := range grants {
		assert.NotEmpty(b, g.ID, "a grant of %s has no id", g.Class)
		assert.NotEmpty(b, g.Label, "%s %s has no label", g.Class, g.ID)
		assert.Contains(b, []offboarding.Step{offboarding.StepContain, offboarding.StepRevoke}, g.Closes, "%s %s", g.Class, g.ID)
		assert.False(b, known[key{g.Class, g.ID}], "%s %s is listed twice", g.Class, g.ID)
		known[key{g.Class, g.ID}] = true
	}
}

func departure(b *bench) {
	s := b.find()
	done, err := b.cut(b.ctx, s)
	require.NoError(b, err)
	for _, a := range done {
		assert.NotEmpty(b, a.Do, "an action says what it did: %+v", a)
		assert.NotEmpty(b, a.Answer, "an action has the vendor's answer: %+v", a)
		assert.False(b, a.At.IsZero(), "an action has its time: %+v", a)
		assert.Contains(b, b.f.Classes, a.Class, "an action is about a class: %+v", a)
	}
	assert.NotEmpty(b, done, "a departure that changes much journals something")
	b.finish(s)
	seen, err := b.look(b.ctx, s.Account)
	require.NoError(b, err)
	b.namesNobodyElse(s, seen)
	b.leftOthersAlone("a departure")
}

// killSwitch asks for each write in its turn: the gate opens for some first
// calls and is shut from then on.
func killSwitch(b *bench) {
	s := b.find()
	b.unchanged("a shut gate", func() {
		_, err := b.cut(transport.WithGate(b.ctx, shutAfter(0)), s)
		assert.ErrorContains(b, err, "frozen")
	})
	_, err := b.cut(transport.WithGate(b.ctx, shutAfter(1)), s)
	assert.ErrorContains(b, err, "frozen", "one change is let through, and then no other")
	assert.NotEmpty(b, b.Holds(), "no single change takes all away: the gate was not asked before each")
	_, err = b.cut(b.ctx, s)
	require.NoError(b, err)
	b.finish(s)
}

// shutAfter lets so many writes through.
func shutAfter(n int) transport.Gate {
	var mu sync.Mutex
	return func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if n--; n < 0 {
			return errors.New("frozen")
		}
		return nil
	}
}

// everyStepTwice repeats each step with a journal that knows nothing of the
// first time, as another process would.
func everyStepTwice(b *bench) {
	s := b.find()
	b.finish(s)
	again, err := b.cut(b.ctx, s)
	require.NoError(b, err, "the second time")
	for _, a := range again {
		if !slices.Contains(b.f.Unlistable, a.Class) {
			assert.Contains(b, []string{activities.AlreadyAbsent, activities.AlreadyDone}, a.Answer, "the second time: %+v", a)
		}
	}
	b.finish(s)
	b.leftOthersAlone("the second time")
	account, err := b.Connector.Find(b.ctx, b.Leaver)
	b.discreet(account, err)
	assert.NoError(b, err, "find somebody who was cut")
}

// twoAttemptsAtOnce is a worker that was believed dead and still writes.
func twoAttemptsAtOnce(b *bench) {
	s := b.find()
	var both sync.WaitGroup
	for range 2 {
		grants := slices.Clone(s.Grants)
		both.Go(func() {
			mine := s
			mine.Grants = grants
			// One of the two may be refused; a retry then goes on.
			_, _ = b.cut(b.ctx, mine)
		})
	}
	both.Wait()
	b.finish(s)
	b.leftOthersAlone("two attempts at once")
}

func absentPerson(b *bench) {
	b.unchanged("looking for an absent person", func() {
		got, err := b.Connector.Find(b.ctx, b.Absent)
		require.NoError(b, err)
		assert.False(b, got.Found)
		assert.NotEmpty(b, got.Evidence, "nobody says what was asked, and what showed that the answer can be believed")
		assert.Equal(b, b.Connector.System(), got.System)
		b.namesNobodyElse(got)
	})
}

// protectedPerson also asks the writes alone: what a finding said may be old.
func protectedPerson(b *bench) {
	if b.Protected.Email == "" {
		return
	}
	b.unchanged("cutting a protected person", func() {
		got, err := b.Connector.Find(b.ctx, b.Protected)
		require.NoError(b, err)
		require.True(b, got.Found)
		require.NotEmpty(b, got.Protected, "nothing protects %s", b.Protected.Email)
		got.Protected = ""
		inv, err := b.Connector.Inventory(b.ctx, got)
		require.NoError(b, err)
		grants := inv.Grants
		if len(grants) == 0 {
			grants = b.find().Grants
		}
		j := activities.NewJournal(1, nil, nil)
		err = b.Connector.Contain(b.ctx, got, j)
		assert.True(b, transport.IsKind(err, transport.Protected), "contain: %v", err)
		err = b.Connector.Revoke(b.ctx, got, grants, j)
		assert.True(b, transport.IsKind(err, transport.Protected), "revoke: %v", err)
		assert.Empty(b, j.Actions())
	})
}

func neverProvenBefore(b *bench) {
	s := b.find()
	b.unchanged("observing", func() {
		_, err := b.look(b.ctx, s.Account)
		require.NoError(b, err)
	})
}

func cancelledCall(b *bench) {
	s := b.find()
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	j := activities.NewJournal(1, nil, nil)
	b.unchanged("a cancelled call", func() {
		for name, call := range map[string]func() error{
			"find":      func() error { _, err := b.Connector.Find(ctx, b.Leaver); return err },
			"inventory": func() error { _, err := b.Connector.Inventory(ctx, s.Account); return err },
			"contain":   func() error { return b.Connector.Contain(ctx, s.Account, j) },
			"revoke":    func() error { return b.Connector.Revoke(ctx, s.Account, s.Grants, j) },
			"observe":   func() error { _, err := b.Connector.Observe(ctx, s.Account); return err },
		} {
			came := make(chan error, 1)
			go func() { came <- call() }()
			select {
			case err := <-came:
				assert.Error(b, err, "%s answered although it was cancelled", name)
				b.discreet(nil, err)
			case <-time.After(patience):
				b.Errorf("%s goes on although it was cancelled", name)
			}
		}
		assert.Empty(b, j.Actions())
	})
}

// badIDs are what an id becomes when it is empty, a path, an alias or a query.
var badIDs = []string{"", ".", "..", "me", "a/b", "#", "a?b=c", "%2e%2e", "..%2fusers", "a b", "a\nb", "\x00"}

func malformedAccount(b *bench) {
	s := b.find()
	for _, id := range badIDs {
		bad := s.Account
		bad.ID = id
		b.unchanged("an account with the id "+id, func() {
			j := activities.NewJournal(1, nil, nil)
			errContain := b.Connector.Contain(b.ctx, bad, j)
			assert.Error(b, errContain, "contain %q", id)
			errRevoke := b.Connector.Revoke(b.ctx, bad, s.Grants, j)
			assert.Error(b, errRevoke, "revoke %q", id)
			b.discreet(j.Actions(), errors.Join(errContain, errRevoke))
			assert.Empty(b, j.Actions(), "%q", id)
			// Reading is harmless, unless the answer is taken for a proof.
			if seen, err := b.look(b.ctx, bad); err == nil {
				for _, o := range seen.Observations {
					assert.False(b, o.Proves(), "an account with the id %q proves %s", id, o.Class)
				}
			}
			inv, err := b.Connector.Inventory(b.ctx, bad)
			b.discreet(inv, err)
			assert.Error(b, err, "inventory %q", id)
		})
	}
}

func malformedGrant(b *bench) {
	s := b.find()
	for _, class := range b.f.Classes {
		for _, id := range badIDs {
			bad := offboarding.Grant{Class: class, ID: id, Label: id, Closes: offboarding.StepRevoke}
			j := activities.NewJournal(1, nil, nil)
			b.discreet(nil, b.Connector.Revoke(b.ctx, s.Account, []offboarding.Grant{bad}, j))
			b.leftOthersAlone("a grant " + string(class) + " " + id)
		}
	}
	j := activities.NewJournal(1, nil, nil)
	b.unchanged("a grant of an unknown class", func() {
		err := b.Connector.Revoke(b.ctx, s.Account, []offboarding.Grant{{Class: "no-such-class", ID: "1", Closes: offboarding.StepRevoke}}, j)
		assert.Error(b, err, "a grant of an unknown class is left out in silence")
		b.discreet(j.Actions(), err)
	})
}

func checkChangesNothing(b *bench) {
	b.unchanged("the configuration check", func() {
		found, err := b.Connector.Check(b.ctx)
		b.discreet(found, err)
		assert.NoError(b, err, "the fixture's configuration is a good one")
		for _, f := range found {
			assert.NotEqual(b, activities.Bad, f.Level, "the fixture's configuration is a good one: %s", f.What)
		}
	})
}
