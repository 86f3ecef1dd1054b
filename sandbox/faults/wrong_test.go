package faults_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/sandbox/faults"
)

// abroad is a counter that has one of another organisation beside it.
type abroad struct{ counter }

func (*abroad) Foreign() any { return 1000 }

func newAbroad(t *testing.T) (*faults.Injector, string) {
	v := &abroad{}
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "the next page")
		fmt.Fprintf(w, `{"of": %q, "number": %d, "list": [{"in": [1]}, 2]}`, r.PathValue("id")+r.FormValue("id"), v.n)
	}
	mux.HandleFunc("GET /n/{id}", say)
	mux.HandleFunc("POST /look", say)
	mux.HandleFunc("POST /n/{id}", func(w http.ResponseWriter, r *http.Request) { v.n++; say(w, r) })
	in := faults.New(mux, v)
	server := httptest.NewServer(in)
	t.Cleanup(server.Close)
	return in, server.URL
}

func get(t *testing.T, url string) string {
	t.Helper()
	return ask(t, http.MethodGet, url, "", time.Second).body
}

func TestAReadIsAnsweredWithAnothersRecord(t *testing.T) {
	in, url := newAbroad(t)
	in.Set(faults.Fault{Op: "*", Kind: faults.Other, Path: "ann", Instead: "ben"})
	require.Contains(t, get(t, url+"/n/ann"), `"of": "ben"`)
	require.Contains(t, get(t, url+"/n/cleo"), `"of": "cleo"`)
	require.Contains(t, ask(t, http.MethodPost, url+"/n/ann", "", time.Second).body, `"of": "ann"`, "a write goes to whom it is for")
	require.Equal(t, "/n/ann", in.Calls()[0].Path, "the list of calls says what was asked")
}

func TestAReadIsAnsweredByAnotherOrganisation(t *testing.T) {
	in, url := newAbroad(t)
	in.Set(faults.Fault{Op: "*", Kind: faults.Foreign})
	require.Contains(t, get(t, url+"/n/ann"), `"number": 1000`)
	require.Contains(t, ask(t, http.MethodPost, url+"/n/ann", "", time.Second).body, `"number": 1,`)
	in.Clear()
	require.Contains(t, get(t, url+"/n/ann"), `"number": 1,`)
}

func TestEveryListOfAnAnswerIsEmptiedAndTheRestStays(t *testing.T) {
	in, url := newAbroad(t)
	in.Set(faults.Fault{Op: "*", Kind: faults.Hollow})
	got := ask(t, http.MethodGet, url+"/n/ann", "", time.Second)
	require.JSONEq(t, `{"of": "ann", "number": 0, "list": []}`, got.body)
	require.Equal(t, "the next page", got.header.Get("Link"))
}

func TestAFaultIsNarrowedByWhatTheCallSays(t *testing.T) {
	in, url := newAbroad(t)
	in.Set(faults.Fault{Op: "*", Kind: faults.Fail, Path: "ann@x"})
	for path, hit := range map[string]bool{"/n/ann%40x": true, "/n/7?q=ann@x": true, "/n/ann": false} {
		require.Equal(t, hit, ask(t, http.MethodGet, url+path, "", time.Second).status == 500, path)
	}
	require.Equal(t, 500, ask(t, http.MethodPost, url+"/look", "id=ann@x", time.Second).status, "the body counts")
	in.Lift(func(f faults.Fault) bool { return f.Path == "somebody else" })
	require.Equal(t, 500, ask(t, http.MethodGet, url+"/n/ann@x", "", time.Second).status)
	in.Lift(func(f faults.Fault) bool { return f.Path == "ann@x" })
	require.Equal(t, 200, ask(t, http.MethodGet, url+"/n/ann@x", "", time.Second).status)
}

func TestFaultsAreDrawnForTheCallsThatNoneIsSetFor(t *testing.T) {
	in, url := newAbroad(t)
	var asked atomic.Int64
	in.Draw(func(a faults.Asked) (faults.Fault, bool) {
		asked.Add(1)
		require.Equal(t, strings.HasPrefix(a.Op, "GET"), a.Reads)
		switch {
		case a.Path == "/n/twice" && a.Nth == 1:
			return faults.Fault{Kind: faults.Fail, Times: 2}, true
		case a.Path == "/n/once" && a.Nth == 2:
			return faults.Fault{Kind: faults.Fail}, true
		case a.Path == "/n/old" && a.Nth == 1:
			return faults.Fault{Kind: faults.Stale, Seconds: 60}, true
		}
		return faults.Fault{}, false
	})
	status := func(path string) (all []int) {
		for range 4 {
			all = append(all, ask(t, http.MethodGet, url+path, "", time.Second).status)
		}
		return all
	}
	require.Equal(t, []int{500, 500, 200, 200}, status("/n/twice"))
	require.Equal(t, []int{200, 500, 200, 200}, status("/n/once"))
	require.Contains(t, get(t, url+"/n/old"), `"number": 0`)
	ask(t, http.MethodPost, url+"/n/old", "", time.Second)
	require.Contains(t, get(t, url+"/n/old"), `"number": 0`, "stale from its first read on")
	require.Contains(t, get(t, url+"/n/new"), `"number": 1`)
	in.Set(faults.Fault{Op: "*", Kind: faults.Latency})
	in.Set(faults.Fault{Op: "*", Kind: faults.HTML})
	before := asked.Load()
	get(t, url+"/n/set")
	require.Equal(t, before, asked.Load(), "nothing is drawn where a fault is set")
	in.Clear()
	in.Draw(nil)
	require.Contains(t, get(t, url+"/n/old"), `"number": 1`)
	require.Equal(t, before, asked.Load())
}

func TestTheListOfCallsSaysWhatTheVendorDid(t *testing.T) {
	for kind, applied := range map[faults.Kind]bool{
		faults.AppliedFail: true, faults.Truncate: true, faults.Hollow: true, faults.Latency: true,
		faults.Lie: false, faults.Fail: false, faults.Empty: false, faults.Limit: false,
	} {
		in, url := newAbroad(t)
		in.Set(faults.Fault{Op: "*", Kind: kind})
		ask(t, http.MethodPost, url+"/n/ann", "", time.Second)
		taken := in.TakeCalls()
		require.Len(t, taken, 1)
		require.Equal(t, applied, taken[0].Applied, kind)
		require.Equal(t, applied, strings.Contains(clear(t, in, url), `"number": 1,`), kind)
		require.Len(t, in.TakeCalls(), 1, "what was taken is gone")
	}
}

func clear(t *testing.T, in *faults.Injector, url string) string {
	in.Clear()
	return get(t, url+"/n/ann")
}
