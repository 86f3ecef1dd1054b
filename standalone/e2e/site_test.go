package e2e

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/config"
	"lastday/offboarding"
	"lastday/sandbox/company"
	"lastday/sandbox/faults"
	"lastday/sandbox/people"
	"lastday/standalone/house"
	"lastday/starter/cases"
)

const jane = offboarding.Subject("jane.doe@example.com")

// site is a company and the configuration for it.
type site struct {
	firm *company.Company
	dir  string // of the configuration and the credentials
	path string // of lastday.yaml
}

// newSite starts a company with so many people.
func newSite(t testing.TB, staff int) *site {
	t.Helper()
	// Not t.TempDir: the path of the gateway's socket must be short.
	dir, err := os.MkdirTemp("", "e2e")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &site{dir: dir}
	s.firm, err = company.Start(company.Options{People: staff, Dir: filepath.Join(s.dir, "sandbox")})
	require.NoError(t, err)
	t.Cleanup(s.firm.Stop)
	s.path, err = s.firm.WriteConfig(s.dir)
	require.NoError(t, err)
	return s
}

// edit replaces text in the configuration; each old text must be there.
func (s *site) edit(t testing.TB, oldNew ...string) *site {
	t.Helper()
	b, err := os.ReadFile(s.path)
	require.NoError(t, err)
	text := string(b)
	for pair := range slices.Chunk(oldNew, 2) {
		require.Contains(t, text, pair[0], "the sandbox's configuration")
		text = strings.ReplaceAll(text, pair[0], pair[1])
	}
	require.NoError(t, os.WriteFile(s.path, []byte(text), 0o600))
	return s
}

// append adds lines at the end of the configuration.
func (s *site) append(t testing.TB, lines string) *site {
	t.Helper()
	b, err := os.ReadFile(s.path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.path, append(b, lines...), 0o600))
	return s
}

func (s *site) config(t testing.TB) config.File {
	t.Helper()
	f, err := config.Load(s.path)
	require.NoError(t, err)
	return f
}

// vendors are the stand-ins' faults and calls, by system.
func (s *site) vendors() map[string]*faults.Injector {
	return map[string]*faults.Injector{
		"okta": s.firm.Okta.Faults(), "github": s.firm.GitHub.Faults(),
		"slack": s.firm.Slack.Faults(), "tailscale": s.firm.Tailscale.Faults(),
	}
}

// write is a call that was to change somebody's access, as "system: METHOD
// /path", and 1 if it came through, 0 if the vendor refused.
type write struct {
	call string
	took int
}

// writes lists them in the order of the alphabet. Tokens that are fetched,
// queries and HR's message change nobody's access.
func (s *site) writes() []write {
	var out []write
	for system, v := range s.vendors() {
		for _, c := range v.Calls() {
			method, _, _ := strings.Cut(c.Op, " ")
			// PRI * is some gRPC client that looks for who had this port before.
			if method == "GET" || method == "PRI" || c.Path == "/%2A" || c.Path == "*" || harmless(system, c.Op) {
				continue
			}
			w := write{call: system + ": " + method + " " + c.Path}
			if c.Status >= 200 && c.Status < 300 {
				w.took = 1
			}
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b write) int { return strings.Compare(a.call, b.call) })
	return out
}

func harmless(system, op string) bool {
	switch op {
	case "POST /graphql", "POST /app/installations/{installation_id}/access_tokens", "POST /api/v2/oauth/token", "POST /oauth2/v1/token":
		return true
	}
	return system == "slack" && (strings.HasPrefix(op, "GET ") || strings.HasPrefix(op, "POST /api/"))
}

// calls counts the calls at all vendors.
func (s *site) calls() int {
	n := 0
	for _, v := range s.vendors() {
		n += len(v.Calls())
	}
	return n
}

// openHouse runs the whole program in this process on the site. The command
// line finds it without being told.
func openHouse(t testing.TB, s *site) *house.House {
	t.Helper()
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("TEMPORAL_ADDRESS", "")
	f := s.config(t)
	f.Standalone.DataDir = filepath.Join(s.dir, "temporal")
	f.Standalone.Frontend, f.Standalone.UI = "127.0.0.1:0", "127.0.0.1:0"
	f.Serve.Listen = "127.0.0.1:0"
	h, err := house.Open(t.Context(), f, house.Options{})
	require.NoError(t, err)
	t.Cleanup(h.Close)
	return h
}

// offboard starts a case.
func offboard(t testing.TB, c *cases.Client, d offboarding.Departure) cases.Started {
	t.Helper()
	if d.RequestedBy.IsZero() {
		d.RequestedBy = offboarding.Named(offboarding.DoorCommand, "hr@example.com")
	}
	started, err := c.Offboard(t.Context(), d, false)
	require.NoError(t, err)
	return started
}

// ended waits until the case is over and HR was told, or it needs a person.
func ended(t testing.TB, c *cases.Client, caseID string) offboarding.Case {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	end, err := c.Watch(ctx, caseID, func(offboarding.Case) {})
	require.NoError(t, err, "last seen: %s", end.State)
	if end.State == offboarding.NeedsDecision {
		return end
	}
	eventually(t, "the case is over", func() bool {
		all, err := c.List(ctx, 1000)
		return err == nil && slices.ContainsFunc(all, func(s cases.Summary) bool {
			return s.CaseID == caseID && !s.ClosedAt.IsZero()
		})
	})
	return end
}

// member is one of the staff beside Jane.
func member(s *site, n int) offboarding.Subject {
	return offboarding.Subject(s.firm.Staff[n].Email)
}

var admin = offboarding.Subject(people.Admin.Email)
