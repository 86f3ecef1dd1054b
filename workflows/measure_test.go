package workflows_test

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/workflows"
)

// timers keeps what cases measure, by the timer's name and its tags.
type timers struct {
	client.MetricsHandler
	mu   sync.Mutex
	tags map[string]string
	took map[string][]time.Duration
	up   *timers // where it is kept
}

func (m *timers) WithTags(tags map[string]string) client.MetricsHandler {
	all := maps.Clone(m.tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	top := m
	if m.up != nil {
		top = m.up
	}
	return &timers{tags: all, up: top}
}

func (m *timers) Counter(string) client.MetricsCounter { return client.MetricsNopHandler.Counter("") }
func (m *timers) Gauge(string) client.MetricsGauge     { return client.MetricsNopHandler.Gauge("") }

func (m *timers) Timer(name string) client.MetricsTimer {
	if !strings.HasPrefix(name, "lastday_") {
		return client.MetricsNopHandler.Timer(name)
	}
	return recording(func(d time.Duration) {
		m.up.mu.Lock()
		defer m.up.mu.Unlock()
		key := name + " " + m.tags["system"] + " urgent=" + m.tags["urgent"]
		m.up.took[key] = append(m.up.took[key], d)
	})
}

type recording func(time.Duration)

func (f recording) Record(d time.Duration) { f(d) }

func TestACaseMeasuresHowLongEachSystemTookFromItsDueTime(t *testing.T) {
	h := newHouse(t)
	h.system("okta").holds("sessions", "groups")
	github := h.system("github").holds("membership")
	github.fail[activities.Contain] = func(try int) error {
		if try > 3 {
			return nil
		}
		return &transport.Error{Kind: transport.Unavailable, System: "github", Op: "suspend", Detail: "down"}
	}
	got := h.offboard(offboarding.Departure{Subject: "jane.doe@example.com", At: monday.Add(8 * time.Hour)})
	require.Equal(t, offboarding.Verified, got.State, got.Outcome)
	for _, s := range got.Systems {
		for timer, at := range map[string]time.Time{workflows.ContainedTimer: s.ContainedAt, workflows.ProvenTimer: s.ProvenAt} {
			key := timer + " " + string(s.System) + " urgent=false"
			require.Len(t, h.timers.took[key], 1, key)
			require.Equal(t, max(at.Sub(got.Due), 0), h.timers.took[key][0], key)
		}
	}
	require.Len(t, h.timers.took, 4)
}

func TestNobodyFoundIsNeitherContainedNorProven(t *testing.T) {
	h := newHouse(t)
	h.system("okta").account = false
	h.offboard(offboarding.Departure{Subject: "jane.doe@example.com", Urgent: true})
	require.Empty(t, h.timers.took)
}
