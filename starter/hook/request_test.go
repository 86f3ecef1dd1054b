package hook_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/starter/hook"
)

func TestOnlySmallJSONIsTaken(t *testing.T) {
	good := told("leaves", "2026-12-31", 0)
	for why, c := range map[string]struct {
		spoil  func(*request)
		status int
	}{
		"too large":        {func(r *request) { r.body = `{"x":"` + strings.Repeat("x", 64<<10) + `"}` }, http.StatusRequestEntityTooLarge},
		"a form":           {func(r *request) { r.header["Content-Type"] = []string{"application/x-www-form-urlencoded"} }, http.StatusUnsupportedMediaType},
		"no type":          {func(r *request) { r.header["Content-Type"] = nil }, http.StatusUnsupportedMediaType},
		"another charset":  {func(r *request) { r.header["Content-Type"] = []string{"application/json; charset=latin1"} }, http.StatusUnsupportedMediaType},
		"packed":           {func(r *request) { r.header["Content-Encoding"] = []string{"gzip"} }, http.StatusUnsupportedMediaType},
		"GET":              {func(r *request) { r.method = http.MethodGet }, http.StatusMethodNotAllowed},
		"two values":       {func(r *request) { r.body = good + good }, http.StatusBadRequest},
		"something behind": {func(r *request) { r.body = good + "x" }, http.StatusBadRequest},
		"cut off":          {func(r *request) { r.body = good[:len(good)-1] }, http.StatusBadRequest},
		"empty":            {func(r *request) { r.body = "" }, http.StatusBadRequest},
		"a list":           {func(r *request) { r.body = "[" + good + "]" }, http.StatusBadRequest},
		"null":             {func(r *request) { r.body = "null" }, http.StatusBadRequest},
		"a key twice":      {func(r *request) { r.body = strings.Replace(good, "{", `{"email":"ceo@example.com",`, 1) }, http.StatusBadRequest},
		"a key twice, once in disguise": {func(r *request) {
			r.body = strings.Replace(good, "{", `{"\u0065mail":"ceo@example.com",`, 1)
		}, http.StatusBadRequest},
		"a key twice further in": {func(r *request) { r.body = strings.Replace(good, "{", `{"x":[{"a":1,"a":2}],`, 1) }, http.StatusBadRequest},
		"too deep": {func(r *request) {
			r.body = strings.Replace(good, "{", `{"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`,`, 1)
		}, http.StatusBadRequest},
		"not UTF-8":            {func(r *request) { r.body = strings.Replace(good, "{", "{\"x\":\"\xff\",", 1) }, http.StatusBadRequest},
		"a number without end": {func(r *request) { r.body = strings.Replace(good, "{", `{"x":99999999999999999999,`, 1) }, http.StatusBadRequest},
	} {
		t.Run(why, func(t *testing.T) {
			h := newHouse(t, plainMapping)
			r := h.request(good)
			c.spoil(r)
			s := h.send(r)
			require.Equal(t, c.status, s.status, s.text)
			require.NotEmpty(t, s.Error)
			require.Zero(t, h.temporal.calls)
			require.Contains(t, h.log.String(), fmt.Sprintf(`"status":%d`, c.status))
			require.NotContains(t, strings.ToLower(h.log.String()), "example.com")
		})
	}
}

func TestWithoutASignatureABadBodyIsNotEvenReadAsJSON(t *testing.T) {
	h := newHouse(t, plainMapping)
	r := h.request("{")
	r.keys = [][]byte{newKey}
	require.Equal(t, unauthorized, h.send(r).body())
}

func TestAMappingThatFailsSaysWhatToMend(t *testing.T) {
	for body, want := range map[string]string{
		`{}`: "mapping.what: no such key: what",
		`{"what":"leaves","last_day":"2026-12-31"}`:                                          "mapping.email: no such key: email",
		`{"what":"gone","email":"j@example.com","last_day":"2026-12-31"}`:                    `"gone" is not one of leaves, changed, withdrawn, rehired and stays`,
		`{"what":"leaves","email":"Jane","last_day":"2026-12-31"}`:                           "mapping.email: \"Jane\" is not a work e-mail address",
		`{"what":"leaves","email":"j@example.com","last_day":null}`:                          "mapping.last_day gives null where a text is expected",
		`{"what":"leaves","email":"j@example.com","last_day":20261231}`:                      "mapping.last_day gives int where a text is expected",
		`{"what":"leaves","email":"j@example.com","last_day":""}`:                            `mapping.last_day: "" is not a date`,
		`{"what":"leaves","email":"j@example.com","last_day":"31.12.2026"}`:                  "is not a date such as 2026-12-31",
		`{"what":"leaves","email":"j@example.com","last_day":"2026-02-30"}`:                  "is no date of the calendar",
		`{"what":"leaves","email":"j@example.com","last_day":"tomorrow"}`:                    "is not a date such as 2026-12-31",
		`{"what":"leaves","email":"j@example.com","last_day":"2026-12-31T17:00"}`:            "for a date and a time use mapping.at",
		`{"what":"leaves","email":"j@example.com","last_day":"9999-12-31"}`:                  "is the year right?",
		`{"what":["leaves"],"email":"j@example.com","last_day":"2026-12-31"}`:                "mapping.what gives list where a text is expected",
		`{"what":"leaves","email":"j@example.com, ceo@example.com","last_day":"2026-12-31"}`: "mapping.email",
	} {
		h := newHouse(t, plainMapping)
		s := h.send(h.request(body))
		require.Equal(t, http.StatusBadRequest, s.status, body)
		require.Contains(t, s.Error, want)
		require.Zero(t, h.temporal.calls, "nothing is started")
		require.Contains(t, h.log.String(), "the mapping fails")
		require.NotContains(t, h.log.String(), "example.com")
		h.send(h.request(body))
		require.Empty(t, h.temporal.marks, "the same event counts once the mapping is mended")
	}
}

func TestWhenTemporalIsDownNothingIsDoneAndTheSenderRepeats(t *testing.T) {
	for _, what := range []string{"leaves", "changed", "withdrawn", "rehired", "stays"} {
		h := newHouse(t, plainMapping)
		r := h.request(told(what, "2026-12-31", 0))
		h.temporal.down = true
		s := h.send(r)
		require.Equal(t, http.StatusServiceUnavailable, s.status, what)
		require.Equal(t, "60", s.header.Get("Retry-After"))
		require.Contains(t, s.Error, "send it again")
		require.Zero(t, h.temporal.starts)
		require.Empty(t, h.reports)
		require.NotContains(t, h.log.String(), "jane.doe")
		h.temporal.down = false
		require.NotEqual(t, hook.Repeated, h.outcome(h.send(r)), "%s: what failed was not taken for done", what)
	}
}

func TestTheBodyHasFiveSecondsAndTheConnectionIsClosed(t *testing.T) {
	for name, c := range map[string]struct {
		head   string
		status int
	}{
		"half a body":    {"Content-Type: application/json\r\nContent-Length: 100", http.StatusRequestTimeout},
		"far too long":   {"Content-Type: application/json\r\nContent-Length: 100000", http.StatusRequestEntityTooLarge},
		"no JSON at all": {"Content-Type: text/plain\r\nContent-Length: 100", http.StatusUnsupportedMediaType},
		"chunk by chunk": {"Content-Type: application/json\r\nTransfer-Encoding: chunked", http.StatusRequestTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, plainMapping)
			server := httptest.NewServer(h.handler)
			defer server.Close()
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			began := time.Now()
			require.NoError(t, conn.SetDeadline(began.Add(20*time.Second)))
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n1\r\n{\r\n", hook.Path, c.head)
			all, err := io.ReadAll(conn)
			require.NoError(t, err, "closed by the hook")
			require.Contains(t, string(all), fmt.Sprintf("HTTP/1.1 %d ", c.status))
			require.Less(t, time.Since(began), 10*time.Second)
			require.Zero(t, h.temporal.calls)
		})
	}
}
