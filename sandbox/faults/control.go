package faults

import (
	"bytes"
	"encoding/json"
	"net/http"
)

func (i *Injector) serveFaults(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		var f Fault
		dec := json.NewDecoder(r.Body)
		dec.DisallowUnknownFields()
		if err := dec.Decode(&f); err != nil {
			http.Error(w, "decode fault: "+err.Error(), http.StatusBadRequest)
			return
		}
		if f.Op == "" || !known[f.Kind] {
			http.Error(w, `a fault needs an "op" such as "GET /api/v1/users/{id}" or "*" and a "kind" such as "fail"`, http.StatusBadRequest)
			return
		}
		i.Set(f)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodDelete:
		i.Clear()
		w.WriteHeader(http.StatusNoContent)
	default:
		i.mu.Lock()
		list := make([]Fault, 0, len(i.faults))
		for _, a := range i.faults {
			list = append(list, a.Fault)
		}
		i.mu.Unlock()
		writeJSON(w, list)
	}
}

var known = map[Kind]bool{
	Latency: true, Limit: true, Fail: true, Down: true, AppliedFail: true, AppliedHang: true, Lie: true,
	Stale: true, Truncate: true, HTML: true, Empty: true, EmptyList: true, Unauthorized: true, Forbidden: true,
	Hollow: true, Other: true, Foreign: true,
}

func (i *Injector) serveCalls(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodDelete {
		i.ForgetCalls()
		w.WriteHeader(http.StatusNoContent)
		return
	}
	writeJSON(w, i.Calls())
}

func writeJSON(w http.ResponseWriter, v any) {
	var buf bytes.Buffer
	if err := json.NewEncoder(&buf).Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(buf.Bytes())
}
