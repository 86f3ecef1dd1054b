package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities/transport"
	"lastday/secret"
)

var allow = []string{"GET /users/{id}", "GET /users", "DELETE /users/{id}/sessions", "POST /users/{id}/suspend"}

// vendor is a server that counts its calls, and a client to it.
func vendor(t *testing.T, answer http.HandlerFunc, change func(*transport.Options)) (*http.Client, string, *atomic.Int32) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	o := transport.Options{System: "toy", Base: server.URL + "/api", Allow: allow, Timeout: 5 * time.Second}
	if change != nil {
		change(&o)
	}
	client, err := transport.Client(o)
	require.NoError(t, err)
	return client, server.URL, &calls
}

func call(t *testing.T, client *http.Client, method, url string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	resp, err := client.Do(req)
	if err == nil {
		t.Cleanup(func() { resp.Body.Close() })
	}
	return resp, err
}

func good(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"ok":true}`)
}

func TestOnlyCallsOnTheListAreSent(t *testing.T) {
	client, base, calls := vendor(t, good, nil)
	for _, ok := range []string{"GET /api/users/7", "GET /api/users", "DELETE /api/users/a@b.c/sessions", "GET /api/users/7?x=/../y", "GET /api/users/a%20b", "GET /api/users/..."} {
		method, path, _ := strings.Cut(ok, " ")
		_, err := call(t, client, method, base+path)
		require.NoError(t, err, ok)
	}
	sent := calls.Load()
	for _, bad := range []string{
		"POST /api/users/7", "PATCH /api/users/7", "GET /api/user", "GET /api/users/", "GET /api/users/7/", "GET /api/users/7/sessions",
		"DELETE /api/users//sessions", "DELETE /api/users/./sessions", "DELETE /api/users/../sessions", "DELETE /api/users/%2e%2e/sessions",
		"DELETE /api/users/.%2E/sessions", "DELETE /api/users/7%2fadmin/sessions", "DELETE /api/users/7%2F..%2F8/sessions", "GET /api/users/7%5c8", "GET /api/users/%00",
		"GET /api/../users/7", "GET /api/x/../users/7", "GET //api/users/7", "GET /users/7", "GET /apiusers/7", "GET /apix/users/7", "GET /API/users/7", "GET /",
	} {
		method, path, _ := strings.Cut(bad, " ")
		_, err := call(t, client, method, base+path)
		require.True(t, transport.IsKind(err, transport.Identity), "%s: %v", bad, err)
	}
	require.Equal(t, sent, calls.Load(), "what is not on the list is not sent")
}

func TestNoOtherHostIsCalled(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host was called") }))
	t.Cleanup(other.Close)
	client, base, _ := vendor(t, good, nil)
	for _, url := range []string{
		other.URL + "/api/users/7", strings.Replace(base, "http:", "https:", 1) + "/api/users/7",
		strings.Replace(base, "127.0.0.1", "localhost", 1) + "/api/users/7", "http://169.254.169.254/api/users/7",
	} {
		_, err := call(t, client, http.MethodGet, url)
		require.True(t, transport.IsKind(err, transport.Identity), "%s: %v", url, err)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{other.URL + "/api/users/7", "/api/users/8", "http://169.254.169.254/"} {
			client, base, calls := vendor(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) }, nil)
			_, err := call(t, client, http.MethodGet, base+"/api/users/7")
			require.True(t, transport.IsKind(err, transport.Invalid), "%v", err)
			require.Equal(t, int32(1), calls.Load())
		}
	}
}

// The pool here is another place's, so that the vendor's address is none of its.
func TestAVendorInsideIsRefusedAndAPersonIsTold(t *testing.T) {
	pool, err := transport.Connections(transport.Options{System: "toy", Base: "https://vendor.example"})
	require.NoError(t, err)
	client, base, calls := vendor(t, good, func(o *transport.Options) { o.Next = pool })
	_, err = call(t, client, http.MethodGet, base+"/api/users/7")
	require.True(t, transport.IsKind(err, transport.Refused), "%v", err)
	require.ErrorContains(t, err, "127.0.0.1 is this machine itself, and was not called")
	require.ErrorContains(t, err, "add the address or its network to systems.toy.private_addresses")
	require.Zero(t, calls.Load())
}

func TestAnAnswerThatMakesNoSenseIsInvalid(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"HTML": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<h1>Sign in</h1>")
		},
		"HTML that says it is JSON": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, "<!doctype html>")
		},
		"nothing":     func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "application/json") },
		"white space": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, " \n ") },
		"too much": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.CopyN(w, zeros{}, 16<<20+1)
		},
		"a part": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"ok":`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, base, calls := vendor(t, answer, nil)
			_, err := call(t, client, http.MethodGet, base+"/api/users/7")
			require.True(t, transport.IsKind(err, transport.Invalid), "%v", err)
			require.Equal(t, int32(1), calls.Load(), "the transport never repeats a call")
			require.NotContains(t, err.Error(), "Sign in", "no page in an error")
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestAWriteMayAnswerWithNothing(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusAccepted, http.StatusNoContent} {
		client, base, _ := vendor(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }, nil)
		_, err := call(t, client, http.MethodDelete, base+"/api/users/7/sessions")
		require.NoError(t, err, status)
	}
}

func TestAConnectionThatIsCutIsUnavailableAndNotAnEOF(t *testing.T) {
	client, base, calls := vendor(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}, nil)
	_, err := call(t, client, http.MethodDelete, base+"/api/users/7/sessions")
	require.True(t, transport.IsKind(err, transport.Unavailable), "%v", err)
	require.NotErrorIs(t, err, io.EOF, "an EOF makes an SDK repeat the call for ever")
	require.Equal(t, int32(1), calls.Load())
}

func TestAVendorThatDoesNotAnswerIsGivenUp(t *testing.T) {
	client, base, _ := vendor(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, func(o *transport.Options) { o.Timeout = 50 * time.Millisecond })
	_, err := call(t, client, http.MethodGet, base+"/api/users/7")
	require.True(t, transport.IsKind(transport.Classify("toy", "GET", err), transport.Unavailable), "%v", err)
}

func TestAStatusBecomesAKind(t *testing.T) {
	for status, kind := range map[int]transport.Kind{
		401: transport.Unauthorized, 429: transport.Limited, 500: transport.Unavailable, 502: transport.Unavailable, 503: transport.Unavailable, 504: transport.Unavailable,
	} {
		client, base, _ := vendor(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", "r-1")
			w.WriteHeader(status)
			fmt.Fprint(w, `{"error":"because"}`)
		}, nil)
		_, err := call(t, client, http.MethodGet, base+"/api/users/7")
		var e *transport.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, kind, e.Kind)
		require.Equal(t, status, e.Status)
		require.Equal(t, "GET /users/{id}", e.Op)
		require.Equal(t, "r-1", e.RequestID)
	}
	for _, status := range []int{400, 403, 404, 409, 422} {
		client, base, _ := vendor(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }, nil)
		resp, err := call(t, client, http.MethodGet, base+"/api/users/7")
		require.NoError(t, err, "what %d means is the connector's to say", status)
		require.Equal(t, status, resp.StatusCode)
	}
}

func TestTheVendorsDelayIsRead(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "0": 0, "-7": 0, "soon": 0, "7.5": 0, "999999999999999999999": 0,
		"2147483647": 2147483647 * time.Second, "99999999999": 0,
		now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0,
		"Mon, 23 Nov 9999 12:00:00 GMT": 292 * 365 * 24 * time.Hour,
	} {
		got := transport.RetryAfter(http.Header{"Retry-After": {value}}, now)
		if want > 100*365*24*time.Hour {
			require.Greater(t, got, want-2*365*24*time.Hour, "no overflow")
			continue
		}
		require.Equal(t, want, got, "%q", value)
	}
}

func TestALimitOfTheVendorsOwnShapeIsALimit(t *testing.T) {
	limit := func(r *http.Response, body []byte) (time.Duration, bool) {
		return 9 * time.Second, r.StatusCode == http.StatusForbidden && strings.Contains(string(body), "secondary")
	}
	for body, kind := range map[string]transport.Kind{`{"message":"secondary rate limit"}`: transport.Limited, `{"message":"no"}`: ""} {
		client, base, _ := vendor(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, body)
		}, func(o *transport.Options) { o.Limit = limit })
		resp, err := call(t, client, http.MethodGet, base+"/api/users/7")
		if kind == "" {
			require.NoError(t, err)
			got, _ := io.ReadAll(resp.Body)
			require.Equal(t, body, string(got), "the body can still be read")
			continue
		}
		var e *transport.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, kind, e.Kind)
		require.Equal(t, 9*time.Second, e.RetryAfter)
	}
}

func TestTheCredentialIsAddedToACloneAndNotToAForeignCall(t *testing.T) {
	const canary = "canary-credential-1"
	secret.Remember(canary)
	var authorized int
	client, base, _ := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != canary {
			t.Error("no credential")
		}
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, "no such token: "+canary)
	}, func(o *transport.Options) {
		o.Authorize = func(r *http.Request) error {
			authorized++
			r.Header.Set("Authorization", canary)
			return nil
		}
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/users/7", nil)
	require.NoError(t, err)
	resp, err := client.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	require.Empty(t, req.Header.Get("Authorization"))
	require.ErrorContains(t, err, secret.Mask)
	require.NotContains(t, err.Error(), canary)
	_, err = call(t, client, http.MethodGet, base+"/elsewhere")
	require.Error(t, err)
	require.Equal(t, 1, authorized)
}

func TestACredentialThatCannotBeReadAsksAPerson(t *testing.T) {
	client, base, calls := vendor(t, good, func(o *transport.Options) {
		o.Authorize = func(*http.Request) error { return errors.New("the file is empty") }
	})
	_, err := call(t, client, http.MethodGet, base+"/api/users/7")
	require.True(t, transport.IsKind(err, transport.Unauthorized))
	require.ErrorContains(t, err, "the file is empty")
	require.Zero(t, calls.Load())
}

func TestABaseURLIsCheckedBeforeAnyCall(t *testing.T) {
	for _, ok := range []string{"https://example.okta.com", "https://ghe.example.com/api/v3", "http://127.0.0.1:9001", "http://localhost:1", "http://[::1]:1"} {
		_, err := transport.CheckBase(ok, false)
		require.NoError(t, err, ok)
	}
	for _, bad := range []string{
		"", "example.okta.com", "/api", "ftp://example.com", "http://example.com", "http://127.0.0.1.example.com", "http://localhost.example.com",
		"https://user:pw@example.com", "https://example.com?x=y", "https://example.com#x", "https://", "http://10.0.0.1", "://x",
	} {
		_, err := transport.CheckBase(bad, false)
		require.Error(t, err, bad)
		require.NotContains(t, err.Error(), "pw@")
	}
	_, err := transport.CheckBase("http://example.com", true)
	require.NoError(t, err)
	_, err = transport.Client(transport.Options{System: "toy", Base: "https://example.com", Allow: []string{"GET"}})
	require.ErrorContains(t, err, "METHOD /path")
}

func TestWhatAnSDKReturnsIsClassified(t *testing.T) {
	known := &transport.Error{Kind: transport.Refused, System: "toy", Op: "call"}
	var shape struct{ N int }
	for name, c := range map[string]struct {
		err  error
		kind transport.Kind
	}{
		"known, deep":   {fmt.Errorf("sdk: %w", fmt.Errorf("http: %w", known)), transport.Refused},
		"broken JSON":   {fmt.Errorf("decode: %w", json.Unmarshal([]byte(`{"a":`), &shape)), transport.Invalid},
		"another shape": {json.Unmarshal([]byte(`{"N":"x"}`), &shape), transport.Invalid},
		"a short body":  {io.ErrUnexpectedEOF, transport.Invalid},
		"too late":      {context.DeadlineExceeded, transport.Unavailable},
		"cancelled":     {context.Canceled, transport.Unavailable},
		"no network":    {&net.OpError{Op: "dial", Err: errors.New("refused")}, transport.Unavailable},
		"anything":      {errors.New("x"), transport.Unavailable},
	} {
		got := transport.Classify("toy", "do", c.err)
		require.True(t, transport.IsKind(got, c.kind), "%s: %v", name, got)
	}
	require.NoError(t, transport.Classify("toy", "do", nil))
	require.ErrorIs(t, transport.Classify("toy", "do", context.Canceled), context.Canceled)
	require.False(t, transport.IsKind(nil, transport.Invalid))
}
