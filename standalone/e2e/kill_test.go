package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"lastday/activities"
	"lastday/offboarding"
	"lastday/standalone/temporal"
	"lastday/starter/cases"
	"lastday/workflows"
)

// movesWithin is how soon a case must go on after its worker was killed.
const movesWithin = 10 * time.Second

// workplace is a namespace of a running server; one case at a time runs in it.
type workplace struct {
	name  string
	c     client.Client
	cases *cases.Client
}

// workplaces starts one server with n namespaces.
func workplaces(t *testing.T, n int) (address string, free chan *workplace) {
	t.Helper()
	server, err := temporal.Start(t.Context(), temporal.Options{
		DataDir: t.TempDir(), FrontendAddr: "127.0.0.1:0", Namespace: "default", Retention: time.Hour,
		SearchAttributes: cases.SearchAttributes(),
	})
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	root, err := client.Dial(client.Options{HostPort: server.FrontendAddr(), Logger: quiet{}})
	require.NoError(t, err)
	t.Cleanup(root.Close)
	free = make(chan *workplace, n)
	for i := range n {
		name := fmt.Sprintf("place-%d", i)
		_, err := root.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
			Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(time.Hour),
		})
		require.NoError(t, err)
		c, err := client.Dial(client.Options{HostPort: server.FrontendAddr(), Namespace: name, Logger: quiet{}})
		require.NoError(t, err)
		t.Cleanup(c.Close)
		place := &workplace{name: name, c: c, cases: cases.New(c, name)}
		eventually(t, "the namespace "+name+" is there", func() bool {
			_, err := place.cases.Setup(t.Context())
			return err == nil
		})
		free <- place
	}
	// A namespace's new search attributes work from the next refresh of the
	// server's cache on.
	for range n {
		place := <-free
		eventually(t, "the namespace "+place.name+" takes search attributes", func() bool {
			_, err := place.c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
				Namespace: place.name, Query: workflows.SubjectAttribute + " = 'nobody'",
			})
			return err == nil
		})
		free <- place
	}
	return server.FrontendAddr(), free
}

type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

// blow is one kill: at a moment of a step, or of a call to a vendor.
type blow struct {
	death
	system, call string // the call as "METHOD /path", for calling and applied
}

func (b blow) name() string {
	if b.call != "" {
		return string(b.Moment) + " " + b.system + " " + b.call
	}
	return fmt.Sprintf("%s %s %d", b.Moment, b.Step, max(b.Nth, 1))
}

// blows are all the moments at which the worker is killed: before, inside and
// after each step, and after each change at a vendor that the worker is not
// told of.
func blows(plain deeds) []blow {
	var out []blow
	step := func(name string, nth int, moments ...moment) {
		for _, m := range moments {
			out = append(out, blow{death: death{Step: name, Moment: m, Nth: nth}})
		}
	}
	for _, name := range plain.steps {
		switch {
		case name == activities.Tell:
		case strings.HasSuffix(name, ".Contain"), strings.HasSuffix(name, ".Revoke"):
			step(name, 1, before, noted, done, answered)
		default:
			step(name, 1, before, done, answered)
		}
	}
	for nth := 1; nth <= 2; nth++ {
		step(activities.Tell, nth, before, done, answered)
	}
	for nth := 1; nth <= 4; nth++ {
		step(workflowTask, nth, before, done, answered)
	}
	for _, w := range some(plain.writes) {
		system, call, _ := strings.Cut(w, ": ")
		out = append(out, blow{death: death{Moment: applied}, system: system, call: call})
	}
	for _, m := range []moment{calling, applied} {
		out = append(out, blow{death: death{Moment: m}, system: "slack", call: "POST /api/chat.postMessage"})
		out = append(out, blow{death: death{Moment: m}, system: "slack", call: "POST /api/chat.update"})
	}
	return out
}

// some are the first, the middle and the last change at each system; with
// LASTDAY_E2E_ALL set it is all of them.
func some(writes []string) []string {
	if os.Getenv("LASTDAY_E2E_ALL") != "" {
		return writes
	}
	bySystem := map[string][]string{}
	for _, w := range writes {
		system, _, _ := strings.Cut(w, ": ")
		bySystem[system] = append(bySystem[system], w)
	}
	var out []string
	for _, of := range bySystem {
		out = append(out, of[0], of[len(of)/2], of[len(of)-1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// deeds are what a case did.
type deeds struct {
	steps  []string       // the activities, each once, in the order in which they began
	writes []string       // each once, in the order of the alphabet
	counts map[string]int // how often each came through
	missed bool           // the moment to die never came
}

func TestKilledWorkersLeaveEveryCaseVerifiedAndEachEffectOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or two")
	}
	address, free := workplaces(t, 5)
	plain := killed(t, address, free, blow{}, nil)
	require.GreaterOrEqual(t, len(plain.steps), 18, "find, contain and observe in five systems, revoke in three, tell: %v", plain.steps)
	require.GreaterOrEqual(t, len(plain.writes), 20, "Jane holds something of every class: %v", plain.writes)

	var mu sync.Mutex
	var slowest, slowestSame time.Duration
	var where, whereSame string
	n := 0
	t.Run("kill", func(t *testing.T) {
		for _, b := range blows(plain) {
			t.Run(b.name(), func(t *testing.T) {
				t.Parallel()
				judge := func(r deeds, moved, same time.Duration) {
					assert.LessOrEqual(t, moved, movesWithin, "the case stood still")
					assert.LessOrEqual(t, same, movesWithin, "the step stood still")
					require.Equal(t, needed(plain.writes), needed(r.writes))
					for w, times := range r.counts {
						if times > max(plain.counts[w], 1) && !repeatable(w) {
							t.Errorf("%s: done %d times, without the kill %d", w, times, plain.counts[w])
						}
					}
					t.Logf("moved again after %s, the step itself after %s", moved.Round(time.Millisecond), same.Round(time.Millisecond))
					mu.Lock()
					defer mu.Unlock()
					n++
					if moved > slowest {
						slowest, where = moved, b.name()
					}
					if same > slowestSame {
						slowestSame, whereSame = same, b.name()
					}
				}
				for range 3 {
					if !killed(t, address, free, b, judge).missed {
						return
					}
				}
				t.Error("the moment never came in three cases")
			})
		}
	})
	t.Logf("%d kills; the case moved again after at most %s (%s), the step itself after at most %s (%s)",
		n, slowest.Round(time.Millisecond), where, slowestSame.Round(time.Millisecond), whereSame)
}

// needed leaves out the one change that may have become pointless by the second
// try: a client's tokens have been gone since containment, and once its consent
// has been taken away unseen, Okta no longer lists the client.
func needed(writes []string) []string {
	return slices.DeleteFunc(slices.Clone(writes), func(w string) bool {
		return strings.Contains(w, "/clients/") && strings.HasSuffix(w, "/tokens")
	})
}

// repeatable are changes to whatever there is, which cannot be read before: to
// make them again changes nothing more.
func repeatable(write string) bool {
	return strings.HasSuffix(write, "/sessions?oauthTokens=true") || // Okta lists no sessions
		strings.Contains(write, "/credential-authorizations/") && strings.HasSuffix(write, "/revoke") // GitHub takes it down for later
}

// killed runs Jane's case with one blow, and holds it against the sandbox.
func killed(t *testing.T, address string, free chan *workplace, b blow, judge func(r deeds, moved, same time.Duration)) deeds {
	place := <-free
	defer func() { free <- place }()
	s := newSite(t, 2)
	var c *crew
	first := once()
	gates(t, s, func(system string, r *http.Request, m moment) bool {
		if b.system != system || b.Moment != m || b.call != r.Method+" "+r.URL.RequestURI() || !first() {
			return false
		}
		c.kill()
		return true
	})
	c = startCrew(t, orders{Address: address, Namespace: place.name, Config: s.path, Death: b.death})
	defer c.stop()

	started, err := place.cases.Offboard(t.Context(), offboarding.Departure{Subject: jane, RequestedBy: offboarding.Named(offboarding.DoorCommand, "hr@example.com")}, true)
	if started.CaseID == "" {
		require.NoError(t, err)
	}
	end := ended(t, place.cases, started.CaseID)
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	require.Empty(t, s.firm.Holds(string(jane)))
	require.Len(t, s.firm.Slack.Messages(), 1)
	require.Equal(t, 1, s.firm.Slack.PostCount(), "a second message, even one that was deleted, is one too many")
	require.Contains(t, s.firm.Slack.Messages()[0].Text, "is verified")

	out := deeds{counts: map[string]int{}}
	for _, r := range c.all("task", "") {
		if r.Step != workflowTask && !slices.Contains(out.steps, r.Step) {
			out.steps = append(out.steps, r.Step)
		}
	}
	for _, w := range s.writes() {
		out.counts[w.call] += w.took
		if !slices.Contains(out.writes, w.call) {
			out.writes = append(out.writes, w.call)
		}
	}
	if judge == nil {
		return out
	}
	_, deaths := c.fate()
	if deaths == 0 {
		// On a starved machine an attempt can time out before its moment comes.
		out.missed = true
		return out
	}
	require.Equal(t, 1, deaths, "the worker was to die once")
	moved, same := c.moved(b.Step)
	require.Positive(t, moved)
	if b.Step != "" && b.Moment != answered {
		require.Positive(t, same)
	}
	judge(out, moved, same)
	return out
}

// One worker has everybody's case, and dies again and again.
func TestManyCasesSurviveAWorkerThatKeepsDying(t *testing.T) {
	const people, kills, tasks = 12, 5, 25
	address, free := workplaces(t, 1)
	place := <-free
	s := newSite(t, people)
	c := startCrew(t, orders{Address: address, Namespace: place.name, Config: s.path})
	var started []string
	for n := range people {
		got, err := place.cases.Offboard(t.Context(), offboarding.Departure{Subject: member(s, n), RequestedBy: offboarding.Named(offboarding.DoorCommand, "hr@example.com")}, false)
		if got.CaseID == "" {
			require.NoError(t, err)
		}
		started = append(started, got.CaseID)
	}
	for n := range kills {
		eventually(t, "the worker is in the middle of it", func() bool {
			begun := c.all("task", "")
			return len(begun) > 0 && begun[len(begun)-1].process == n && count(begun, n) >= tasks
		})
		c.kill()
	}
	for n, id := range started {
		end := ended(t, place.cases, id)
		require.Equal(t, offboarding.Verified, end.State, "%s: %s", id, end.Outcome)
		require.Empty(t, s.firm.Holds(string(member(s, n))))
	}
	_, deaths := c.fate()
	require.Equal(t, kills, deaths)
	require.Equal(t, people, s.firm.Slack.PostCount(), "one message a case")
	took := map[string]int{}
	for _, w := range s.writes() {
		if took[w.call] += w.took; took[w.call] > 1 && !repeatable(w.call) {
			t.Errorf("%s: done %d times", w.call, took[w.call])
		}
	}
}

// count is how many of the reports are the nth process's.
func count(all []told, n int) int {
	out := 0
	for _, r := range all {
		if r.process == n {
			out++
		}
	}
	return out
}
