package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/sandbox/faults"
)

// counter is a vendor that holds one number: POST adds one, GET tells it.
type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) Snapshot() any { return c.n }

func (c *counter) Restore(s any) { c.n = s.(int) }

func (c *counter) WriteError(w http.ResponseWriter, status int, retryAfter string) {
	if retryAfter != "" {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.WriteHeader(status)
	fmt.Fprint(w, `{"vendor":"shape"}`)
}

func newVendor(t *testing.T) (*counter, *faults.Injector, string) {
	c := &counter{}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"number": %d}`, c.n)
	}
	mux.HandleFunc("GET /n/{id}", func(w http.ResponseWriter, _ *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		answer(w)
	})
	mux.HandleFunc("POST /n/{id}", func(w http.ResponseWriter, _ *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.n++
		answer(w)
	})
	in := faults.New(mux, c)
	server := httptest.NewServer(in)
	t.Cleanup(server.Close)
	return c, in, server.URL
}

type answer struct {
	status int
	body   string
	header http.Header
	err    error
}

func ask(t *testing.T, method, url, body string, limit time.Duration) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(b), resp.Header, err}
}

func TestEachFaultDoesWhatItsNameSays(t *testing.T) {
	for kind, want := range map[faults.Kind]struct {
		status int
		body   string
		n      int // what the vendor holds after one POST
	}{
		faults.Limit:        {429, `{"vendor":"shape"}`, 0},
		faults.Fail:         {500, `{"vendor":"shape"}`, 0},
		faults.Unauthorized: {401, `{"vendor":"shape"}`, 0},
		faults.Forbidden:    {403, `{"vendor":"shape"}`, 0},
		faults.Down:         {0, "", 0},
		faults.AppliedFail:  {500, `{"vendor":"shape"}`, 1},
		faults.AppliedHang:  {0, "", 1},
		faults.Lie:          {200, `{"number": 1}`, 0},
		faults.Stale:        {200, `{"number": 1}`, 1},
		faults.Truncate:     {200, `{"numb`, 1},
		faults.HTML:         {200, "<!doctype html>", 0},
		faults.Empty:        {200, "", 0},
		faults.EmptyList:    {200, "[]", 0},
		faults.Latency:      {200, `{"number": 1}`, 1},
		faults.Hollow:       {200, `{"number":1}`, 1},
		faults.Other:        {200, `{"number": 1}`, 1}, // a write is no read
		faults.Foreign:      {200, `{"number": 1}`, 1},
	} {
		t.Run(string(kind), func(t *testing.T) {
			c, in, url := newVendor(t)
			in.Set(faults.Fault{Op: "POST /n/{id}", Kind: kind, RetryAfter: "nonsense", Millis: 1})
			got := ask(t, http.MethodPost, url+"/n/7", "", 200*time.Millisecond)
			require.Equal(t, want.status, got.status)
			require.True(t, strings.HasPrefix(got.body, want.body), got.body)
			require.Equal(t, want.status == 0, got.err != nil)
			if kind == faults.Limit {
				require.Equal(t, "nonsense", got.header.Get("Retry-After"), "sent as it stands")
			}
			in.View(func() { require.Equal(t, want.n, c.n) })
			in.Clear()
			require.Equal(t, 200, ask(t, http.MethodPost, url+"/n/7", "", time.Second).status)
			in.View(func() { require.Equal(t, want.n+1, c.n) })
		})
	}
}

func TestStaleReadsAnswerFromTheStateWhenTheFaultWasSet(t *testing.T) {
	c, in, url := newVendor(t)
	in.Set(faults.Fault{Op: "GET *", Kind: faults.Stale})
	ask(t, http.MethodPost, url+"/n/7", "", time.Second)
	require.Equal(t, `{"number": 0}`, ask(t, http.MethodGet, url+"/n/7", "", time.Second).body)
	in.View(func() { require.Equal(t, 1, c.n) })
	in.Clear()
	require.Equal(t, `{"number": 1}`, ask(t, http.MethodGet, url+"/n/7", "", time.Second).body)
}

func TestAFaultAppliesToItsOperationAsOftenAsItSays(t *testing.T) {
	for op, hit := range map[string][2]bool{ // GET, POST
		"*": {true, true}, "GET *": {true, false}, "POST /n/{id}": {false, true}, "GET /n/{id}": {true, false}, "GET /n/7": {false, false},
	} {
		_, in, url := newVendor(t)
		in.Set(faults.Fault{Op: op, Kind: faults.Fail, Times: 2})
		for i, method := range []string{http.MethodGet, http.MethodPost} {
			require.Equal(t, hit[i], ask(t, method, url+"/n/7", "", time.Second).status == 500, "%s %s", op, method)
		}
		ask(t, http.MethodGet, url+"/n/7", "", time.Second)
		if op != "*" && op != "GET /n/7" && hit[0] {
			require.Equal(t, 200, ask(t, http.MethodGet, url+"/n/7", "", time.Second).status, "%s: the third time", op)
		}
	}
	_, in, url := newVendor(t)
	in.Set(faults.Fault{Op: "*", Kind: faults.Fail, Seconds: 0.05})
	require.Eventually(t, func() bool { return ask(t, http.MethodGet, url+"/n/7", "", time.Second).status == 200 }, 5*time.Second, 10*time.Millisecond)
	in.Set(faults.Fault{Op: "*", Kind: faults.Fail})
	in.Set(faults.Fault{Op: "*", Kind: faults.EmptyList})
	require.Equal(t, "[]", ask(t, http.MethodGet, url+"/n/7", "", time.Second).body, "the later one wins")
}

func TestEveryCallIsOnTheList(t *testing.T) {
	_, in, url := newVendor(t)
	in.Set(faults.Fault{Op: "POST *", Kind: faults.AppliedFail})
	ask(t, http.MethodGet, url+"/n/7?x=1", "", time.Second)
	ask(t, http.MethodPost, url+"/n/8", "", time.Second)
	ask(t, http.MethodGet, url+"/nowhere", "", time.Second)
	calls := in.Calls()
	require.Len(t, calls, 3)
	require.Equal(t, "GET /n/{id}", calls[0].Op)
	require.Equal(t, "/n/7?x=1", calls[0].Path)
	require.Equal(t, 200, calls[0].Status)
	require.Equal(t, faults.AppliedFail, calls[1].Fault)
	require.Equal(t, 500, calls[1].Status)
	require.Equal(t, "GET (unknown)", calls[2].Op)
	require.Equal(t, 404, calls[2].Status)
	in.ForgetCalls()
	require.Empty(t, in.Calls())
}

func TestFaultsAreSetOverHTTP(t *testing.T) {
	_, in, url := newVendor(t)
	require.Equal(t, 204, ask(t, http.MethodPost, url+"/_sandbox/faults", `{"op":"*","kind":"fail"}`, time.Second).status)
	require.Equal(t, 500, ask(t, http.MethodGet, url+"/n/7", "", time.Second).status)
	var list []faults.Fault
	require.NoError(t, json.Unmarshal([]byte(ask(t, http.MethodGet, url+"/_sandbox/faults", "", time.Second).body), &list))
	require.Equal(t, []faults.Fault{{Op: "*", Kind: faults.Fail}}, list)
	require.Equal(t, 204, ask(t, http.MethodDelete, url+"/_sandbox/faults", "", time.Second).status)
	require.Equal(t, 200, ask(t, http.MethodGet, url+"/n/7", "", time.Second).status)
	require.Len(t, in.Calls(), 2, "the sandbox's own calls are none of the vendor's")
	for _, bad := range []string{`{"op":"*","kind":"explode"}`, `{"kind":"fail"}`, `{"op":"*","kind":"fail","x":1}`, `nonsense`, ``} {
		require.Equal(t, 400, ask(t, http.MethodPost, url+"/_sandbox/faults", bad, time.Second).status, bad)
	}
	require.Equal(t, 204, ask(t, http.MethodDelete, url+"/_sandbox/calls", "", time.Second).status)
	require.Equal(t, "[]", strings.TrimSpace(strings.ReplaceAll(ask(t, http.MethodGet, url+"/_sandbox/calls", "", time.Second).body, "null", "[]")))
}

func TestLiesAndWritesAtOnceLoseNothing(t *testing.T) {
	c, in, url := newVendor(t)
	in.Set(faults.Fault{Op: "GET *", Kind: faults.Lie})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { ask(t, http.MethodPost, url+"/n/7", "", 5*time.Second) })
		all.Go(func() { ask(t, http.MethodGet, url+"/n/7", "", 5*time.Second) })
	}
	all.Wait()
	in.View(func() { require.Equal(t, 20, c.n) })
}
