package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/workflows"
)

var workday = offboarding.Actor{Door: offboarding.DoorHook, ID: "workday", Name: "workday", Bot: true}

// byWorkday is jane's departure in two days, told at eight o'clock on monday.
func byWorkday() offboarding.Departure {
	d := inTwoDays()
	d.RequestedBy, d.RequestedAt = workday, monday
	d.Word = offboarding.Word{Source: "workday", At: d.At, AsOf: monday.Add(-time.Hour)}
	return d
}

// says is a word of workday: the last day and how old it is, since nine o'clock.
func says(at, asOf time.Duration) workflows.RescheduleRequest {
	return workflows.RescheduleRequest{
		At: monday.Add(at), Zone: "Europe/Vienna", By: workday,
		Word: offboarding.Word{Source: "workday", At: monday.Add(at), AsOf: monday.Add(asOf)},
	}
}

func withdraws(asOf time.Duration) workflows.CancelRequest {
	return workflows.CancelRequest{Reason: "withdrawn in workday", By: workday, Word: offboarding.Word{Source: "workday", AsOf: monday.Add(asOf)}}
}

// updateAs sends an update with an id, as a program that may repeat itself does.
func (h *house) updateAs(name, id string, arg any) *outcome {
	o := &outcome{}
	h.env.UpdateWorkflow(name, id, &testsuite.TestUpdateCallback{
		OnAccept: func() { o.accepted = true }, OnReject: func(err error) { o.rejected = err },
		OnComplete: func(any, error) { o.done = true },
	}, arg)
	return o
}

// taken sends an update that has to be taken in, after a while.
func (h *house) taken(at time.Duration, name, id string, arg any) {
	h.after(at, func() { h.must = append(h.must, h.updateAs(name, id, arg)) })
}

// denied sends an update, after a while; the case has to say no, in that kind.
func (h *house) denied(at time.Duration, kind, name, id string, arg any) {
	var o *outcome
	h.after(at, func() { o = h.updateAs(name, id, arg) })
	h.t.Cleanup(func() {
		var no *temporal.ApplicationError
		require.ErrorAs(h.t, o.rejected, &no)
		require.Equal(h.t, kind, no.Type())
		require.False(h.t, o.accepted)
	})
}

// due checks when the case is due, after a while.
func (h *house) due(at, want time.Duration) {
	h.after(at, func() { require.Equal(h.t, monday.Add(want), h.now().Due) })
}

func TestANewLastDayMovesTheCaseAndAnOlderOneDoesNot(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.taken(1*time.Hour, workflows.RescheduleUpdate, "e3", says(72*time.Hour, 30*time.Minute))
	h.due(2*time.Hour, 72*time.Hour)
	h.denied(3*time.Hour, offboarding.DeniedOlder, workflows.RescheduleUpdate, "e2", says(24*time.Hour, 20*time.Minute))
	h.denied(3*time.Hour, offboarding.DeniedOlder, workflows.CancelUpdate, "e1", withdraws(10*time.Minute))
	h.taken(4*time.Hour, workflows.RescheduleUpdate, "e4", says(72*time.Hour, 2*time.Hour))
	h.after(5*time.Hour, func() {
		said, _ := h.now().Said("workday")
		require.Equal(t, monday.Add(2*time.Hour), said.AsOf, "how new it is, is kept")
		require.Equal(t, 3, said.Taken)
	})
	h.denied(6*time.Hour, offboarding.DeniedOlder, workflows.RescheduleUpdate, "e5", says(24*time.Hour, time.Hour))
	got := h.offboard(byWorkday())
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, 72*time.Hour, h.first("okta.Contain"))
}

func TestTheSameEventIsTakenInOnce(t *testing.T) {
	h, _, _ := twoSystems(t)
	event := says(72*time.Hour, 0)
	event.Word.AsOf = time.Time{} // an HR system that does not say when
	h.taken(1*time.Hour, workflows.RescheduleUpdate, "e1", event)
	h.taken(2*time.Hour, workflows.RescheduleUpdate, "e2", says(60*time.Hour, time.Hour))
	h.taken(3*time.Hour, workflows.RescheduleUpdate, "e1", event) // answered as before
	h.due(4*time.Hour, 60*time.Hour)
	h.after(5*time.Hour, func() {
		said, _ := h.now().Said("workday")
		require.Equal(t, 3, said.Taken)
	})
	h.offboard(byWorkday())
}

func TestAnHRSystemThatRepeatsItselfDoesNotUndoWhatAPersonMoved(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.taken(1*time.Hour, workflows.RescheduleUpdate, "", moved(96*time.Hour))
	h.taken(2*time.Hour, workflows.RescheduleUpdate, "e1", says(48*time.Hour, time.Hour))
	h.due(3*time.Hour, 96*time.Hour)
	h.taken(4*time.Hour, workflows.RescheduleUpdate, "e2", says(60*time.Hour, 2*time.Hour)) // this is new
	h.due(5*time.Hour, 60*time.Hour)
	h.offboard(byWorkday())
}

func TestALastDayThatHasPassedBeginsAWaitingCase(t *testing.T) {
	h, _, _ := twoSystems(t)
	var person *outcome
	h.after(time.Minute, func() { person = h.update(workflows.RescheduleUpdate, moved(-24*time.Hour)) })
	h.taken(1*time.Hour, workflows.RescheduleUpdate, "e1", says(-24*time.Hour, time.Hour))
	got := h.offboard(byWorkday())
	require.ErrorContains(t, person.rejected, "has passed", "a person says expedite")
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, time.Hour, h.first("okta.Contain"))
}

func TestAWordWithoutADayBeginsNothing(t *testing.T) {
	h, _, _ := twoSystems(t)
	none, other := says(0, time.Hour), says(-time.Hour, time.Hour)
	none.At, none.Word.At, other.Word.At = time.Time{}, time.Time{}, monday.Add(48*time.Hour)
	var outcomes []*outcome
	h.after(time.Hour, func() {
		for _, r := range []workflows.RescheduleRequest{none, other} {
			outcomes = append(outcomes, h.update(workflows.RescheduleUpdate, r))
		}
	})
	h.due(2*time.Hour, 48*time.Hour)
	h.offboard(byWorkday())
	for _, o := range outcomes {
		require.ErrorContains(t, o.rejected, "no time to move the case to")
	}
	require.Equal(t, 48*time.Hour, h.first("okta.Contain"))
}

// Whatever case the hook looked at before, this is the one that is asked.
func TestAWithdrawalCancelsNothingThatItsSourceNamedNoDayFor(t *testing.T) {
	h, _, _ := twoSystems(t)
	byPerson := inTwoDays()
	byPerson.RequestedAt = monday.Add(-time.Hour)
	h.denied(1*time.Hour, offboarding.DeniedUnnamed, workflows.CancelUpdate, "w1", withdraws(0))
	h.taken(2*time.Hour, workflows.RescheduleUpdate, "e1", says(72*time.Hour, time.Hour))
	other := withdraws(2 * time.Hour)
	other.Word.Source = "personio"
	h.denied(3*time.Hour, offboarding.DeniedUnnamed, workflows.CancelUpdate, "w2", other)
	h.taken(4*time.Hour, workflows.CancelUpdate, "w3", withdraws(2*time.Hour))
	require.Equal(t, offboarding.Cancelled, h.offboard(byPerson).State)
}

func TestAWithdrawalCancelsBeforeAndOnlyBefore(t *testing.T) {
	h, okta, _ := twoSystems(t)
	h.taken(time.Hour, workflows.CancelUpdate, "w", withdraws(0))
	got := h.offboard(byWorkday())
	require.Equal(t, offboarding.Cancelled, got.State)
	require.Contains(t, got.Outcome, "withdrawn in workday")
	require.NotEmpty(t, okta.left())

	h, okta, _ = twoSystems(t)
	okta.down(transport.Unauthorized, 51*time.Hour, activities.Contain)
	h.denied(49*time.Hour, offboarding.DeniedBegun, workflows.CancelUpdate, "w", withdraws(0))
	h.denied(49*time.Hour, offboarding.DeniedBegun, workflows.RescheduleUpdate, "m", says(96*time.Hour, 0))
	h.after(52*time.Hour, func() { h.decide(offboarding.Retry, "okta") })
	require.Equal(t, offboarding.Verified, h.offboard(byWorkday()).State)
}
