package hook_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.yaml.in/yaml/v3"

	"lastday/offboarding"
	"lastday/secret"
	"lastday/starter/hook"
)

var (
	friday = time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC)
	key    = []byte("a-signing-key-of-32-bytes-xxxxxx")
	newKey = []byte("the-next-signing-key-of-32-bytes")
)

// temporal is a Desk with Temporal's rules: one running case a person, an update
// id taken once a case, a workflow id given away once. It outlives handlers.
type temporal struct {
	mu      sync.Mutex
	down    bool
	cases   map[offboarding.Subject][]*offboarding.Case
	begun   map[offboarding.Subject]bool
	updates map[string]offboarding.Case // by case and update id
	marks   map[string]string
	refuse  string // the rule that refuses to steer
	looked  func() // is called once, after the next look at a case
	starts  int    // cases that were started
	moves   int    // updates that were taken in
	calls   int
	departs []offboarding.Departure
}

func newTemporal() *temporal {
	d := &temporal{}
	d.forget()
	return d
}

func (d *temporal) forget() {
	d.cases, d.begun = map[offboarding.Subject][]*offboarding.Case{}, map[offboarding.Subject]bool{}
	d.updates, d.marks = map[string]offboarding.Case{}, map[string]string{}
	d.starts, d.moves, d.calls, d.departs = 0, 0, 0, nil
}

// enter locks; it fails as a client of Temporal does when that is down.
func (d *temporal) enter() (func(), error) {
	d.mu.Lock()
	d.calls++
	if d.down {
		d.mu.Unlock()
		return nil, fmt.Errorf("start case: %w", serviceerror.NewUnavailable("connection refused for offboard:jane.doe@example.com"))
	}
	return d.mu.Unlock, nil
}

func (d *temporal) newest(who offboarding.Subject) *offboarding.Case {
	if all := d.cases[who]; len(all) > 0 {
		return all[len(all)-1]
	}
	return nil
}

func (d *temporal) Start(_ context.Context, p offboarding.Departure) (offboarding.Departure, error) {
	leave, err := d.enter()
	if err != nil {
		return offboarding.Departure{}, err
	}
	defer leave()
	if c := d.newest(p.Subject); c != nil {
		if c.State.Ended() {
			return offboarding.Departure{}, fmt.Errorf("start case: %w", offboarding.ErrEnded)
		}
		return c.Departure, nil
	}
	d.open(p)
	return p, nil
}

func (d *temporal) open(p offboarding.Departure) {
	c := &offboarding.Case{
		ID: fmt.Sprintf("%s#%d", p.Subject.CaseID(), len(d.cases[p.Subject])+1), Departure: p,
		State: offboarding.Waiting, StartedAt: p.RequestedAt, Due: p.At,
	}
	if !p.Word.IsZero() {
		c.Hear(p.Word)
	}
	d.cases[p.Subject] = append(d.cases[p.Subject], c)
	d.starts++
	d.departs = append(d.departs, p)
}

func (d *temporal) Get(_ context.Context, who offboarding.Subject) (offboarding.Case, error) {
	leave, err := d.enter()
	if err != nil {
		return offboarding.Case{}, err
	}
	defer leave()
	if c := d.newest(who); c != nil {
		seen := *c
		if d.looked != nil {
			d.looked()
			d.looked = nil
		}
		return seen, nil
	}
	return offboarding.Case{}, fmt.Errorf("%w for %s", offboarding.ErrNoCase, who)
}

func (d *temporal) update(who offboarding.Subject, w offboarding.Word, id string, apply func(*offboarding.Case)) (offboarding.Case, error) {
	leave, err := d.enter()
	if err != nil {
		return offboarding.Case{}, err
	}
	defer leave()
	c := d.newest(who)
	if c == nil {
		return offboarding.Case{}, offboarding.ErrNoCase
	}
	if before, ok := d.updates[c.ID+id]; ok {
		return before, nil
	}
	no := func(kind string) (offboarding.Case, error) {
		return offboarding.Case{}, &offboarding.Denied{Kind: kind, Why: "the case says " + kind}
	}
	switch {
	case c.State.Ended():
		return offboarding.Case{}, offboarding.ErrEnded
	case d.begun[who]:
		return no(offboarding.DeniedBegun)
	case c.Overtaken(w):
		return no(offboarding.DeniedOlder)
	case d.refuse != "":
		return no(offboarding.DeniedByPolicy)
	}
	apply(c)
	d.moves++
	d.updates[c.ID+id] = *c
	return *c, nil
}

func (d *temporal) Told(_ context.Context, who offboarding.Subject, w offboarding.Word, zone string, _ offboarding.Actor, id string) (offboarding.Case, error) {
	return d.update(who, w, id, func(c *offboarding.Case) {
		if c.Hear(w) {
			c.Due, c.Departure.At, c.Departure.Zone = w.At, w.At, zone
		}
	})
}

func (d *temporal) Withdrawn(_ context.Context, who offboarding.Subject, w offboarding.Word, reason string, _ offboarding.Actor, id string) (offboarding.Case, error) {
	if err := d.named(who, w, id); err != nil {
		return offboarding.Case{}, err
	}
	return d.update(who, w, id, func(c *offboarding.Case) {
		c.Hear(w)
		c.State, c.Outcome, c.EndedAt = offboarding.Cancelled, reason, friday
	})
}

// named is the case's own rule on a withdrawal; the others come first.
func (d *temporal) named(who offboarding.Subject, w offboarding.Word, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.newest(who)
	if c == nil || c.State.Ended() || d.begun[who] || c.Overtaken(w) || d.updates[c.ID+id].ID != "" {
		return nil
	}
	if _, ok := c.Said(w.Source); !ok {
		return &offboarding.Denied{Kind: offboarding.DeniedUnnamed, Why: "the case says " + offboarding.DeniedUnnamed}
	}
	return nil
}

func (d *temporal) Handled(_ context.Context, key string) (bool, error) {
	leave, err := d.enter()
	if err != nil {
		return false, err
	}
	defer leave()
	_, ok := d.marks[key]
	return ok, nil
}

func (d *temporal) MarkHandled(_ context.Context, key, _, outcome string) error {
	leave, err := d.enter()
	if err != nil {
		return err
	}
	defer leave()
	d.marks[key] = outcome
	return nil
}

// end ends a person's case.
func (d *temporal) end(who offboarding.Subject, s offboarding.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.newest(who)
	c.State, c.EndedAt = s, friday
}

// house is a hook on a Temporal that remembers.
type house struct {
	t        testing.TB
	temporal *temporal
	conf     hook.Config
	handler  http.Handler
	now      time.Time
	log      *strings.Builder
	reports  []hook.Report
	mu       sync.Mutex
	n        int // webhook ids given so far
}

const plainMapping = `
what: event.what
email: event.email
last_day: event.last_day
zone: "'Europe/Berlin'"
`

const orderedMapping = plainMapping + "occurred_at: event.at\n"

func mappingOf(t testing.TB, text string) hook.Mapping {
	t.Helper()
	var m hook.Mapping
	dec := yaml.NewDecoder(strings.NewReader(text))
	dec.KnownFields(true)
	require.NoError(t, dec.Decode(&m))
	return m
}

func secretOf(t testing.TB, value string) secret.Ref {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(value+"\n"), 0o600))
	r, err := secret.Parse("file:" + path)
	require.NoError(t, err)
	return r
}

func whsec(key []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(key) }

func newHouse(t testing.TB, mapping string) *house {
	t.Helper()
	return houseOf(t, hook.Config{Sources: []hook.Source{{
		Name: "workday", Secrets: []secret.Ref{secretOf(t, whsec(key))}, Mapping: mappingOf(t, mapping),
	}}})
}

func houseOf(t testing.TB, c hook.Config) *house {
	t.Helper()
	h := &house{t: t, temporal: newTemporal(), conf: c, now: friday, log: &strings.Builder{}}
	h.restart()
	return h
}

// restart replaces the process: nothing but Temporal remembers.
func (h *house) restart() {
	h.t.Helper()
	handler, err := hook.New(h.conf, h.temporal, func() time.Time { return h.now },
		hook.WithReporter(h), hook.WithLog(slog.New(slog.NewJSONHandler(lockedWriter{h}, nil))))
	require.NoError(h.t, err)
	h.handler = handler
}

type lockedWriter struct{ h *house }

func (w lockedWriter) Write(b []byte) (int, error) {
	w.h.mu.Lock()
	defer w.h.mu.Unlock()
	return w.h.log.Write(b)
}

func (h *house) Report(_ context.Context, r hook.Report) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reports = append(h.reports, r)
	return nil
}

type said struct {
	status  int
	text    string
	header  http.Header
	Error   string
	Results []struct {
		Outcome hook.Outcome
		Why     string
	}
}

// body is all that was answered, to the byte.
func (s said) body() []byte { return []byte(s.text) }

func (h *house) serve(req *http.Request) said {
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, req)
	s := said{status: w.Code, text: w.Body.String(), header: w.Header()}
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
		panic(err)
	}
	return s
}

func (h *house) send(r *request) said { return h.serve(r.sign()) }

// tell sends a good request with a new id and gives its one outcome.
func (h *house) tell(body string) hook.Outcome {
	h.t.Helper()
	return h.outcome(h.send(h.request(body)))
}

func (h *house) outcome(s said) hook.Outcome {
	h.t.Helper()
	require.Equal(h.t, http.StatusAccepted, s.status, s.text)
	require.Len(h.t, s.Results, 1)
	return s.Results[0].Outcome
}

func (h *house) jane() offboarding.Case {
	h.t.Helper()
	c, err := h.temporal.Get(context.Background(), "jane.doe@example.com")
	require.NoError(h.t, err)
	return c
}

// told is a body: what, the last day, and when that was so, as hours after noon
// of the day before.
func told(what, day string, hour int) string {
	return fmt.Sprintf(`{"what":%q,"email":"Jane.Doe@example.com","last_day":%q,"at":%q}`,
		what, day, friday.Add(-32*time.Hour).Add(time.Duration(hour)*time.Hour).Format(time.RFC3339))
}
