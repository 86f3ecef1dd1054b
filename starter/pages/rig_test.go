package pages_test

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/recordtest"
	"lastday/record/report/reporttest"
	"lastday/secret"
	"lastday/starter/pages"
	"lastday/starter/pages/signin"
	"lastday/starter/pages/signin/optest"
)

// now is the instant at which all tests look.
var now = time.Date(2026, 3, 31, 9, 0, 0, 0, time.UTC)

// rig is the pages over a record in memory, on this machine alone or behind a
// real provider.
type rig struct {
	record.Reader
	t        testing.TB
	url      string
	log      *recordtest.Log
	provider *optest.Provider
	broken   atomic.Bool // the record takes nothing in
}

// open serves the pages over the record. With people there is a sign-in.
func open(t testing.TB, log *recordtest.Log, people map[string]optest.Person) *rig {
	t.Helper()
	r := &rig{Reader: log, t: t, log: log}
	server := httptest.NewUnstartedServer(nil)
	r.url = "http://" + server.Listener.Addr().String()
	c := pages.Config{}
	if people != nil {
		redirect := r.url + signin.Callback
		r.provider = optest.Start(t, people, redirect)
		c.OIDC = &signin.Config{
			Issuer: r.provider.Issuer, ClientID: optest.ClientID, ClientSecret: reference(t), RedirectURL: redirect,
			Roles: signin.Groups{Auditor: []string{"Auditors"}, HR: []string{"HR"}, Operator: []string{"Ops"}},
		}
	}
	c.Defaults()
	require.NoError(t, c.Validate())
	h, err := pages.New(c, pages.Options{
		Record: r, Export: bundle, PublicKey: log.Key, Place: signin.Place{Listen: server.Listener.Addr().String()},
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	server.Config.Handler = h
	server.Start()
	t.Cleanup(server.Close)
	return r
}

func reference(t testing.TB) secret.Ref {
	t.Setenv("OPTEST_SECRET", optest.ClientSecret)
	ref, err := secret.Parse("env:OPTEST_SECRET")
	require.NoError(t, err)
	return ref
}

// bundle writes a zip with the case's number in it.
func bundle(_ context.Context, w io.Writer, run string) error {
	z := zip.NewWriter(w)
	f, err := z.Create("case.txt")
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, run)
	return errors.Join(err, z.Close())
}

// The record of the rig is the log's, but that it can break.
func (r *rig) Append(ctx context.Context, events []record.Event) error {
	if r.broken.Load() {
		return errors.New("the disk is full")
	}
	return r.log.Append(ctx, events)
}

// damaged is a record of which an entry cannot be read.
type damaged struct{ record.Reader }

func (damaged) Case(context.Context, string) ([]record.Recorded, error) {
	return nil, fmt.Errorf("read case: %w", &record.DamagedError{Index: 1234, Why: "it is missing"})
}

// staff are people at the provider.
func staff() map[string]optest.Person {
	return map[string]optest.Person{
		"ann":      {Email: "ann.auditor@example.com", Name: "Ann Auditor", Groups: []string{"Auditors"}},
		"hanna":    {Email: "hanna.hr@example.com", Name: "Hanna Ruiz", Groups: []string{"HR"}},
		"oli":      {Email: "oli.ops@example.com", Name: "Oli Ops", Groups: []string{"Ops"}},
		"stranger": {Email: "stranger@example.com", Name: "Sam Stranger", Groups: []string{"Everyone"}},
	}
}

// get asks for a page as whoever sits at the machine.
func (r *rig) get(path string) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, r.url+path, nil)
	require.NoError(r.t, err)
	return r.do(req)
}

// find looks for a person as whoever sits at the machine, and gives the page
// that it leads to; empty if there is none.
func (r *rig) find(who string) string {
	r.t.Helper()
	resp, _ := r.post(url.Values{"who": {who}})
	if resp.StatusCode != http.StatusSeeOther {
		return ""
	}
	return resp.Header.Get("Location")
}

// post sends the form that looks for a person.
func (r *rig) post(form url.Values, cookies ...*http.Cookie) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, r.url+"/record/find", strings.NewReader(form.Encode()))
	require.NoError(r.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		req.AddCookie(c)
	}
	return r.do(req)
}

func (r *rig) do(req *http.Request) (*http.Response, string) {
	r.t.Helper()
	resp, err := (&http.Transport{}).RoundTrip(req)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	return resp, string(b)
}

// looks are the looks at the record that stand in it, as their facts.
func (r *rig) looks() []string {
	head, err := r.log.Head(context.Background())
	require.NoError(r.t, err)
	all, err := r.log.Range(context.Background(), 0, head.N)
	require.NoError(r.t, err)
	var out []string
	for _, e := range all {
		if e.Entry.Kind == record.Access {
			out = append(out, e.Entry.Case+" "+string(e.Entry.Facts))
		}
	}
	return out
}

// company is the record of a quarter: cases of every kind.
func company(t testing.TB) *recordtest.Log {
	t.Helper()
	log := recordtest.New()
	for i := range 64 {
		put(t, log, ordinary(i))
	}
	put(t, log, reporttest.Cancelled(), reporttest.Open(), reporttest.Planned(), reporttest.Waived(), reporttest.Verified())
	log.AnchorNow("slack-channel", now.Add(-40*time.Minute))
	log.AnchorNow("company-bucket", now.Add(-2*time.Minute))
	return log
}

func put(t testing.TB, log *recordtest.Log, cases ...offboarding.Case) {
	t.Helper()
	for _, c := range cases {
		require.NoError(t, log.Append(context.Background(), casefile.Events(c)))
	}
}

var partners = []string{"Acme", "Brightwater", "", "Northwind", ""}

var leavers = []string{
	"amelia.stone", "bilal.aziz", "carla.rossi", "dmitri.volkov", "elena.garcia", "femi.adeyemi", "greta.lind", "hugo.martin", "ines.costa", "jonas.berg",
}

// ordinary is the i-th of a quarter's cases: most take seconds, some minutes or
// hours, a few are found nowhere.
func ordinary(i int) offboarding.Case {
	start := now.AddDate(0, 0, -80).Add(time.Duration(i) * 29 * time.Hour).Truncate(time.Minute)
	c := recordtest.Verified(i, start)
	name := offboarding.Subject(fmt.Sprintf("%s.%d@example.com", leavers[i%len(leavers)], i))
	c.ID, c.Departure.Subject, c.Departure.Partner = name.CaseID(), name, partners[i%len(partners)]
	c.Systems[0].Account.Login, c.Systems[0].Account.Email = string(name), string(name)
	late := []time.Duration{0, 0, time.Second, 12 * time.Second, 3 * time.Minute, 0, 25 * time.Minute, 0, 2 * time.Second, 0, 0, 95 * time.Minute, 0}[i%13]
	if i == 31 {
		late = 9 * time.Hour
	}
	shift(&c, late)
	if i%17 == 5 {
		c.State, c.Outcome = offboarding.NothingFound, "no system knows "+string(name)
		c.Systems, c.ContainedAt, c.RevokedAt, c.ProvenAt = c.Systems[1:], time.Time{}, time.Time{}, time.Time{}
	}
	return c
}

// shift lets a case take so much longer.
func shift(c *offboarding.Case, d time.Duration) {
	o := &c.Systems[0]
	for i := range o.Actions {
		o.Actions[i].At = o.Actions[i].At.Add(d)
	}
	for i := range o.Observations {
		o.Observations[i].At = o.Observations[i].At.Add(d + d/3)
	}
	for _, t := range []*time.Time{&o.ContainedAt, &o.RevokedAt, &c.ContainedAt, &c.RevokedAt} {
		*t = t.Add(d)
	}
	for _, t := range []*time.Time{&o.ProvenAt, &c.ProvenAt, &c.EndedAt} {
		*t = t.Add(d + d/3)
	}
	o.Verdicts = offboarding.Judge(*o, nil)
}

// standing puts a case into the record of which only the end is known.
func standing(t testing.TB, log *recordtest.Log, run string, who record.Person, s record.Standing) {
	t.Helper()
	facts, err := json.Marshal(s)
	require.NoError(t, err)
	kind := record.Progress
	if s.Ended() {
		kind = record.Confirmation
	}
	require.NoError(t, log.Append(context.Background(), []record.Event{{
		ID: run + "/end", Kind: kind, At: s.StartedAt, Case: run, People: map[record.Role]record.Person{record.Subject: who}, Facts: facts,
	}}))
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// client signs somebody in without a browser, and asks for pages as them.
func (r *rig) client(as string) func(path string) (*http.Response, string) {
	r.t.Helper()
	var cookies []*http.Cookie
	ask := func(at string) (*http.Response, string) {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, at, nil)
		require.NoError(r.t, err)
		for _, c := range cookies {
			req.AddCookie(c)
		}
		resp, body := r.do(req)
		cookies = append(cookies, resp.Cookies()...)
		return resp, body
	}
	at := r.url + "/record/sign-in/start"
	for range 5 {
		resp, _ := ask(at)
		next, err := resp.Location()
		require.NoError(r.t, err)
		if next.Path == "/login/username" {
			next.RawQuery += "&as=" + as
		}
		if at = next.String(); next.Path == "/record" {
			return func(path string) (*http.Response, string) { return ask(r.url + path) }
		}
	}
	r.t.Fatalf("the sign-in of %s never ends", as)
	return nil
}
