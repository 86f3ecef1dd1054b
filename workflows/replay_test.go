package workflows_test

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"lastday/activities"
	"lastday/traces"
	"lastday/traces/tracestest"
	"lastday/workflows"
)

// histories are of cases that the end-to-end tests ran. They are made anew by
//
//	cd standalone && UPDATE_HISTORIES=1 go test ./e2e -count=1 -run TypicalCases
//
// which is for new kinds of cases and changed messages: a change of the steps
// that old histories do not survive goes through workflow.GetVersion.
const histories = "testdata/histories"

// kept reads every stored history, by name.
func kept(t *testing.T) map[string]*historypb.History { return keptIn(t, histories) }

func keptIn(t *testing.T, dir string) map[string]*historypb.History {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "no history to replay in %s", dir)
	out := map[string]*historypb.History{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		h := &historypb.History{}
		readable := temporalproto.CustomJSONUnmarshalOptions{
			Metadata: map[string]any{commonpb.EnablePayloadShorthandMetadataKey: true}, DiscardUnknown: true,
		}
		require.NoError(t, readable.Unmarshal(b, h), file)
		require.NotEmpty(t, h.GetEvents(), file)
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = h
	}
	return out
}

// A case that is under way when a worker is replaced must go on in the new one.
func TestStoredHistoriesReplay(t *testing.T) {
	for name, h := range kept(t) {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, replay(h))
		})
	}
}

// A case goes on in a worker that traces, whatever worker began it; nothing that
// stands in a header keeps it from that.
func TestStoredHistoriesReplayInAWorkerThatTraces(t *testing.T) {
	collector := tracestest.Start(t)
	for name, h := range kept(t) {
		t.Run(name, func(t *testing.T) {
			traced, err := traces.Open(t.Context(), traces.Config{Enabled: true}, "lastday-test", slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			o := worker.WorkflowReplayerOptions{Interceptors: traced.Replays()}
			require.NoError(t, replayWith(h, o))
			begun := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
			require.Empty(t, begun.GetHeader().GetFields(), "it was not traced")
			strange, err := converter.GetDefaultDataConverter().ToPayload(map[string]string{"traceparent": "00-canary"})
			require.NoError(t, err)
			begun.Header = &commonpb.Header{Fields: map[string]*commonpb.Payload{"_tracer-data": strange}}
			require.NoError(t, replayWith(h, o))
			traced.Stop()
		})
	}
	require.NotEmpty(t, collector.Named("RunWorkflow:Offboard"), "they were traced")
	for _, s := range collector.Spans() {
		require.Equal(t, "RunWorkflow:Offboard", s.GetName(), "what was done before is not told again")
	}
}

func replay(h *historypb.History) error { return replayWith(h, worker.WorkflowReplayerOptions{}) }

func replayWith(h *historypb.History, o worker.WorkflowReplayerOptions) error {
	r, err := worker.NewWorkflowReplayerWithOptions(o)
	if err != nil {
		return err
	}
	r.RegisterWorkflowWithOptions(workflows.Offboard, workflow.RegisterOptions{Name: workflows.OffboardType})
	return r.ReplayWorkflowHistory(nil, h)
}

// order is what a case does in each system, step by step; of a revoke step with
// the classes it is about, in the order of the alphabet. Which system is faster
// than another is not part of it.
type order map[string][]string

// What revoke ends of Jane's, who holds something of every class.
const (
	oktaRevoke      = "Revoke admin-roles api-tokens apps devices factors groups login oauth-tokens"
	githubRevoke    = "Revoke access-tokens deploy-keys invitations organization-roles repository-collaborations seats sso-credentials"
	tailscaleRevoke = "Revoke api-tokens auth-keys devices tagged-devices"
)

// orders are written by hand: histories that are made anew do not change them.
var orders = map[string]order{
	"verified": {
		"okta":      {"Find", "Contain", oktaRevoke, "Observe"},
		"github":    {"Find", "Contain", githubRevoke, "Observe"},
		"tailscale": {"Find", "Contain", tailscaleRevoke, "Observe"},
		"wireguard": {"Find", "Contain", "Observe"},
		"slack":     {"Find", "Contain", "Observe"},
		"told":      {"Offboarding of jane.doe@example.com is verified"},
		"recorded":  theEnd,
	},
	// What needs no answer goes on; a class that is answered is read back again,
	// and what is there cannot be said to be gone.
	"asked-and-decided": {
		"okta":      {"Find", "Contain", "Revoke admin-roles apps devices factors groups login oauth-tokens", "Observe", "Observe"},
		"github":    {"Find", "Contain", "Revoke access-tokens invitations organization-roles repository-collaborations seats sso-credentials", "Observe", "Revoke deploy-keys", "Observe"},
		"tailscale": {"Find", "Contain", "Revoke devices tagged-devices", "Observe", "Observe", "Revoke api-tokens", "Observe"},
		"wireguard": {"Find", "Contain", "Observe"},
		"slack":     {"Find", "Contain", "Observe"},
		"told":      {"Offboarding of jane.doe@example.com is closed, not all of it verified"},
		"recorded":  theEnd,
	},
	// GitHub never answers: nothing there is changed.
	"cancelled-midway": {
		"okta":      {"Find", "Contain", oktaRevoke, "Observe"},
		"github":    {"Find", "Find"},
		"tailscale": {"Find", "Contain", tailscaleRevoke, "Observe"},
		"wireguard": {"Find", "Contain", "Observe"},
		"slack":     {"Find", "Contain", "Observe"},
		"told":      {"Offboarding of jane.doe@example.com was cancelled"},
		"recorded":  theEnd,
	},
	// After a wait everything is looked up again.
	"scheduled-and-rescheduled": waited,
	"due-by-its-timer":          waited,
	// The others are read back once more when the last one is contained.
	"vendor-down-and-recovered": {
		"okta":      {"Find", "Contain", oktaRevoke, "Observe", "Observe"},
		"github":    {"Find", "Find", "Contain", githubRevoke, "Observe"},
		"tailscale": {"Find", "Contain", tailscaleRevoke, "Observe", "Observe"},
		"wireguard": {"Find", "Contain", "Observe", "Observe"},
		"slack":     {"Find", "Contain", "Observe", "Observe"},
		"told":      {"Offboarding of jane.doe@example.com is verified"},
		"recorded":  theEnd,
	},
	"credential-refused-and-mended": {
		"okta":      {"Find", "Contain", oktaRevoke, "Observe", "Observe"},
		"github":    {"Find", "Contain", githubRevoke, "Observe", "Observe"},
		"tailscale": {"Find", "Find", "Contain", tailscaleRevoke, "Observe"},
		"wireguard": {"Find", "Contain", "Observe", "Observe"},
		"slack":     {"Find", "Contain", "Observe", "Observe"},
		"told":      {"Offboarding of jane.doe@example.com is verified"},
		"recorded":  theEnd,
	},
	"nothing-found": {
		"okta": {"Find"}, "github": {"Find"}, "tailscale": {"Find"}, "wireguard": {"Find"}, "slack": {"Find"},
		"told":     {"Nobody found for jane.do@example.com"},
		"recorded": theEnd,
	},
	// No vendor is called.
	"refused": {"told": {"Offboarding of ada.admin@example.com was refused"}, "recorded": theEnd},
}

// theEnd: all of a case is in the record before it ends.
var theEnd = []string{"the end"}

// unrecorded are histories from before there was a record; cases that began then
// must go on.
var unrecorded = []string{"verified", "asked-and-decided", "due-by-its-timer", "vendor-down-and-recovered"}

var waited = order{
	"okta":      {"Find", "Find", "Contain", oktaRevoke, "Observe"},
	"github":    {"Find", "Find", "Contain", githubRevoke, "Observe"},
	"tailscale": {"Find", "Find", "Contain", tailscaleRevoke, "Observe"},
	"wireguard": {"Find", "Find", "Contain", "Observe"},
	"slack":     {"Find", "Find", "Contain", "Observe"},
	"told":      {"Offboarding of jane.doe@example.com is verified"},
	"recorded":  theEnd,
}

func TestTheStepsOfStoredHistoriesComeInOrder(t *testing.T) {
	all := kept(t)
	orders := maps.Clone(orders)
	for _, name := range unrecorded {
		without := maps.Clone(orders[name])
		delete(without, "recorded")
		orders[name+"-without-a-record"] = without
	}
	require.Equal(t, slices.Sorted(maps.Keys(orders)), slices.Sorted(maps.Keys(all)), "each history has an order")
	for name, want := range orders {
		require.Equal(t, want, orderOf(t, all[name]), name)
	}
}

// Replay does not look at what a step is given, and takes two steps of one
// shape that changed places for the same ones. The order must not.
func TestAPlantedSwapOfTwoStepsIsNoticed(t *testing.T) {
	const name = "verified"
	for _, swap := range []struct {
		what string
		a, b string
		do   func(a, b *historypb.ActivityTaskScheduledEventAttributes)
	}{
		{"a system is revoked before it is contained", "okta.Contain", "okta.Revoke", func(a, b *historypb.ActivityTaskScheduledEventAttributes) {
			a.ActivityType, b.ActivityType = b.ActivityType, a.ActivityType
			a.Input, b.Input = b.Input, a.Input
		}},
		{"one system is given what is another's", "okta.Revoke", "github.Revoke", func(a, b *historypb.ActivityTaskScheduledEventAttributes) {
			a.Input, b.Input = b.Input, a.Input
		}},
		{"a step is on another system's queue", "okta.Observe", "github.Observe", func(a, b *historypb.ActivityTaskScheduledEventAttributes) {
			a.TaskQueue, b.TaskQueue = b.TaskQueue, a.TaskQueue
		}},
	} {
		t.Run(swap.what, func(t *testing.T) {
			h := proto.Clone(kept(t)[name]).(*historypb.History)
			swap.do(scheduled(t, h, swap.a), scheduled(t, h, swap.b))
			require.NotEqual(t, orders[name], orderOf(t, h))
		})
	}
}

func scheduled(t *testing.T, h *historypb.History, step string) *historypb.ActivityTaskScheduledEventAttributes {
	t.Helper()
	for _, e := range h.GetEvents() {
		if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == step {
			return a
		}
	}
	require.Fail(t, "no such step", step)
	return nil
}

// orderOf reads the order out of a history. What HR was told last is under
// "told": how often before depends on how long the case took. Under "recorded" is
// whether the last step of all was to hand the case to the record.
func orderOf(t *testing.T, h *historypb.History) order {
	t.Helper()
	out := order{}
	for _, e := range h.GetEvents() {
		if e.GetEventType() != enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED {
			continue
		}
		a := e.GetActivityTaskScheduledEventAttributes()
		name := a.GetActivityType().GetName()
		if name == activities.Tell {
			if out["recorded"] != nil {
				out["recorded"] = []string{"before the end"}
			}
			var told activities.Telling
			read(t, a.GetInput(), &told)
			out["told"] = []string{told.Notice.Headline}
			continue
		}
		if name == "record.Case" {
			out["recorded"] = []string{"the end"}
			continue
		}
		if out["recorded"] != nil {
			out["recorded"] = []string{"before the end"}
		}
		system, verb, _ := strings.Cut(name, ".")
		step := verb
		if queue := a.GetTaskQueue().GetName(); queue != "lastday-"+system {
			step += " on " + queue
		}
		if verb == string(activities.Revoke) {
			var req activities.WriteRequest
			read(t, a.GetInput(), &req)
			var classes []string
			for _, g := range req.Grants {
				classes = append(classes, string(g.Class))
			}
			slices.Sort(classes)
			step += " " + strings.Join(slices.Compact(classes), " ")
		}
		out[system] = append(out[system], step)
	}
	return out
}

func read(t *testing.T, p *commonpb.Payloads, v any) {
	t.Helper()
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(p, v))
}
