package hook_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/secret"
	"lastday/starter/hook"
)

// unauthorized is all that a stranger learns.
var unauthorized = []byte("{\"error\":\"unauthorized\"}\n")

func TestWhatTheSourceDidNotSignIsRefusedAndSaysNothing(t *testing.T) {
	body := told("leaves", "2026-12-31", 0)
	for why, spoil := range map[string]func(*request){
		"another key":              func(r *request) { r.keys = [][]byte{newKey} },
		"an empty key":             func(r *request) { r.keys = [][]byte{{}} },
		"no signature":             func(r *request) { r.header["Webhook-Signature"] = nil },
		"no id":                    func(r *request) { r.header["Webhook-Id"] = nil },
		"no time":                  func(r *request) { r.header["Webhook-Timestamp"] = nil },
		"another body":             func(r *request) { r.header["Webhook-Signature"] = signatureOf(r, told("leaves", "2026-12-01", 0)) },
		"another id":               func(r *request) { r.header["Webhook-Id"] = []string{"msg_other"} },
		"another time":             func(r *request) { r.header["Webhook-Timestamp"] = []string{"1795204801"} },
		"a time that is no number": func(r *request) { r.header["Webhook-Timestamp"] = []string{"soon"} },
		"a version nobody knows": func(r *request) {
			r.header["Webhook-Signature"] = []string{"v9," + base64.StdEncoding.EncodeToString(key)}
		},
		"two ids":                   func(r *request) { r.header["Webhook-Id"] = []string{r.id, "msg_other"} },
		"an id with a full stop":    func(r *request) { r.id = "msg.1" },
		"an endless id":             func(r *request) { r.id = strings.Repeat("x", 201) },
		"six minutes old":           func(r *request) { r.at = r.at.Add(-6 * time.Minute) },
		"six minutes ahead":         func(r *request) { r.at = r.at.Add(6 * time.Minute) },
		"a source that is not":      func(r *request) { r.path = hook.Path + "/bamboohr" },
		"a source above the others": func(r *request) { r.path = hook.Path + "/../hr" },
	} {
		t.Run(why, func(t *testing.T) {
			h := newHouse(t, plainMapping)
			r := h.request(body)
			spoil(r)
			s := h.send(r)
			require.Equal(t, http.StatusUnauthorized, s.status)
			require.Equal(t, unauthorized, s.body())
			require.Zero(t, h.temporal.calls, "nothing was asked")
			require.Contains(t, h.log.String(), `"why":"`)
			require.NotContains(t, strings.ToLower(h.log.String()), "jane")
		})
	}
}

func signatureOf(r *request, body string) []string {
	other := *r
	other.body = body
	return other.sign().Header["Webhook-Signature"]
}

func TestBothKeysCountWhileOneIsReplaced(t *testing.T) {
	old, next := secretOf(t, whsec(key)), secretOf(t, base64.StdEncoding.EncodeToString(newKey))
	conf := hook.Config{Sources: []hook.Source{{Name: "workday", Secrets: []secret.Ref{old, next}, Mapping: mappingOf(t, plainMapping)}}}
	for name, keys := range map[string][][]byte{
		"old": {key}, "new": {newKey}, "both, as the specification has it": {newKey, key}, "one of a stranger first": {[]byte("somebody-else-entirely"), key},
	} {
		t.Run(name, func(t *testing.T) {
			h := houseOf(t, conf)
			r := h.request(told("leaves", "2026-12-31", 0))
			r.keys = keys
			require.Equal(t, hook.Started, h.outcome(h.send(r)))
		})
	}
	conf.Sources[0].Secrets = []secret.Ref{next}
	h := houseOf(t, conf)
	require.Equal(t, http.StatusUnauthorized, h.send(h.request(told("leaves", "2026-12-31", 0))).status, "the old key is gone")
}

func TestASecretThatCannotBeUsedLetsTheSenderRepeat(t *testing.T) {
	missing, err := secret.Parse("file:/nowhere/at/all")
	require.NoError(t, err)
	for name, ref := range map[string]secret.Ref{
		"missing": missing, "too short": secretOf(t, whsec([]byte("short"))), "not base64": secretOf(t, "whsec_%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"),
	} {
		t.Run(name, func(t *testing.T) {
			h := houseOf(t, hook.Config{Sources: []hook.Source{{Name: "workday", Secrets: []secret.Ref{ref}, Mapping: mappingOf(t, plainMapping)}}})
			s := h.send(h.request(told("leaves", "2026-12-31", 0)))
			require.Equal(t, http.StatusServiceUnavailable, s.status)
			require.NotEmpty(t, s.header.Get("Retry-After"))
			require.Zero(t, h.temporal.calls)
			require.NotContains(t, h.log.String(), "%%%")
			h.conf.Sources[0].Secrets = append(h.conf.Sources[0].Secrets, secretOf(t, whsec(key)))
			h.restart()
			require.Equal(t, hook.Started, h.outcome(h.send(h.request(told("leaves", "2026-12-31", 0)))), "the other one still counts")
		})
	}
}

func TestEachSourceHasItsOwnKey(t *testing.T) {
	h := houseOf(t, hook.Config{Sources: []hook.Source{
		{Name: "workday", Secrets: []secret.Ref{secretOf(t, whsec(key))}, Mapping: mappingOf(t, plainMapping)},
		{Name: "personio", Secrets: []secret.Ref{secretOf(t, whsec(newKey))}, Mapping: mappingOf(t, plainMapping)},
	}})
	r := h.request(told("leaves", "2026-12-31", 0))
	require.Equal(t, http.StatusUnauthorized, h.send(r).status, "which of the two?")
	r.path = hook.Path + "/personio"
	require.Equal(t, unauthorized, h.send(r).body(), "signed by workday, sent as personio")
	r.path = hook.Path + "/workday"
	require.Equal(t, hook.Started, h.outcome(h.send(r)))
	require.Equal(t, offboarding.Actor{Door: offboarding.DoorHook, ID: "workday", Name: "workday", Bot: true}, h.jane().Departure.RequestedBy)
}

func TestARepeatedRequestIsActedOnOnce(t *testing.T) {
	for name, later := range map[string]time.Duration{"at once": 0, "within five minutes": 4 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, plainMapping)
			first := h.request(told("leaves", "2026-12-31", 0))
			require.Equal(t, hook.Started, h.outcome(h.send(first)))
			require.Equal(t, hook.Moved, h.tell(told("changed", "2027-01-31", 0)))
			h.now = h.now.Add(later)
			h.restart()
			require.Equal(t, hook.Repeated, h.outcome(h.send(first)), "it would move the date back")
			require.Equal(t, "2027-01-31", h.jane().Due.Format(time.DateOnly))
			require.Equal(t, 1, h.temporal.starts)
		})
	}
	t.Run("recorded and sent again later", func(t *testing.T) {
		h := newHouse(t, plainMapping)
		first := h.request(told("leaves", "2026-12-31", 0))
		h.send(first)
		h.now = h.now.Add(time.Hour)
		require.Equal(t, unauthorized, h.send(first).body())
	})
	t.Run("repeated by the sender days later, signed anew", func(t *testing.T) {
		h := newHouse(t, plainMapping)
		first := h.request(told("withdrawn", "", 0))
		require.Equal(t, hook.Reported, h.outcome(h.send(first)))
		h.now = h.now.Add(72 * time.Hour)
		h.restart()
		require.Equal(t, hook.Started, h.tell(told("leaves", "2026-12-31", 0)))
		first.at = h.now
		require.Equal(t, hook.Repeated, h.outcome(h.send(first)), "it would cancel the case")
		require.Equal(t, offboarding.Waiting, h.jane().State)
		require.Len(t, h.reports, 1)
	})
}

func TestBambooHRSignsInItsOwnWay(t *testing.T) {
	conf := hook.Config{Sources: []hook.Source{{
		Name: "bamboohr", Signature: hook.BambooHR, Secrets: []secret.Ref{secretOf(t, string(key))}, Mapping: mappingOf(t, plainMapping),
	}}}
	body := told("leaves", "2026-12-31", 0)
	good := func(at string) *http.Request { return bambooRequest(hook.Path, body, at, key) }
	for _, at := range []string{"1795204800", "2026-11-20T20:00:00Z", "2026-11-20T20:00:00+0000", "2026-11-20T13:04:59-07:00"} {
		h := houseOf(t, conf)
		require.Equal(t, hook.Started, h.outcome(h.serve(good(at))), at)
		require.Equal(t, hook.Repeated, h.outcome(h.serve(good(at))), "it has no id of its own, so its signature is one")
		upper := good(at)
		upper.Header.Set("X-BambooHR-Signature", strings.ToUpper(upper.Header.Get("X-BambooHR-Signature")))
		require.Equal(t, hook.Repeated, h.outcome(h.serve(upper)), "written otherwise it is the same")
	}
	for why, req := range map[string]*http.Request{
		"another key": bambooRequest(hook.Path, body, "1795204800", newKey),
		"stale":       good("1795204400"),
		"ahead":       good("1795205200"),
		"no time":     good("eventually"),
		"standard":    (&request{path: hook.Path, id: "msg_1", body: body, at: friday, keys: [][]byte{key}, method: http.MethodPost}).sign(),
		"not hex":     func() *http.Request { r := good("1795204800"); r.Header.Set("X-BambooHR-Signature", "zz"); return r }(),
		"time exchanged": func() *http.Request {
			r := good("1795204800")
			r.Header.Set("X-BambooHR-Timestamp", "1795204801")
			return r
		}(),
	} {
		h := houseOf(t, conf)
		s := h.serve(req)
		require.Equal(t, unauthorized, s.body(), why)
		require.Zero(t, h.temporal.calls, why)
	}
	t.Run("digits moved from the time into the body make no body", func(t *testing.T) {
		h := houseOf(t, conf)
		moved := bambooRequest(hook.Path, body, "1795204800", key)
		shifted := bambooRequest(hook.Path, body+"1", "795204800", key)
		require.Equal(t, moved.Header.Get("X-BambooHR-Signature"), shifted.Header.Get("X-BambooHR-Signature"))
		require.Equal(t, http.StatusUnauthorized, h.serve(shifted).status)
		h.now = time.Unix(795204800, 0)
		require.Equal(t, http.StatusBadRequest, h.serve(bambooRequest(hook.Path, body+"1", "795204800", key)).status)
		require.Zero(t, h.temporal.calls)
	})
}
