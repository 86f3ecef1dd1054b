package workflows_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/record"
	"lastday/workflows"
)

var errRefused = temporal.NewNonRetryableApplicationError("write to the record: its entry would be too large", workflows.KindUnrecordable, nil)

func TestACaseThatTheRecordRefusesSaysSoAndTriesEverMoreSeldom(t *testing.T) {
	h := newHouse(t)
	h.system("okta").holds("sessions")
	b := h.keepsRecord()
	var mended atomic.Bool
	b.fail = func(int) error {
		if mended.Load() {
			return nil
		}
		return errRefused
	}
	const days = 30
	h.after(days*24*time.Hour, func() {
		c := h.now()
		require.Equal(t, offboarding.Verified, c.State)
		require.Contains(t, c.Unrecorded, "its entry would be too large")
		require.Contains(t, offboarding.Story(c), "not in the record")
		b.mu.Lock()
		defer b.mu.Unlock()
		require.Less(t, b.tries, days*24+20, "one an hour")
		require.Greater(t, b.tries, days*24-20)
		mended.Store(true)
	})
	c := h.offboard(jane)
	require.Equal(t, offboarding.Verified, c.State)
	require.Empty(t, c.Unrecorded)
	require.NotEmpty(t, b.cases)
}

func TestWordsThatTheRecordRefusesAreTriedEverMoreSeldom(t *testing.T) {
	h, b := thawed(t, nil)
	var mended atomic.Bool
	b.fail = func(int) error {
		if mended.Load() {
			return nil
		}
		return errRefused
	}
	h.env.RegisterDelayedCallback(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		require.Less(t, b.tries, 2*20*24, "one an hour, of the run and of the one it left the rest to")
		mended.Store(true)
	}, 20*24*time.Hour)
	freezing(h, hanna)
	require.NoError(t, h.env.GetWorkflowError())
	var got workflows.Frozen
	require.NoError(t, h.env.GetWorkflowResult(&got))
	require.Less(t, got.EndedAt.Sub(monday), time.Hour+time.Minute, "it does not stay frozen for that")
}

// A class was seen to be gone; another was not, and is cut again. In the middle of
// that the case is stopped: nobody has read the first one since.
func TestWhatWasSeenBeforeALaterCutIsNoProofOfACancelledCase(t *testing.T) {
	h := newHouse(t)
	okta := h.system("okta").holds("sessions", "groups", "membership")
	okta.asks("membership", offboarding.Ask)
	h.after(10*time.Minute, func() {
		require.True(t, verdict(t, h.now(), "okta", "groups").Verified())
		okta.down(transport.Unavailable, 24*time.Hour, activities.Revoke)
		h.mustDecide(offboarding.Retry, "okta/membership")
	})
	h.after(20*time.Minute, func() { h.must = append(h.must, h.update(workflows.CancelUpdate, stopIt)) })
	c := h.offboard(jane)
	require.Equal(t, offboarding.Cancelled, c.State)
	require.Empty(t, part(t, c, "okta").Observations)
	require.False(t, verdict(t, c, "okta", "groups").Verified())
}

func TestARefusalIsInTheRecordSoon(t *testing.T) {
	h := newHouse(t)
	h.system("okta").holds("sessions")
	h.settings.Policy = true
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		if q.Action == workflows.ActionCancel {
			return offboarding.Ruling{Refused: "may-cancel", Why: "ask security"}
		}
		return offboarding.Ruling{}
	}
	b := h.keepsRecord()
	h.after(time.Hour, func() {
		for range 2 {
			h.update(workflows.CancelUpdate, stopIt)
		}
	})
	h.after(2*time.Hour, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		require.Equal(t, time.Hour, b.cases[len(b.cases)-1].Truncate(time.Minute))
		all := h.now().Refusals
		require.Len(t, all, 2)
		require.True(t, all[1].At.After(all[0].At), "two refusals are never of one instant")
	})
	h.offboard(inTwoDays())
}

// Somebody is still being answered when the case ends.
func TestARefusalAtTheVeryEndIsInTheRecordToo(t *testing.T) {
	h := newHouse(t)
	h.system("okta").holds("sessions")
	h.settings.Policy = true
	b := h.keepsRecord()
	var refused atomic.Bool
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		if q.Action != workflows.ActionCancel {
			return offboarding.Ruling{}
		}
		slowly(t, 300*time.Millisecond)
		refused.Store(true)
		return offboarding.Ruling{Refused: "may-cancel"}
	}
	var last atomic.Bool // whether it was refused when the record was written to last
	b.fail = func(int) error { last.Store(refused.Load()); return nil }
	okta := h.system("okta")
	okta.hook[activities.Observe] = func(int) {
		h.env.RegisterDelayedCallback(func() { h.update(workflows.CancelUpdate, stopIt) }, 0)
		slowly(t, 50*time.Millisecond)
	}
	c := h.offboard(jane)
	require.Equal(t, offboarding.Verified, c.State)
	require.Len(t, c.Refusals, 1)
	require.True(t, last.Load())
}

func TestACaseThatWaitedSinceBeforeThereWasARecordIsInItToo(t *testing.T) {
	h := newHouse(t)
	h.system("okta").holds("sessions")
	b := h.keepsRecord()
	h.settings.Recorded = false
	h.after(time.Hour, func() {
		h.settings.Recorded, h.settings.Pages = true, "https://lastday.example.com"
	})
	c := h.offboard(inTwoDays())
	require.NotEmpty(t, b.cases)
	require.Contains(t, c.Record, "https://lastday.example.com/record/cases/")
}

// A worker whose clock is wrong shows nothing as cut before it was begun, nor in
// the time to come: the wrapper stamps by this machine's clock, which is not the case's.
func TestTimesOfAWorkerWithAWrongClockAreThoseOfTheCase(t *testing.T) {
	h := newHouse(t)
	h.system("okta").holds("sessions", "groups")
	c := h.offboard(jane)
	okta := part(t, c, "okta")
	all := []time.Time{okta.FoundAt, okta.ContainedAt, okta.RevokedAt, okta.ProvenAt}
	for _, a := range okta.Actions {
		all = append(all, a.At)
	}
	for _, o := range okta.Observations {
		all = append(all, o.At)
	}
	for _, at := range all {
		require.False(t, at.Before(c.StartedAt), "%s", at)
		require.False(t, at.After(c.EndedAt), "%s", at)
	}
}

func TestWhoFreezesWhileTheEndOfAFreezeIsToldFreezes(t *testing.T) {
	h := guardian(t, nil)
	say := func(update string, by offboarding.Actor) {
		answers(h, update, "", workflows.SteerRequest{By: by, Reason: "because"}, func(_ workflows.Frozen, err error) { require.NoError(t, err) })
	}
	var once atomic.Bool
	h.tellErr = func(int) error {
		if h.env.Now().Sub(monday) >= time.Hour && once.CompareAndSwap(false, true) {
			return errors.New("slow")
		}
		return nil
	}
	h.env.RegisterDelayedCallback(func() { say(workflows.UnfreezeUpdate, sven); say(workflows.UnfreezeUpdate, tara) }, time.Hour)
	h.env.RegisterDelayedCallback(func() { say(workflows.FreezeUpdate, sven) }, time.Hour+100*time.Millisecond)
	h.env.RegisterDelayedCallback(func() {
		require.False(t, h.env.IsWorkflowCompleted(), "it was ordered anew")
		require.Contains(t, h.lastNotice().Headline, "FROZEN")
		say(workflows.UnfreezeUpdate, sven)
		say(workflows.UnfreezeUpdate, tara)
	}, 2*time.Hour)
	freezing(h, hanna)
	require.NoError(t, h.env.GetWorkflowError())
	var got workflows.Frozen
	require.NoError(t, h.env.GetWorkflowResult(&got))
	require.Equal(t, 2*time.Hour, got.EndedAt.Sub(monday).Truncate(time.Minute))
	require.Len(t, got.Orders, 2)
}

// The brake goes over into its next run while the record is down, and somebody
// speaks in the seconds that it waits for it.
func TestAWordInTheMomentTheBrakeIsCarriedOverIsNotLost(t *testing.T) {
	h := guardian(t, nil)
	var back atomic.Bool
	b, _ := h.recorder.(*book)
	b.fail = func(int) error {
		if back.Load() {
			return nil
		}
		return errors.New("no connection to the record")
	}
	var left []record.Event
	h.env.SetOnChildWorkflowStartedListener(func(_ *workflow.Info, _ workflow.Context, args converter.EncodedValues) {
		var events []record.Event
		require.NoError(t, args.Get(&events))
		left = append(left, events...)
	})
	release := func(by offboarding.Actor) {
		answers(h, workflows.ReleaseUpdate, "", workflows.SteerRequest{By: by, Reason: "go"}, func(_ workflows.Released, err error) { require.NoError(t, err) })
	}
	h.env.RegisterDelayedCallback(func() {
		for n := range 3 {
			answers(h, workflows.AdmitUpdate, "", workflows.Admission{
				RunID: string(rune('a' + n)), Limits: workflows.Limits{PerHour: 1, Releasers: 3}, Recorded: true,
			}, func(workflows.Admitted, error) {})
		}
		release(hanna)
	}, time.Minute)
	h.env.RegisterDelayedCallback(func() {
		done(h)
		h.env.RegisterDelayedCallback(func() { release(sven) }, 5*time.Second)
	}, 2*time.Minute)
	h.rule = func(workflows.Inquiry) offboarding.Ruling {
		if h.env.Now().Sub(monday) > 2*time.Minute {
			slowly(t, 100*time.Millisecond)
		}
		return offboarding.Ruling{}
	}
	h.env.RegisterDelayedCallback(func() { back.Store(true) }, 3*time.Minute)
	h.env.ExecuteWorkflow(workflows.BrakeType, workflows.BrakeState{})
	require.True(t, h.env.IsWorkflowCompleted())
	var who []string
	for _, e := range append(left, b.words...) {
		who = append(who, e.People[record.Actor].Email)
	}
	all := strings.Join(who, " ")
	require.Contains(t, all, string(hanna.Email))
	require.Contains(t, all, string(sven.Email))
}

func TestACaseThatIsCancelledInTemporalAtOnceIsInTheRecordToo(t *testing.T) {
	h := newHouse(t)
	h.system("okta").holds("sessions")
	b := h.keepsRecord()
	h.env.RegisterDelayedCallback(h.env.CancelWorkflow, 0)
	h.start(jane)
	require.True(t, h.env.IsWorkflowCompleted())
	require.NotEmpty(t, b.cases)
	require.Empty(t, h.when("okta.Contain"))
}

func TestARequestThatADoorRefusedIsInTheRecordWithWhomItIsAbout(t *testing.T) {
	h := guardian(t, nil)
	h.settings.Recorded = true
	h.env.ExecuteWorkflow(workflows.RefusedType, workflows.RefusedRequest{
		Subject: "jane.doe@example.com", Refusal: offboarding.Refusal{By: hanna, Action: "request", Rule: "guest", Why: "guests never", At: monday.Add(time.Hour)},
	})
	require.NoError(t, h.env.GetWorkflowError())
	b, _ := h.recorder.(*book)
	require.Len(t, b.words, 1)
	e := b.words[0]
	require.NoError(t, e.Check())
	require.Equal(t, "jane.doe@example.com", e.People[record.Subject].Identity)
	require.Equal(t, e.People[record.Actor], e.DetailsOf(), "the reason goes with whom it was given to")
	require.False(t, e.At.After(h.env.Now()), "the door's clock is ahead")
	require.NotContains(t, string(e.Facts), "jane")
}
