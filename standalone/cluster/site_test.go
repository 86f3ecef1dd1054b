package cluster

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"lastday/config"
	"lastday/offboarding"
	"lastday/record/setup"
	"lastday/record/store/pgtest"
	"lastday/sandbox/company"
	"lastday/sandbox/faults"
	"lastday/standalone/calls"
	"lastday/standalone/herd"
	"lastday/standalone/house"
	"lastday/starter/cases"
)

var hookKey = []byte("a-signing-key-of-32-bytes-xxxxxx")

// site is the company, the database and the cluster's processes.
type site struct {
	firm     *company.Company
	database *pgtest.Server
	dir      string
	config   string
	frontend string // of Temporal
	doors    string // of starter serve
	calls    *calls.Log
	herds    map[string]*herd.Herd
	temporal client.Client
	cases    *cases.Client
}

// open starts everything, with so many people to leave.
func open(t *testing.T, leavers int) *site {
	t.Helper()
	// Not t.TempDir: the path of the gateway's socket must be short.
	dir, err := os.MkdirTemp("", "cluster")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &site{dir: dir, database: pgtest.Start(t), frontend: address(t), doors: address(t), calls: calls.New(), herds: map[string]*herd.Herd{}}
	s.firm, err = company.Start(company.Options{People: leavers, Dir: filepath.Join(dir, "sandbox")})
	require.NoError(t, err)
	t.Cleanup(s.firm.Stop)
	s.configure(t)

	known := orders{Address: s.frontend, Config: s.config, File: s.half(t)}
	server := known
	server.Role, server.Database = "server", s.database.New(t)
	s.keep(t, "server", server)
	s.temporal, err = client.DialContext(t.Context(), client.Options{
		HostPort: s.frontend, Namespace: house.Namespace, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	require.NoError(t, err)
	t.Cleanup(s.temporal.Close)
	s.cases = cases.New(s.temporal, house.Namespace)
	for name, o := range map[string]orders{
		"directory": {Role: "worker", Systems: []offboarding.System{"okta", "github"}, Cases: true},
		"network":   {Role: "worker", Systems: []offboarding.System{"tailscale", "slack"}, Cases: true},
		"gateway":   {Role: "worker", Systems: []offboarding.System{"wireguard"}},
		"doors":     {Role: "doors"},
		"importer":  {Role: "importer"},
	} {
		o.Address, o.Config, o.File = known.Address, known.Config, known.File
		s.keep(t, name, o)
	}
	return s
}

// keep starts a process, and starts it again when it dies.
func (s *site) keep(t *testing.T, name string, o orders) {
	t.Helper()
	log, err := os.Create(filepath.Join(s.dir, name+".log"))
	require.NoError(t, err)
	t.Cleanup(func() {
		log.Close()
		if b, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("%s said at last:\n%s", name, b[max(0, len(b)-4000):])
		}
	})
	h, err := herd.Keep(context.WithoutCancel(t.Context()), name, 1, o.env(), log)
	require.NoError(t, err)
	t.Cleanup(func() {
		h.Kill(0)
		h.Stop()
	})
	s.herds[name] = h
}

// configure writes the configuration of all processes: the record in the same
// PostgreSQL, in a database of its own, and an HR system that may ask.
func (s *site) configure(t *testing.T) {
	t.Helper()
	var err error
	s.config, err = s.firm.WriteConfig(s.dir)
	require.NoError(t, err)
	public, err := setup.MakeKeys(filepath.Join(s.dir, "keys"), "lastday.example.com/cluster")
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(s.dir, "anchors"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "hook"), []byte("whsec_"+base64.StdEncoding.EncodeToString(hookKey)), 0o600))
	b, err := os.ReadFile(s.config)
	require.NoError(t, err)
	b = append(b, strings.NewReplacer("DIR", s.dir, "DATABASE", s.database.New(t), "PUBLIC", strings.TrimSpace(public), "DOORS", s.doors).Replace(`
record:
  database: DATABASE
  names_key: file:DIR/keys/names.key
  signing_key: file:DIR/keys/signing.key
  public_key: PUBLIC
  copy: DIR/last-signed
  anchors:
    directory: [{name: elsewhere, path: DIR/anchors}]
policy:
  may:
    request: actor.door in ['hook', 'file']
  brake: {per_hour: 100000, release: {count: 2}}
hooks:
  sources:
    - name: workday
      secrets: [file:DIR/hook]
      mapping: {what: event.what, email: event.email, last_day: event.day, zone: "'Europe/Berlin'", occurred_at: event.at}
serve:
  listen: DOORS
`)...)
	require.NoError(t, os.WriteFile(s.config, b, 0o600))
	_, err = config.Load(s.config)
	require.NoError(t, err)
}

// half writes every second of the staff into a file, for the importer.
func (s *site) half(t *testing.T) string {
	t.Helper()
	lines := "email,last day\n"
	for i, p := range s.firm.Staff {
		if i%2 == 0 {
			lines += p.Email + ",now\n"
		}
	}
	path := filepath.Join(s.dir, "leavers.csv")
	require.NoError(t, os.WriteFile(path, []byte(lines), 0o600))
	return path
}

// tell is the HR system: it says of the others that they have left, until the
// door has taken it in.
func (s *site) tell(ctx context.Context, t *testing.T, i int) {
	now := time.Now()
	body := fmt.Sprintf(`{"what":"leaves","email":%q,"day":%q,"at":%q}`,
		s.firm.Staff[i].Email, now.AddDate(0, 0, -1).Format(time.DateOnly), now.Format(time.RFC3339Nano))
	for ctx.Err() == nil {
		status, err := s.post(ctx, fmt.Sprintf("event-%d", i), body)
		switch {
		case err == nil && status/100 == 2:
			return
		case err == nil && status/100 == 4:
			t.Errorf("the door refused %s: %d", body, status)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// post delivers one event, signed now.
func (s *site) post(ctx context.Context, id, body string) (status int, err error) {
	at := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, hookKey)
	mac.Write([]byte(id + "." + at + "." + body))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.doors+"/hooks/hr", strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", at)
	r.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	var door http.Client
	resp, err := door.Do(r)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// vendors are the stand-ins' calls, by system.
func (s *site) vendors() map[string]*faults.Injector {
	return map[string]*faults.Injector{
		"okta": s.firm.Okta.Faults(), "github": s.firm.GitHub.Faults(),
		"slack": s.firm.Slack.Faults(), "tailscale": s.firm.Tailscale.Faults(),
	}
}

// address is a port on loopback that a process gets, and gets again.
func address(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}
