package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"

	"lastday/offboarding"
	"lastday/sandbox/faults"
	"lastday/standalone/house"
)

// histories is where the histories lie that workflows replays.
const histories = "../../workflows/testdata/histories"

// typical are the cases whose histories are kept: each runs on a site of its
// own, and is to end as it says.
var typical = []struct {
	name string
	site func(testing.TB) *site
	who  offboarding.Subject
	ends offboarding.State
	run  func(t *testing.T, s *site, h *house.House)
}{
	{"verified", plain, jane, offboarding.Verified, nil},
	{"asked-and-decided", asking, jane, offboarding.Closed, func(t *testing.T, s *site, h *house.House) {
		offboard(t, h.Cases, offboarding.Departure{Subject: jane})
		for _, args := range [][]string{
			{"okta/api-tokens", "attest", "--reason", "taken over by the robot"},
			{"tailscale/auth-keys", "waive", "--reason", "rotates in spring", "--until", "2035-03-01"},
			{"tailscale/api-tokens", "retry", "--reason", "unused"},
			{"github/deploy-keys", "retry", "--reason", "no build uses it"},
			{"okta/api-tokens", "waive", "--reason", "the robot gets its own in March", "--until", "2035-03-01"},
		} {
			until(t, h, offboarding.NeedsDecision)
			decide(t, append(args, "--by", "ivo@example.com")...).ok(t)
		}
	}},
	{"cancelled-midway", impatient, jane, offboarding.Cancelled, func(t *testing.T, s *site, h *house.House) {
		s.firm.GitHub.Faults().Set(faults.Fault{Op: "*", Kind: faults.Fail})
		offboard(t, h.Cases, offboarding.Departure{Subject: jane})
		eventually(t, "all but GitHub is proven", func() bool { return proven(now(t, h)) == 4 })
		starter(t, "cancel", string(jane), "--reason", "the wrong Jane", "--by", "ivo@example.com").ok(t)
	}},
	{"scheduled-and-rescheduled", plain, jane, offboarding.Verified, func(t *testing.T, s *site, h *house.House) {
		offboard(t, h.Cases, offboarding.Departure{Subject: jane, At: time.Now().AddDate(1, 0, 0).UTC(), Zone: "Europe/Berlin"})
		until(t, h, offboarding.Waiting)
		starter(t, "reschedule", string(jane), "--at", "2034-06-01 09:00 UTC", "--by", "ivo@example.com").ok(t)
		starter(t, "expedite", string(jane), "--by", "ivo@example.com").ok(t)
	}},
	{"due-by-its-timer", plain, jane, offboarding.Verified, func(t *testing.T, s *site, h *house.House) {
		offboard(t, h.Cases, offboarding.Departure{Subject: jane, At: time.Now().Add(3 * time.Second).UTC()})
	}},
	{"vendor-down-and-recovered", impatient, jane, offboarding.Verified, func(t *testing.T, s *site, h *house.House) {
		s.firm.GitHub.Faults().Set(faults.Fault{Op: "*", Kind: faults.Down})
		offboard(t, h.Cases, offboarding.Departure{Subject: jane})
		eventually(t, "all but GitHub is proven", func() bool { return proven(now(t, h)) == 4 })
		s.firm.GitHub.Faults().Clear()
	}},
	{"credential-refused-and-mended", impatient, jane, offboarding.Verified, func(t *testing.T, s *site, h *house.House) {
		s.firm.Tailscale.Faults().Set(faults.Fault{Op: "*", Kind: faults.Unauthorized})
		offboard(t, h.Cases, offboarding.Departure{Subject: jane})
		until(t, h, offboarding.NeedsDecision)
		s.firm.Tailscale.Faults().Clear()
		decide(t, "tailscale", "retry", "--reason", "a new key", "--by", "ivo@example.com").ok(t)
	}},
	{"refused", plain, admin, offboarding.Refused, nil},
	{"../encrypted/verified", encrypted, jane, offboarding.Verified, nil},
	{"nothing-found", plain, "jane.do@example.com", offboarding.NothingFound, nil},
}

func plain(t testing.TB) *site { return newSite(t, 10) }

// encrypted is a site with the key of the stored histories, which is for tests alone.
func encrypted(t testing.TB) *site {
	key, err := filepath.Abs(filepath.Join(histories, "../encrypted/encryption.key"))
	require.NoError(t, err)
	return plain(t).append(t, "encryption: {keyset: \"file:"+key+"\"}\n")
}

// impatient is a site whose cases wait a second for a slow system, not ten.
func impatient(t testing.TB) *site { return plain(t).append(t, "case:\n  patience: 1s\n") }

// Each typical case ends as it should. With UPDATE_HISTORIES=1 its history is
// kept for workflows to replay.
func TestTypicalCases(t *testing.T) {
	for _, c := range typical {
		t.Run(c.name, func(t *testing.T) {
			s := c.site(t)
			h := openHouse(t, s)
			if c.run == nil {
				offboard(t, h.Cases, offboarding.Departure{Subject: c.who})
			} else {
				c.run(t, s, h)
			}
			end := ended(t, h.Cases, c.who.CaseID())
			require.Equal(t, c.ends, end.State, end.Outcome)
			if end.State == offboarding.Verified {
				require.Empty(t, s.firm.Holds(string(c.who)))
			}
			keep(t, c.name, history(t, h.Client, end.ID, end.RunID))
		})
	}
}

func keep(t *testing.T, name string, events *historypb.History) {
	t.Helper()
	if os.Getenv("UPDATE_HISTORIES") == "" {
		return
	}
	for _, e := range events.GetEvents() { // names of machines are nobody's business
		if a := e.GetWorkflowExecutionStartedEventAttributes(); a != nil {
			a.Identity = "starter"
		}
		if a := e.GetWorkflowTaskStartedEventAttributes(); a != nil {
			a.Identity = "worker"
		}
		if a := e.GetWorkflowTaskCompletedEventAttributes(); a != nil {
			a.Identity = "worker"
		}
		if a := e.GetActivityTaskStartedEventAttributes(); a != nil {
			a.Identity = "worker"
		}
		if a := e.GetActivityTaskCompletedEventAttributes(); a != nil {
			a.Identity = "worker"
		}
	}
	b, err := temporalproto.CustomJSONMarshalOptions{
		Metadata: map[string]any{commonpb.EnablePayloadShorthandMetadataKey: true}, Indent: " ",
	}.Marshal(events)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(histories, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(histories, name+".json"), append(b, '\n'), 0o644))
}

func now(t testing.TB, h *house.House) offboarding.Case {
	t.Helper()
	c, err := h.Cases.Get(t.Context(), jane)
	require.NoError(t, err)
	return c
}

// proven counts the systems that are shown to be clear.
func proven(c offboarding.Case) int {
	n := 0
	for _, s := range c.Systems {
		if !s.ProvenAt.IsZero() {
			n++
		}
	}
	return n
}

// until waits for Jane's case to be in a state.
func until(t testing.TB, h *house.House, s offboarding.State) {
	t.Helper()
	eventually(t, "Jane's case is "+string(s), func() bool { return now(t, h).State == s })
}
