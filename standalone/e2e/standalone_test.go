package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"lastday/config"
	"lastday/offboarding"
	"lastday/record/store/pgtest"
	"lastday/standalone/house"
	"lastday/starter/cases"
)

const configVar = "LASTDAY_E2E_CONFIG"

// runStandalone is what standalone up does, as a process.
func runStandalone() error {
	go dieWithParent()
	f, err := config.Load(os.Getenv(configVar))
	if err != nil {
		return err
	}
	f.Serve.Listen = "127.0.0.1:0"
	h, err := house.Open(context.Background(), f, house.Options{})
	if err != nil {
		return err
	}
	fmt.Println(h.Server.FrontendAddr())
	select {}
}

// wholeHouse is such a process.
type wholeHouse struct {
	cmd     *exec.Cmd
	address string
	errs    strings.Builder
}

// startWhole starts the process on the site's data directory, and waits until
// it serves.
func startWhole(t testing.TB, s *site) *wholeHouse {
	t.Helper()
	h := &wholeHouse{cmd: exec.Command(os.Args[0])}
	h.cmd.Env = append(os.Environ(), processVar+"=standalone", configVar+"="+s.path, "XDG_RUNTIME_DIR="+s.dir)
	h.cmd.Stderr = &h.errs
	_, err := h.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := h.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, h.cmd.Start())
	t.Cleanup(h.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		h.kill()
		t.Fatalf("the process does not serve: %s", h.errs.String())
	}
	h.address = strings.TrimSpace(line)
	return h
}

// kill ends the process at once; again is fine.
func (h *wholeHouse) kill() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
}

// The server, its database and the worker die together, in the middle of the
// case's changes.
func TestTheWholeProcessIsKilledAndGoesOnFromItsDataDirectory(t *testing.T) {
	for _, at := range []struct {
		name, system, call string
		moment             moment
		postgres           bool
	}{
		{"before the first change", "okta", "/lifecycle/suspend", calling, false},
		{"after the first change", "okta", "/lifecycle/suspend", applied, false},
		{"among the changes", "github", "/orgs/acme/memberships/", applied, false},
		{"among the changes, on PostgreSQL", "github", "/orgs/acme/memberships/", applied, true},
		{"after the message", "slack", "/api/chat.postMessage", applied, false},
		{"before the last message", "slack", "/api/chat.update", calling, false},
	} {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, 2)
			first, dies := once(), make(chan *wholeHouse, 1)
			died := make(chan time.Time, 1)
			gates(t, s, func(system string, r *http.Request, m moment) bool {
				change := r.Method != http.MethodGet
				if system != at.system || m != at.moment || !change || !strings.Contains(r.URL.Path, at.call) || !first() {
					return false
				}
				(<-dies).kill()
				died <- time.Now()
				return true
			})
			s.append(t, fmt.Sprintf("standalone:\n  data_dir: %s\n  frontend: 127.0.0.1:0\n  ui: 127.0.0.1:0\n", filepath.Join(s.dir, "data")))
			if at.postgres {
				s.append(t, fmt.Sprintf("  database: %q\n", pgtest.Start(t).New(t)))
			}

			h := startWhole(t, s)
			dies <- h
			started, err := dialCases(t, h.address).Offboard(t.Context(), offboarding.Departure{Subject: jane, RequestedBy: offboarding.Named(offboarding.DoorCommand, "hr@example.com")}, false)
			if started.CaseID == "" {
				require.NoError(t, err)
			}
			when := <-died
			h = startWhole(t, s)
			up := time.Now()
			end := ended(t, dialCases(t, h.address), started.CaseID)
			t.Logf("up again after %s, case ended %s later", up.Sub(when).Round(time.Millisecond), end.EndedAt.Sub(up).Round(time.Millisecond))
			require.Equal(t, offboarding.Verified, end.State, end.Outcome)
			require.Empty(t, s.firm.Holds(string(jane)))
			require.Equal(t, 1, s.firm.Slack.PostCount())
			require.Len(t, s.firm.Slack.Messages(), 1)
			require.Contains(t, s.firm.Slack.Messages()[0].Text, "is verified")
			took := map[string]int{}
			for _, w := range s.writes() {
				if took[w.call] += w.took; took[w.call] > 1 && !repeatable(w.call) {
					t.Errorf("%s: done %d times", w.call, took[w.call])
				}
			}
		})
	}
}

func dialCases(t testing.TB, address string) *cases.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: address, Logger: quiet{}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return cases.New(c, house.Namespace)
}
