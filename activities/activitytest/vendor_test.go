package activitytest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"lastday/offboarding"
	"lastday/sandbox/faults"
)

// thing is one grant at the vendor's.
type thing struct {
	ID    string            `json:"id"`
	Class offboarding.Class `json:"class"`
	Owner string            `json:"owner"`
}

// vendor is a small stand-in: people, who may be suspended, and their things.
type vendor struct {
	mu        sync.Mutex
	suspended map[string]bool
	things    []thing
}

const token = "token-of-the-robot-0001"

var people = map[string]string{"jane@example.com": "p1", "ada@example.com": "p2", "robot@example.com": "p3"}

func newVendor(t *testing.T) (*vendor, *faults.Injector, string) {
	v := &vendor{suspended: map[string]bool{}}
	for _, owner := range []string{"p1", "p2", "p3"} {
		v.things = append(v.things, thing{owner + "-g1", "groups", owner}, thing{owner + "-g2", "groups", owner}, thing{owner + "-k1", "deploy-keys", owner})
	}
	mux := http.NewServeMux()
	in := faults.New(mux, v)
	mux.HandleFunc("GET /people", v.get(func(r *http.Request) any {
		list := []map[string]any{}
		for mail, id := range people {
			if q := r.URL.Query().Get("mail"); q == "" || q == mail {
				list = append(list, map[string]any{"id": id, "mail": mail, "suspended": v.suspended[id]})
			}
		}
		return list
	}))
	mux.HandleFunc("GET /people/{id}/things", v.get(func(r *http.Request) any {
		list := []thing{}
		for _, x := range v.things {
			if x.Owner == r.PathValue("id") {
				list = append(list, x)
			}
		}
		return list
	}))
	mux.HandleFunc("POST /people/{id}/suspend", v.get(func(r *http.Request) any {
		v.suspended[r.PathValue("id")] = true
		return map[string]any{"ok": true}
	}))
	mux.HandleFunc("DELETE /things/{id}", func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		defer v.mu.Unlock()
		before := len(v.things)
		v.things = slices.DeleteFunc(v.things, func(x thing) bool { return x.ID == r.PathValue("id") })
		if len(v.things) == before {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	server := httptest.NewServer(in)
	t.Cleanup(server.Close)
	return v, in, server.URL
}

func (v *vendor) get(f func(*http.Request) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v.mu.Lock()
		defer v.mu.Unlock()
		if r.Header.Get("Authorization") != token {
			v.WriteError(w, http.StatusUnauthorized, "")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(f(r))
	}
}

func (v *vendor) Snapshot() any {
	return &vendor{suspended: maps.Clone(v.suspended), things: slices.Clone(v.things)}
}

func (v *vendor) Restore(s any) {
	then := s.(*vendor)
	v.suspended, v.things = maps.Clone(then.suspended), slices.Clone(then.things)
}

func (v *vendor) WriteError(w http.ResponseWriter, status int, retryAfter string) {
	if retryAfter != "" {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"error":"no"}`))
}

// holds lists what the owner, or with others everybody else, truly has.
func (v *vendor) holds(owner string, others bool) []string {
	var out []string
	for _, id := range people {
		if (id == owner) == !others && !v.suspended[id] {
			out = append(out, "login/"+id)
		}
	}
	for _, x := range v.things {
		if (x.Owner == owner) == !others {
			out = append(out, strings.Join([]string{string(x.Class), x.ID}, "/"))
		}
	}
	return out
}
