package departures_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/starter/cases"
	"lastday/starter/departures"
)

// desk stands for Temporal: one case a person, as cases.Client has it.
type desk struct {
	mu     sync.Mutex
	cases  map[offboarding.Subject]offboarding.Departure
	ended  map[offboarding.Subject]bool
	states map[offboarding.Subject]offboarding.State // Waiting where none is set
	down   map[offboarding.Subject]error
	before func(context.Context, offboarding.Subject) // called first, outside the lock
	now    int                                        // under way
	most   int
	asked  []offboarding.Subject
}

func newDesk() *desk {
	return &desk{
		cases: map[offboarding.Subject]offboarding.Departure{}, ended: map[offboarding.Subject]bool{},
		states: map[offboarding.Subject]offboarding.State{}, down: map[offboarding.Subject]error{},
		before: func(context.Context, offboarding.Subject) {},
	}
}

func (k *desk) enter(ctx context.Context, who offboarding.Subject) func() {
	k.mu.Lock()
	k.now++
	k.most = max(k.most, k.now)
	k.asked = append(k.asked, who)
	k.mu.Unlock()
	k.before(ctx, who)
	k.mu.Lock()
	return func() { k.now--; k.mu.Unlock() }
}

func (k *desk) Offboard(ctx context.Context, d offboarding.Departure, again bool) (cases.Started, error) {
	defer k.enter(ctx, d.Subject)()
	if ctx.Err() != nil {
		return cases.Started{}, ctx.Err()
	}
	if err := k.down[d.Subject]; err != nil {
		return cases.Started{}, err
	}
	if k.ended[d.Subject] && !again {
		return cases.Started{}, fmt.Errorf("%s: %w", d.Subject, offboarding.ErrEnded)
	}
	old, runs := k.cases[d.Subject]
	if !runs {
		k.cases[d.Subject], old = d, d
	}
	return cases.Started{CaseID: d.Subject.CaseID(), Joined: old.RequestID != d.RequestID, Departure: old}, nil
}

func (k *desk) Get(ctx context.Context, who offboarding.Subject) (offboarding.Case, error) {
	defer k.enter(ctx, who)()
	if err := k.down[who]; err != nil {
		return offboarding.Case{}, err
	}
	state := k.states[who]
	if state == "" {
		state = offboarding.Waiting
	}
	return offboarding.Case{ID: who.CaseID(), State: state, Outcome: "outcome of " + string(who), Departure: k.cases[who]}, nil
}

func (k *desk) Plan(ctx context.Context, who offboarding.Subject) (offboarding.Case, error) {
	defer k.enter(ctx, who)()
	if err := k.down[who]; err != nil {
		return offboarding.Case{}, err
	}
	c := offboarding.Case{State: k.states[who], Systems: []offboarding.SystemCase{{System: "okta", Grants: []offboarding.Grant{
		{Class: offboarding.Sessions, ID: "1"},
		{Class: offboarding.Groups, ID: "1"},
		{Class: offboarding.Groups, ID: "2", Removal: offboarding.Remove},
	}}, {System: "github", Grants: []offboarding.Grant{
		{Class: offboarding.DeployKeys, ID: "1", Removal: offboarding.Ask},
		{Class: offboarding.Seats, ID: "1", Removal: offboarding.Report},
	}}}}
	if strings.HasPrefix(string(who), "plain") {
		c.Systems = c.Systems[:1]
	}
	return c, nil
}

// people is a checked file of so many people, p0 on line 2.
func people(t testing.TB, n int) *departures.File {
	t.Helper()
	var b strings.Builder
	b.WriteString("email,last day\n")
	for i := range n {
		fmt.Fprintf(&b, "p%d@example.com,2026-12-31\n", i)
	}
	f := opened(t, b.String())
	sum, err := f.Check(t.Context(), options(), func(p departures.Problem) { t.Error(p) })
	require.NoError(t, err)
	require.Equal(t, n, sum.People)
	return f
}

// start imports the file and returns what became of each line.
func start(t testing.TB, ctx context.Context, f *departures.File, k departures.Desk) (map[int]departures.Result, error) { //nolint:revive // a test comes first
	t.Helper()
	out := map[int]departures.Result{}
	err := f.Start(ctx, k, 4, func(r departures.Result) { out[r.Line] = r })
	return out, err
}

func TestEverybodyIsStartedOnceHoweverOftenTheFileIsImported(t *testing.T) {
	f := people(t, 50)
	synctest.Test(t, func(t *testing.T) {
		k := newDesk()
		k.before = func(context.Context, offboarding.Subject) { <-time.After(time.Second) }
		first, err := start(t, t.Context(), f, k)
		require.NoError(t, err)
		require.Len(t, first, 50)
		for line, r := range first {
			who := offboarding.Subject(fmt.Sprintf("p%d@example.com", line-2))
			require.Equal(t, departures.Result{Line: line, Subject: who, Outcome: departures.Started, CaseID: who.CaseID()}, r)
			require.Equal(t, hr, k.cases[who].RequestedBy)
			require.True(t, k.cases[who].Bulk)
			require.NoError(t, k.cases[who].Check(now))
		}
		require.Equal(t, 4, k.most, "as many at a time as asked for")

		k.ended["p7@example.com"] = true
		before := len(k.cases)
		again, err := start(t, t.Context(), f, k)
		require.NoError(t, err)
		require.Len(t, again, 50)
		require.Len(t, k.cases, before)
		for line, r := range again {
			if line == 9 {
				require.Equal(t, departures.AlreadyEnded, r.Outcome)
				continue
			}
			require.Equal(t, departures.Joined, r.Outcome)
			require.Empty(t, r.Why, "this file asked for it")
		}
	})
}

func TestACaseThatSomebodyElseAskedForIsJoined(t *testing.T) {
	f, k := people(t, 1), newDesk()
	k.cases["p0@example.com"] = offboarding.Departure{RequestID: "other", RequestedBy: offboarding.Actor{Name: "Ada"}}
	got, err := start(t, t.Context(), f, k)
	require.NoError(t, err)
	require.Equal(t, departures.Joined, got[2].Outcome)
	require.Contains(t, got[2].Why, "asked for by Ada")
}

func TestOnesFailureIsNotAnothers(t *testing.T) {
	f, k := people(t, 30), newDesk()
	k.down["p3@example.com"] = errors.New("no room")
	got, err := start(t, t.Context(), f, k)
	require.NoError(t, err)
	require.Len(t, got, 30)
	require.Equal(t, departures.Failed, got[5].Outcome)
	require.Equal(t, "no room", got[5].Why)
	require.Equal(t, departures.Started, got[6].Outcome)
}

func TestTheImportGivesUpWhenNothingWorksAnyMore(t *testing.T) {
	f, k := people(t, 500), newDesk()
	for i := 100; i < 500; i++ {
		k.down[offboarding.Subject(fmt.Sprintf("p%d@example.com", i))] = errors.New("temporal does not answer")
	}
	got, err := start(t, t.Context(), f, k)
	require.ErrorContains(t, err, "stopped after")
	require.ErrorContains(t, err, "temporal does not answer")
	require.Greater(t, len(got), 100)
	require.Less(t, len(got), 250, "and does not go through all the others")
}

func TestStoppingLetsWhatIsUnderWayComeToItsEnd(t *testing.T) {
	f := people(t, 100)
	synctest.Test(t, func(t *testing.T) {
		k := newDesk()
		ctx, cancel := context.WithCancel(t.Context())
		k.before = func(ctx context.Context, who offboarding.Subject) {
			if who == "p20@example.com" {
				cancel()
			}
			took := time.Second
			if who == "p21@example.com" {
				took = time.Hour // an answer that does not come
			}
			select {
			case <-ctx.Done():
			case <-time.After(took):
			}
		}
		begun := time.Now()
		got, err := start(t, ctx, f, k)
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, got, len(k.asked), "whoever was asked for is told of")
		require.Less(t, len(got), 30, "nobody is begun any more")
		require.Equal(t, departures.Started, got[22].Outcome, "what was under way when it was stopped")
		if r, asked := got[23]; asked {
			require.Equal(t, departures.Failed, r.Outcome)
			require.Contains(t, r.Why, "it may have started: run the import again")
		}
		require.Less(t, time.Since(begun), time.Minute, "it does not wait for what never answers")

		k.before = func(context.Context, offboarding.Subject) {}
		rest, err := start(t, t.Context(), f, k)
		require.NoError(t, err)
		started := 0
		for _, r := range rest {
			if r.Outcome == departures.Started {
				started++
			}
		}
		require.Len(t, k.cases, 100)
		require.Less(t, started, 100, "those of the first time are joined")
	})
}

func TestWhatStartedCasesCameToIsLookedUp(t *testing.T) {
	f := people(t, 8)
	synctest.Test(t, func(t *testing.T) {
		k := newDesk()
		k.ended["p6@example.com"] = true
		_, err := start(t, t.Context(), f, k)
		require.NoError(t, err)
		k.states["p0@example.com"] = offboarding.Refused
		k.states["p1@example.com"] = offboarding.NothingFound
		k.states["p2@example.com"] = offboarding.AwaitingApproval
		k.states["p3@example.com"] = offboarding.Paused
		k.states["p4@example.com"] = offboarding.Finding // for ever
		k.states["p5@example.com"] = offboarding.Finding
		time.AfterFunc(3*time.Second, func() {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.states["p5@example.com"] = offboarding.Containing
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		got := map[offboarding.Subject]departures.Outcome{}
		require.NoError(t, f.Look(ctx, k, 8, func(r departures.Result) {
			got[r.Subject] = r.Outcome
			require.NotEmpty(t, r.State)
			if r.Outcome == departures.Refused {
				require.Equal(t, "outcome of p0@example.com", r.Why)
			}
		}))
		require.Equal(t, map[offboarding.Subject]departures.Outcome{
			"p0@example.com": departures.Refused, "p1@example.com": departures.NotFound, "p2@example.com": departures.Waits,
			"p3@example.com": departures.Waits, "p5@example.com": departures.Started, "p7@example.com": departures.Started,
		}, got, "p4 is not known in time, p6 was not started")
	})
}

func TestPlansAreSummedUpBySystemAndClass(t *testing.T) {
	f := opened(t, "email,last day\nplain@example.com,now\nboth@example.com,now\nceo@example.com,now\nnobody@example.com,now\ndown@example.com,now\n")
	_, err := f.Check(t.Context(), options(), func(p departures.Problem) { t.Error(p) })
	require.NoError(t, err)
	k := newDesk()
	k.states["ceo@example.com"] = offboarding.Refused
	k.states["nobody@example.com"] = offboarding.NothingFound
	k.down["down@example.com"] = errors.New("no answer in time")
	var sum departures.Sum
	lines := map[int]string{}
	require.NoError(t, f.Plan(t.Context(), k, 3, func(p departures.Planned) {
		sum.Add(p)
		lines[p.Line] = p.Failed
	}))
	require.Equal(t, map[int]string{2: "", 3: "", 4: "", 5: "", 6: "no answer in time"}, lines)
	require.Equal(t, departures.Sum{People: 5, Unknown: 1, Refused: 1, Failed: 1, NeedPerson: 1, Classes: []departures.ClassSum{
		{System: "github", Class: offboarding.DeployKeys, People: 1, Ask: 1},
		{System: "github", Class: offboarding.Seats, People: 1, Report: 1},
		{System: "okta", Class: offboarding.Groups, People: 2, Remove: 4},
		{System: "okta", Class: offboarding.Sessions, People: 2, Remove: 2},
	}}, sum)
	require.Empty(t, k.cases, "a plan starts nothing")
	require.LessOrEqual(t, k.most, 3)
}

// One that was under way when the import gave up, and then started, does not make
// it look as if all had been gone through.
func TestALateSuccessDoesNotHideThatTheImportGaveUp(t *testing.T) {
	for range 50 {
		f, k := people(t, 500), newDesk()
		for i := 100; i < 500; i++ {
			if i%40 != 0 {
				k.down[offboarding.Subject(fmt.Sprintf("p%d@example.com", i))] = errors.New("temporal does not answer")
			}
		}
		got, err := start(t, t.Context(), f, k)
		if len(got) < 500 {
			require.ErrorContains(t, err, "stopped after 20 failures in a row: temporal does not answer")
		}
	}
}
