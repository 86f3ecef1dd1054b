package e2e

import (
	"bytes"
	"cmp"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"
	_ "modernc.org/sqlite" // reads the server's file

	"lastday/offboarding"
	"lastday/standalone/temporal"
	"lastday/starter/cases"
	"lastday/traces/tracestest"
)

// echoes are vendors that put what they were sent into their errors: the worst
// that a proxy or a debugging page can do.
type echoes struct {
	mu    sync.Mutex
	code  int             // 0: pass the call on; -1: cut the connection
	times int             // how often each system misbehaves; negative: until told otherwise
	left  map[string]int  // by system
	marks map[string]bool // every secret that was seen on its way
	count int             // of the errors given
}

func newEchoes() *echoes { return &echoes{marks: map[string]bool{}} }

func (e *echoes) from(now, times int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.code, e.times, e.left = now, times, map[string]int{}
}

// everyone reports whether each vendor has told what it was sent, since from.
func (e *echoes) everyone(s *site) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.left) == len(s.vendors())
}

func (e *echoes) between(system string, proxy http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		e.note(r, body)
		switch code := e.next(system); {
		case code < 0:
			panic(http.ErrAbortHandler)
		case code > 0:
			fail(w, code, fmt.Sprintf("you sent %q with %q", r.Header.Get("Authorization"), body))
			return
		}
		rec := httptest.NewRecorder()
		proxy.ServeHTTP(rec, r)
		e.minted(rec.Body.Bytes())
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})
}

func (e *echoes) next(system string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.code == 0 || (e.times >= 0 && e.left[system] >= e.times) {
		return 0
	}
	e.left[system]++
	e.count++
	return e.code
}

// fail is an error in the shapes of all four vendors at once.
func fail(w http.ResponseWriter, code int, words string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"ok": false, "error": words, "message": words, "detail": words, "schemas": []string{words},
		"errorCode": "E0000011", "errorSummary": words, "errorCauses": []any{map[string]string{"errorSummary": words}},
		"Errors": map[string]any{"description": words, "code": code}, "errors": []any{map[string]string{"message": words}},
	})
}

// note takes down the credentials of a request.
func (e *echoes) note(r *http.Request, body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	e.mark(value)
	if raw, err := base64.StdEncoding.DecodeString(value); err == nil && strings.EqualFold(scheme, "basic") {
		_, password, _ := strings.Cut(string(raw), ":")
		e.mark(password)
	}
	if form, err := parseForm(body); err == nil {
		for _, k := range []string{"token", "client_secret", "client_assertion"} {
			e.mark(form[k])
		}
	}
}

// minted takes down a token that a vendor hands out.
func (e *echoes) minted(body []byte) {
	var got struct {
		Token       string `json:"token"`
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal(body, &got) == nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.mark(got.Token)
		e.mark(got.AccessToken)
	}
}

func (e *echoes) mark(v string) {
	if v = strings.TrimSpace(v); len(v) >= 12 {
		e.marks[v] = true
	}
}

func parseForm(body []byte) (map[string]string, error) {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for k := range r.PostForm {
		out[k] = r.PostForm.Get(k)
	}
	return out, nil
}

// all lists the marks: those seen on their way, and the credentials' files.
func (e *echoes) all(t testing.TB, s *site) []string {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	files, err := os.ReadDir(s.dir)
	require.NoError(t, err)
	for _, f := range files {
		if f.IsDir() || f.Name() == "lastday.yaml" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(s.dir, f.Name()))
		require.NoError(t, err)
		for line := range strings.Lines(string(b)) {
			if !strings.Contains(line, "-----") {
				e.mark(line)
			}
		}
	}
	return slices.Sorted(maps.Keys(e.marks))
}

// place is one place where a secret could end up.
type place struct {
	name    string
	content []byte
	sign    string // what must be there, to show that the search finds it; empty: an address
	traces  bool   // where vendors' ids of calls are to be
}

func TestSecretsEndUpNowhere(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	s := newSite(t, 10).append(t, "case:\n  patience: 1s\n  deadline: 1m\n"+watched)
	collector := tracestest.Start(t)
	e := newEchoes()
	between(t, s, e.between)
	data := filepath.Join(s.dir, "data")
	server, err := temporal.Start(t.Context(), temporal.Options{
		DataDir: data, FrontendAddr: "127.0.0.1:0", Namespace: "default", Retention: time.Hour, SearchAttributes: cases.SearchAttributes(),
	})
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	t.Setenv("TEMPORAL_ADDRESS", server.FrontendAddr())
	c, err := client.Dial(client.Options{HostPort: server.FrontendAddr(), Logger: quiet{}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	workers := startCrew(t, orders{Address: server.FrontendAddr(), Namespace: "default", Config: s.path, Debug: true})
	leak := &leaks{t: t, s: s, e: e, c: c, cases: cases.New(c, "default")}

	e.from(500, 3)
	leak.run(1, offboarding.Verified) // the vendors recover
	for i, code := range []int{401, 403, 400, 404, -1} {
		e.from(code, -1)
		leak.watch(2+i, func(offboarding.Case) bool { return e.everyone(s) })
	}
	e.from(0, 0)
	leak.rotate()
	leak.run(7, offboarding.NeedsDecision)

	marks := e.all(t, s)
	require.Greater(t, len(marks), 15, "tokens, minted tokens and the lines of a private key")
	require.Greater(t, e.count, 50)
	leak.places = append(leak.places, leak.histories()...)
	leak.places = append(leak.places, shown(t, workers, collector)...)
	workers.stop()
	leak.add("the workers' logs", []byte(workers.stderr()))
	messages, err := json.Marshal(s.firm.Slack.Messages())
	require.NoError(t, err)
	leak.add("the Slack channel", messages)
	server.Stop()
	leak.add("temporal's database", cells(t, filepath.Join(data, "temporal.db")))

	for _, p := range leak.places {
		require.Contains(t, string(p.content), cmp.Or(p.sign, "example.com"), "%s: the search finds what is there", p.name)
		for _, m := range marks {
			if i := bytes.Index(p.content, []byte(m)); i >= 0 {
				t.Errorf("%s holds a secret: …%q", p.name, p.content[max(0, i-120):min(len(p.content), i+len(m)+20)])
			}
		}
	}
	t.Logf("%d secrets searched for in %d places, after %d errors that told them", len(marks), len(leak.places), e.count)
}

// watched has a worker show and send all that operators can ask for.
const watched = "metrics: {listen: \":0\"}\ntraces: {enabled: true}\n"

// shown is what operators see of the worker: its metrics and its traces.
func shown(t testing.TB, c *crew, from *tracestest.Collector) []place {
	t.Helper()
	eventually(t, "the calls of each vendor are in a trace", func() bool {
		systems := map[string]bool{}
		for _, s := range from.Spans() {
			if s.Text("url.template") != "" {
				systems[s.Text("lastday.system")] = true
			}
		}
		return len(systems) == 4
	})
	_, page := look(t, "http://"+c.all("ready", "")[0].Metrics+"/metrics")
	values := regexp.MustCompile(`(?m) [-+.0-9e]+$`) // digits are in any long id too
	return []place{
		{name: "the metrics", content: values.ReplaceAll([]byte(page), nil), sign: `lastday_vendor_calls_total{operation="GET /api/v1/users/`},
		{name: "the traces", content: from.Raw(), sign: "RunActivity:okta.Contain", traces: true},
	}
}

// leaks collects the places while cases run.
type leaks struct {
	t      testing.TB
	s      *site
	e      *echoes
	c      client.Client
	cases  *cases.Client
	places []place
}

func (l *leaks) add(name string, content []byte) {
	l.places = append(l.places, place{name: name, content: content})
}

// run takes one of the staff through a case that ends or asks as it should.
func (l *leaks) run(n int, want offboarding.State) {
	l.watch(n, func(c offboarding.Case) bool {
		if c.State.Ended() && c.State != want {
			require.Equal(l.t, want, c.State, "%d: %s", n, c.Outcome)
		}
		return c.State == want
	})
}

// watch starts a case, waits for a condition, asks all that the command line
// can tell of it, and cancels what is left.
func (l *leaks) watch(n int, until func(offboarding.Case) bool) {
	l.t.Helper()
	who := member(l.s, n)
	started := offboard(l.t, l.cases, offboarding.Departure{Subject: who})
	eventually(l.t, fmt.Sprintf("case %d is as far as it should be", n), func() bool {
		now, err := l.cases.Get(l.t.Context(), who)
		return err == nil && until(now)
	})
	var said bytes.Buffer
	for _, args := range [][]string{
		{"status", string(who)},
		{"status", string(who), "-o", "json"},
		{"plan", string(who)},
		{"check", "-c", l.s.path, "-o", "json"},
	} {
		got := starter(l.t, args...)
		said.WriteString(got.out + got.err)
	}
	l.add(fmt.Sprintf("the command line's words on case %d", n), said.Bytes())
	d, err := l.c.DescribeWorkflowExecution(l.t.Context(), started.CaseID, "")
	require.NoError(l.t, err)
	b, err := proto.Marshal(d)
	require.NoError(l.t, err)
	l.add(fmt.Sprintf("the description of case %d", n), b)
	starter(l.t, "cancel", string(who), "--reason", "enough seen")
}

// rotate gives every credential a new value that no vendor takes, and that
// cannot even be read as a key.
func (l *leaks) rotate() {
	files, err := os.ReadDir(l.s.dir)
	require.NoError(l.t, err)
	for _, f := range files {
		if f.IsDir() || f.Name() == "lastday.yaml" {
			continue
		}
		value := "canary-" + f.Name() + "-b5e1d7c4a2"
		if strings.HasSuffix(f.Name(), ".pem") {
			value = "-----BEGIN RSA PRIVATE KEY-----\ncanarycanarycanaryb5e1d7c4a2\n-----END RSA PRIVATE KEY-----"
		}
		require.NoError(l.t, os.WriteFile(filepath.Join(l.s.dir, f.Name()), []byte(value), 0o600))
		for line := range strings.Lines(value) {
			if !strings.Contains(line, "-----") {
				l.e.mark(line)
			}
		}
	}
}

func (l *leaks) histories() []place {
	var out []place
	all, err := l.cases.List(l.t.Context(), 100)
	require.NoError(l.t, err)
	require.Len(l.t, all, 7)
	for _, one := range all {
		b, err := proto.Marshal(history(l.t, l.c, one.CaseID, one.RunID))
		require.NoError(l.t, err)
		out = append(out, place{name: "the history of " + one.CaseID, content: b})
	}
	return out
}

// cells reads every cell of every table: in the file itself a long one lies in
// pieces.
func cells(t testing.TB, path string) []byte {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	defer db.Close()
	var tables []string
	rows, err := db.Query("SELECT name FROM sqlite_master WHERE type = 'table'")
	require.NoError(t, err)
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		tables = append(tables, name)
	}
	require.NoError(t, rows.Err())
	var out bytes.Buffer
	for _, name := range tables {
		rows, err := db.Query(`SELECT * FROM "` + name + `"`)
		require.NoError(t, err, name)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			row := make([]sql.RawBytes, len(columns))
			to := make([]any, len(columns))
			for i := range row {
				to[i] = &row[i]
			}
			require.NoError(t, rows.Scan(to...))
			for _, cell := range row {
				out.Write(cell)
				out.WriteByte('\n')
			}
		}
		require.NoError(t, rows.Err())
	}
	return out.Bytes()
}
