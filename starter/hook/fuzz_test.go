package hook_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/secret"
	"lastday/starter/hook"
)

// FuzzHookBody sends any body with any headers: nothing without the source's
// signature reaches Temporal, and what is signed is one good JSON object, names
// a real person, and is answered in bounded time.
func FuzzHookBody(f *testing.F) {
	for _, system := range []string{"bamboohr", "personio", "workday"} {
		files, err := filepath.Glob(filepath.Join("testdata", system, "*.json"))
		require.NoError(f, err)
		for _, file := range files {
			b, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(b, "", "msg_1", "application/json", true)
		}
	}
	good := told("leaves", "2026-12-31", 1)
	for _, body := range []string{
		good, good + good, "[" + good + "]", strings.Repeat("[", 5000), `{"what":"leaves","what":"stays"}`, "{\"\xff\":1}", "null", "", "{",
		`{"what":"leaves","email":"j@example.com","last_day":"0000-00-00"}`, `{"what":"leaves","email":"j@example.com","last_day":"9999-12-31"}`,
		`{"what":"withdrawn","email":"\u202ej@example.com"}`, `{"a":1e999}`, `{"a":-0}`, `{"a":"\ud800"}`, told("rehired", "", 3), told("stays", "", 2),
	} {
		f.Add([]byte(body), "", "msg_1", "application/json", true)
		f.Add([]byte(body), "v1,AAAA v1, v1,,,", "msg.1", "application/json;charset=UTF-8", false)
	}
	h := houseOf(f, hook.Config{Sources: []hook.Source{
		{Name: "workday", Secrets: []secret.Ref{secretOf(f, whsec(key)), secretOf(f, whsec(newKey))}, Mapping: mappingOf(f, orderedMapping)},
	}})
	f.Fuzz(func(t *testing.T, body []byte, signature, id, kind string, signed bool) {
		h.t = t
		h.temporal.forget()
		h.log.Reset()
		r := request{path: hook.Path, id: id, body: string(body), at: h.now, method: http.MethodPost, header: http.Header{"Content-Type": {kind}}}
		if signed {
			r.keys = [][]byte{key}
		} else {
			r.header["Webhook-Signature"] = []string{signature}
		}
		req := r.sign()
		began := time.Now()
		s := h.serve(req)
		require.Less(t, time.Since(began), 5*time.Second)
		if !byKey(req.Header, body) {
			require.Zero(t, h.temporal.calls, "nothing is asked for a stranger")
			require.GreaterOrEqual(t, s.status, 400)
		}
		if s.status == http.StatusAccepted {
			require.True(t, json.Valid(body))
			require.LessOrEqual(t, len(body), 64<<10)
		} else {
			require.Zero(t, h.temporal.starts+h.temporal.moves)
			require.Contains(t, []int{400, 401, 413, 415}, s.status)
		}
		for _, d := range h.temporal.departs {
			who, err := offboarding.ParseSubject(string(d.Subject))
			require.NoError(t, err)
			require.Equal(t, who, d.Subject)
			require.NoError(t, d.Check(h.now))
			require.True(t, d.RequestedBy.Bot)
			require.NotContains(t, h.log.String(), string(d.Subject))
		}
	})
}

// byKey asks the library, not the hook, whether one of our keys signed it.
func byKey(h http.Header, body []byte) bool {
	for _, k := range [][]byte{key, newKey} {
		w, err := standardwebhooks.NewWebhookRaw(k)
		if err == nil && w.VerifyIgnoringTimestamp(body, h) == nil {
			return true
		}
	}
	return false
}

// FuzzMapping compiles any expressions, and runs those that compile: neither
// panics, both end in bounded time, and whatever they give is checked.
func FuzzMapping(f *testing.F) {
	text, err := os.ReadFile(filepath.Join("testdata", "workday", "several.json"))
	require.NoError(f, err)
	body := string(text)
	f.Add("event.what", "event.email", "event.last_day", "", good)
	f.Add("'leaves'", "'Jane.Doe@example.com'", "'2026-12-31'", "[1, 2, 3]", body)
	f.Add("event.?a.?b.orValue('leaves')", "item.primaryWorkEmail", "item.Last_Day_of_Work", "event.Report_Entry", body)
	f.Add("event.l.map(x, event.l.map(y, string(x) + string(y))).size() > 0 ? 'leaves' : ''", "'a@b.c'", "'2026-12-31'", "event.l", `{"l":[1,2,3,4,5,6,7,8,9]}`)
	f.Add("string(timestamp('2026-12-31T00:00:00Z'))", "b'\\xff'", "dyn(1)", "{'a': 1}", `{}`)
	f.Add("'leaves'.replace('', 'leaves').replace('', 'leaves').replace('', 'leaves')", "''", "''", "", `{}`)
	f.Add("event.s.matches('(a+)+$') ? 'x' : 'y'", "event.s", "event.s", "", `{"s":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"}`)
	f.Add("1 / 0 == 0 ? '' : ''", "[][0]", "9223372036854775807 + 1 == 0 ? '' : ''", "", `{}`)
	ref := secretOf(f, whsec(key))
	f.Fuzz(func(t *testing.T, what, email, lastDay, each, body string) {
		c := hook.Config{Sources: []hook.Source{{
			Name: "workday", Secrets: []secret.Ref{ref},
			Mapping: hook.Mapping{Each: each, What: what, Email: email, LastDay: lastDay, Zone: "'UTC'"},
		}}}
		began := time.Now()
		desk := newTemporal()
		handler, err := hook.New(c, desk, func() time.Time { return friday }, hook.WithLog(slog.New(slog.DiscardHandler)))
		require.Less(t, time.Since(began), 5*time.Second)
		if err != nil {
			require.Contains(t, err.Error(), "hooks.sources.workday.mapping")
			return
		}
		h := &house{t: t, temporal: desk, handler: handler, now: friday}
		began = time.Now()
		s := h.send(h.request(body))
		require.Less(t, time.Since(began), 10*time.Second)
		require.Contains(t, []int{202, 400, 413}, s.status)
		for _, d := range desk.departs {
			require.NoError(t, d.Check(friday))
		}
	})
}

const good = `{"what":"leaves","email":"jane.doe@example.com","last_day":"2026-12-31"}`
