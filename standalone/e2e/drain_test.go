package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"

	"lastday/activities"
	"lastday/offboarding"
)

// suspending is the first change of a case.
const suspending = "/lifecycle/suspend"

var saysStopping = regexp.MustCompile(`msg="stopping: `)

// slowOkta holds the answer to Jane's suspension, which Okta has made, until it
// may go out or the worker hangs up. It tells when the worker waits for it.
func slowOkta(t *testing.T, s *site) (waiting chan struct{}, mayAnswer chan struct{}) {
	t.Helper()
	waiting, mayAnswer = make(chan struct{}), make(chan struct{})
	first := once()
	gates(t, s, func(system string, r *http.Request, m moment) bool {
		if system != "okta" || m != applied || r.Method == http.MethodGet || !strings.HasSuffix(r.URL.Path, suspending) || !first() {
			return false
		}
		close(waiting)
		select {
		case <-mayAnswer:
			return false
		case <-r.Context().Done():
			return true
		}
	})
	return waiting, mayAnswer
}

// A worker that is told to stop is not ready at once, lets its step come to its
// end if that takes seconds, and hands it back otherwise: another goes on at
// once, with what was done.
func TestAWorkerThatIsToldToStopLosesNothingAndDoesNothingTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	binary := buildWorker(t, "../..")
	address, free := workplaces(t, 3)
	for _, c := range []struct {
		name    string
		answers time.Duration // of Okta, after the worker was told to stop; 0: never
		within  time.Duration
	}{
		{"the step comes to its end", time.Second, 12 * time.Second},
		{"the step is handed back", 0, 30 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			place := <-free
			// A step that others wait for ends with their patience.
			s := newSite(t, 2).append(t, "case: {patience: 1m}\n")
			waiting, mayAnswer := slowOkta(t, s)
			first := startProcess(t, binary, address, place, s)
			started := offboard(t, place.cases, offboarding.Departure{Subject: jane})
			<-waiting
			second := startProcess(t, binary, address, place, s)

			told := first.signal(t, syscall.SIGTERM)
			eventually(t, "it is not ready any more", func() bool {
				code, _ := look(t, first.metrics()+"/readyz")
				return code == http.StatusServiceUnavailable
			})
			require.False(t, first.over(), "that is said while it still works")
			require.Less(t, time.Since(told), 2*time.Second)
			if c.answers > 0 {
				time.AfterFunc(c.answers, func() { close(mayAnswer) })
			}
			require.Zero(t, first.ends(t), first.said())
			took := first.at.Sub(told)
			t.Logf("ended %s after the signal", took.Round(time.Millisecond))
			require.LessOrEqual(t, took, c.within)

			end := ended(t, place.cases, started.CaseID)
			require.Equal(t, offboarding.Verified, end.State, end.Outcome)
			require.Empty(t, s.firm.Holds(string(jane)))
			onceEach(t, s)
			require.Equal(t, 1, s.firm.Slack.PostCount())
			attempt, why := lastAttempt(t, history(t, place.c, end.ID, end.RunID), "okta.Contain")
			if c.answers > 0 {
				require.EqualValues(t, 1, attempt, "%v", why)
				return
			}
			require.EqualValues(t, 2, attempt)
			require.Equal(t, activities.KindHandedBack, why.GetApplicationFailureInfo().GetType(), "handed back, not timed out: %v", why)
			require.False(t, second.over())
		})
	}
	t.Run("a second signal ends it at once", func(t *testing.T) {
		t.Parallel()
		place := <-free
		s := newSite(t, 2)
		waiting, _ := slowOkta(t, s)
		p := startProcess(t, binary, address, place, s)
		offboard(t, place.cases, offboarding.Departure{Subject: jane})
		<-waiting
		p.signal(t, syscall.SIGTERM)
		eventually(t, "it is stopping", func() bool { return saysStopping.MatchString(p.said()) })
		again := p.signal(t, syscall.SIGTERM)
		require.Equal(t, -1, p.ends(t))
		require.Less(t, p.at.Sub(again), 2*time.Second)
	})
}

// lastAttempt is the number of the attempt in which a step came through, and what
// ended the one before.
func lastAttempt(t *testing.T, h *historypb.History, step string) (int32, *failurepb.Failure) {
	t.Helper()
	steps := map[int64]string{}
	for _, e := range h.GetEvents() {
		if e.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED {
			steps[e.GetEventId()] = e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName()
		}
		if a := e.GetActivityTaskStartedEventAttributes(); a != nil && steps[a.GetScheduledEventId()] == step {
			return a.GetAttempt(), a.GetLastFailure()
		}
	}
	require.Fail(t, "no such step", step)
	return 0, nil
}
