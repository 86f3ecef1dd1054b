package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"lastday/activities/transport"
	"lastday/codec"
	"lastday/offboarding"
	"lastday/standalone/house"
	"lastday/standalone/temporal"
	"lastday/starter/cases"
	"lastday/traces"
	"lastday/traces/tracestest"
)

// heard is every text that the vendors answered with.
type heard struct {
	mu    sync.Mutex
	texts map[string]bool
	rooms map[string]int  // in which something was written in Slack
	ids   map[string]bool // of calls, which stand in traces
}

// between keeps what a vendor answers, and lets errors of e happen.
func (h *heard) between(e *echoes) func(string, http.Handler) http.Handler {
	return func(system string, proxy http.Handler) http.Handler {
		return e.between(system, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if system == "slack" && strings.HasPrefix(path.Base(r.URL.Path), "chat.") {
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
				h.mu.Lock()
				h.rooms[room(body)]++
				h.mu.Unlock()
			}
			rec := httptest.NewRecorder()
			proxy.ServeHTTP(rec, r)
			var v any
			h.mu.Lock()
			h.ids[transport.RequestID(rec.Header())] = true
			if json.Unmarshal(rec.Body.Bytes(), &v) == nil {
				leaves(v, h.texts)
			}
			h.mu.Unlock()
			maps.Copy(w.Header(), rec.Header())
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		}))
	}
}

// room is the channel that a call to Slack writes to.
func room(body []byte) string {
	var message struct{ Channel string }
	if json.Unmarshal(body, &message) == nil {
		return message.Channel
	}
	form, _ := parseForm(body)
	return form["channel"]
}

// leaves collects the texts of a JSON value that are long enough to be told from
// any others.
func leaves(v any, into map[string]bool) {
	switch v := v.(type) {
	case string:
		if _, err := time.Parse(time.RFC3339, v); err != nil && len(v) >= 10 {
			into[v] = true
		}
	case []any:
		for _, e := range v {
			leaves(e, into)
		}
	case map[string]any:
		for _, e := range v {
			leaves(e, into)
		}
	}
}

// common are texts of vendors that are Lastday's or Temporal's own words too.
func common(s string) bool {
	return slices.Contains([]string{"oauth-tokens", "access-tokens", "plain_text", "organization", "lastday_case"}, strings.ToLower(s))
}

// sealedSite has a keyset, made by the command, and hides names too.
func sealedSite(t testing.TB, staff int) *site {
	t.Helper()
	s := newSite(t, staff)
	starter(t, "encryption", "keys", "--dir", filepath.Join(s.dir, "keys")).ok(t)
	return s.append(t, fmt.Sprintf("encryption:\n  keyset: file:%s\n  opaque: true\n", filepath.Join(s.dir, "keys", codec.FileName)))
}

// dialSealed is a client as the site's configuration has it.
func dialSealed(t testing.TB, s *site, address string, with ...func(*client.Options)) (client.Client, *codec.Codec) {
	t.Helper()
	k, err := codec.Open(s.config(t).Encryption)
	require.NoError(t, err)
	o := client.Options{HostPort: address, Logger: quiet{}}
	k.Apply(&o)
	for _, apply := range with {
		apply(&o)
	}
	c, err := client.Dial(o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	require.NoError(t, k.Agree(t.Context(), c.WorkflowService(), house.Namespace))
	return c, k
}

// marked is a departure with a mark in every field that takes a text.
func marked(who offboarding.Subject) offboarding.Departure {
	return offboarding.Departure{
		Subject: who, Reason: "canary-reason", Partner: "canary-partner", Note: "canary-note", Successor: "canary.successor@example.com",
		RequestedBy: offboarding.Actor{
			Door: offboarding.DoorCommand, ID: "canary-id", Email: "canary.asker@example.com", Name: "canary-asker", Groups: []string{"canary:group"},
		},
		RequestID: "canary-request",
	}
}

// unmarked are the fields of texts that have no mark.
func unmarked(v reflect.Value, name string) []string {
	var out []string
	switch v.Kind() { //nolint:exhaustive // no text in the others
	case reflect.String:
		if !strings.Contains(v.String(), "anary") {
			out = append(out, name)
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = append(out, unmarked(v.Index(i), name)...)
		}
		if v.Len() == 0 {
			out = append(out, name)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				out = append(out, unmarked(v.Field(i), strings.TrimPrefix(name+"."+f.Name, "."))...)
			}
		}
	}
	return out
}

// Whoever adds a field to a departure marks it, so that it is searched for. These
// take only a few words; the source of a word is marked where story tells one.
func TestEveryTextOfADepartureIsMarked(t *testing.T) {
	require.Equal(t, []string{"Zone", "Kind", "RequestedBy.Door", "Word.Source"}, unmarked(reflect.ValueOf(marked("canary.person@example.com")), ""))
}

func TestTemporalAndTheLogsLearnNobodysName(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	s := sealedSite(t, 6).append(t, "case:\n  patience: 1s\n  deadline: 1m\npolicy:\n  brake:\n    per_hour: 20\n"+watched)
	collector := tracestest.Start(t)
	e, h := newEchoes(), &heard{texts: map[string]bool{}, rooms: map[string]int{}, ids: map[string]bool{}}
	between(t, s, h.between(e))
	data := filepath.Join(s.dir, "data")
	var serverLog bytes.Buffer
	server, err := temporal.Start(t.Context(), temporal.Options{
		DataDir: data, FrontendAddr: "127.0.0.1:0", Namespace: house.Namespace, Retention: time.Hour, SearchAttributes: cases.SearchAttributes(),
		Log: slog.New(slog.NewTextHandler(&serverLog, &slog.HandlerOptions{Level: slog.LevelDebug})), LogLevel: slog.LevelDebug,
	})
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	traced, err := traces.Open(t.Context(), s.config(t).Traces, "lastday-starter", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(traced.Stop)
	c, k := dialSealed(t, s, server.FrontendAddr(), traced.Apply)
	desk := cases.New(c, house.Namespace, cases.Sealed(k))
	workers := startCrew(t, orders{Address: server.FrontendAddr(), Namespace: house.Namespace, Config: s.path, Debug: true, Discreet: true})

	seen := story(t, s, e, desk, c, k)
	watchers := shown(t, workers, collector)
	workers.stop()
	server.Stop()

	marks := allMarks(t, s, h, seen)
	files, err := filepath.Glob(filepath.Join(data, "*"))
	require.NoError(t, err)
	places := []place{
		{name: "the workers' logs", content: []byte(workers.stderr())},
		{name: "the server's log", content: serverLog.Bytes()},
		{name: "the rows of temporal's database", content: cells(t, filepath.Join(data, "temporal.db"))},
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		places = append(places, place{name: file, content: b})
	}
	hidden := k.Hide("subject", string(jane))
	for i, want := range []string{offboarding.CaseTag("offboard:" + hidden), hidden, hidden} {
		require.Contains(t, string(places[i].content), want, "%s: the search finds what is there", places[i].name)
	}
	for _, w := range watchers {
		require.Contains(t, string(w.content), w.sign, "%s: the search finds what is there", w.name)
	}
	require.Contains(t, string(watchers[1].content), offboarding.CaseTag("offboard:"+hidden), "a trace has its case's tag")
	places = append(places, watchers...)
	require.Equal(t, []string{s.config(t).Systems.Slack.Channel}, slices.Sorted(maps.Keys(h.rooms)), "nothing is written elsewhere in Slack")
	for _, p := range places {
		lower := bytes.ToLower(p.content)
		for _, m := range marks {
			if i := bytes.Index(lower, bytes.ToLower([]byte(m))); i >= 0 && (!p.traces || !h.ids[m]) {
				t.Errorf("%s holds %q: …%q", p.name, m, p.content[max(0, i-150):min(len(p.content), i+len(m)+40)])
			}
		}
	}
	t.Logf("%d marks searched for in %d places, after %d errors that told them", len(marks), len(places), e.count)
}

// story takes people through everything that leaves a trace in Temporal, and
// returns all that was said of them.
func story(t testing.TB, s *site, e *echoes, desk *cases.Client, c client.Client, k *codec.Codec) []any {
	t.Helper()
	ctx := t.Context()
	by := marked(jane).RequestedBy
	plan, err := desk.Plan(ctx, jane)
	require.NoError(t, err)

	e.from(500, 2) // and what a vendor's error says
	end := ended(t, desk, offboard(t, desk, marked(jane)).CaseID)
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	require.Equal(t, jane.CaseID(), end.ID)
	require.Empty(t, s.firm.Holds(string(jane)))

	// A second case of hers is found beside the first.
	again, err := desk.Offboard(ctx, marked(jane), true)
	require.NoError(t, err)
	require.Equal(t, jane.CaseID()+"#2", again.CaseID)
	ended(t, desk, again.CaseID)

	// One that waits is moved by a person and by an HR system, and withdrawn.
	later := marked(member(s, 1))
	later.At = time.Now().Add(48 * time.Hour)
	offboard(t, desk, later)
	eventually(t, "it waits", func() bool {
		now, err := desk.Get(ctx, later.Subject)
		return err == nil && now.State == offboarding.Waiting
	})
	_, err = desk.Reschedule(cases.Once(ctx, "canary-once"), later.Subject, time.Now().Add(72*time.Hour), "Europe/Berlin", by)
	require.NoError(t, err)
	word := offboarding.Word{Source: "canary-source", At: time.Now().Add(96 * time.Hour)}
	_, err = desk.Told(ctx, later.Subject, word, "Europe/Berlin", by, "canary-event")
	require.NoError(t, err)
	require.NoError(t, desk.MarkHandled(ctx, "canary-source/canary-event", "canary-source", "moved canary-outcome"))
	handled, err := desk.Handled(ctx, "canary-source/canary-event")
	require.NoError(t, err)
	require.True(t, handled)
	_, err = desk.Cancel(ctx, later.Subject, "canary-cancel", by)
	require.NoError(t, err)

	// One that needs a person, and is waived.
	e.from(403, 1)
	stuck := member(s, 2)
	asks := ended(t, desk, offboard(t, desk, marked(stuck)).CaseID)
	require.Equal(t, offboarding.NeedsDecision, asks.State)
	e.from(0, 0)
	for _, n := range asks.Needs() {
		_, err = desk.Decide(ctx, stuck, offboarding.Decision{Verb: offboarding.Waive, System: n.System, Class: n.Class, Reason: "canary-waive", By: by, Until: time.Now().Add(time.Hour)})
		require.NoError(t, err)
	}
	ended(t, desk, asks.ID)

	_, err = desk.Freeze(ctx, by, "canary-freeze")
	require.NoError(t, err)
	for _, who := range []string{"canary.one@example.com", "canary.two@example.com"} {
		_, err = desk.Unfreeze(ctx, offboarding.Named(offboarding.DoorCommand, who), "canary-thaw")
		require.NoError(t, err)
	}
	require.NoError(t, desk.KeepRefusal(ctx, stuck, offboarding.Refusal{By: by, Action: "canary-action", Rule: "canary-rule", At: time.Now()}))

	all, err := desk.List(ctx, 100)
	require.NoError(t, err)
	listed := map[string]cases.Summary{}
	for _, one := range all {
		listed[one.CaseID] = one
	}
	require.Equal(t, jane, listed[again.CaseID].Subject, "whoever has the key sees names in the list")
	require.Equal(t, "canary-partner", listed[again.CaseID].Partner)

	id := desk.WorkflowID(end.ID)
	require.NotContains(t, id, "jane")
	raw := history(t, c, id, end.RunID)
	input := raw.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetInput()
	var d offboarding.Departure
	require.Error(t, converter.GetDefaultDataConverter().FromPayloads(input, &d))
	require.NoError(t, k.Converter().FromPayloads(input, &d))
	require.Equal(t, "canary-note", d.Note)
	return []any{plan, end, asks}
}

// allMarks are the marks of the requests, what the vendors answered, and what the
// cases say of people, accounts and what they held.
func allMarks(t testing.TB, s *site, h *heard, seen []any) []string {
	t.Helper()
	all := map[string]bool{"canary": true, "jane": true, "hr@example.com": true}
	for n := range 3 {
		p := s.firm.Staff[n]
		for _, text := range []string{p.Email, p.GitHubLogin, p.Name()} {
			all[text] = true
		}
	}
	for _, v := range seen {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		var c struct {
			Departure any
			Outcome   any
			Systems   []struct{ Account, Residuals any }
		}
		require.NoError(t, json.Unmarshal(b, &c))
		leaves(c.Departure, all)
		leaves(c.Outcome, all)
		for _, sys := range c.Systems {
			leaves(sys.Account, all)
			leaves(sys.Residuals, all)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	require.Greater(t, len(h.texts), 100, "what the vendors answered")
	maps.Copy(all, h.texts)
	maps.DeleteFunc(all, func(m string, _ bool) bool { return common(m) })
	return slices.Sorted(maps.Keys(all))
}
