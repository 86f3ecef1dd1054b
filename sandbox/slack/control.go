package slack

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"time"
)

// watchFor is how long the page's question for news is held.
const watchFor = 20 * time.Second

// lasting are the paths that no fault is set on: the page, what is done on it,
// and sockets.
func (s *Server) lasting(mux *http.ServeMux) {
	mux.HandleFunc("GET /link/", s.serveSocket)
	mux.HandleFunc("GET /page.css", serveFile("page.css", "text/css"))
	mux.HandleFunc("GET /page.js", serveFile("page.js", "text/javascript"))
	mux.HandleFunc("GET /ask.js", serveFile("ask.js", "text/javascript"))
	mux.HandleFunc("GET /_sandbox/screen", s.serveScreen)
	mux.HandleFunc("GET /_sandbox/deliveries", func(w http.ResponseWriter, _ *http.Request) { replyAny(w, s.Deliveries()) })
	mux.HandleFunc("POST /_sandbox/type", doing(func(in struct{ As, Text string }) error { return s.Type(in.As, in.Text) }))
	mux.HandleFunc("POST /_sandbox/press", doing(func(in struct {
		As    string
		Press Press
	},
	) error {
		return s.Press(in.As, in.Press)
	}))
	mux.HandleFunc("POST /_sandbox/submit", doing(func(in struct {
		As   string
		Fill Fill
	},
	) error {
		return s.Submit(in.As, in.Fill)
	}))
	mux.HandleFunc("POST /_sandbox/close", doing(func(in struct {
		As  string
		All bool
	},
	) error {
		return s.CloseDialog(in.As, in.All)
	}))
	mux.HandleFunc("POST /_sandbox/home", doing(func(in struct{ As string }) error { return s.OpenHome(in.As) }))
	mux.HandleFunc("POST /_sandbox/urls", doing(s.SetURLs))
	mux.HandleFunc("POST /_sandbox/disturbances", doing(func(d Disturbance) error {
		if !slices.Contains(troubles, d.What) {
			return errors.New("what is one of the troubles, such as twice, late, wrong-signature or drop-before-ack")
		}
		s.Disturb(d)
		return nil
	}))
	mux.HandleFunc("DELETE /_sandbox/disturbances", func(w http.ResponseWriter, _ *http.Request) {
		s.Undisturb()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /_sandbox/sockets/refresh", func(w http.ResponseWriter, _ *http.Request) {
		s.Refresh()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /_sandbox/sockets/drop", func(w http.ResponseWriter, _ *http.Request) {
		s.DropSockets()
		w.WriteHeader(http.StatusNoContent)
	})
}

// doing is an endpoint that does something a member does. It takes JSON, which
// no page of another origin can send unasked, and answers {"ok":true} or with
// Slack's word and what the member sees.
func doing[T any](do func(T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
			http.Error(w, "send JSON with Content-Type: application/json", http.StatusUnsupportedMediaType)
			return
		}
		var in T
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		err := do(in)
		var f *Failure
		switch {
		case errors.As(err, &f):
			reply(w, answer{"ok": false, "error": f.Word, "text": f.Text})
		case err != nil:
			reply(w, answer{"ok": false, "error": "failed", "text": err.Error()})
		default:
			reply(w, answer{"ok": true})
		}
	}
}

func replyAny(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v)
}

// serveScreen is what the page asks for all the time: it is answered once there
// is something else to see than the version that was seen.
func (s *Server) serveScreen(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	until := time.NewTimer(watchFor)
	defer until.Stop()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	v := s.view(q.Get("as"), q.Get("tab"), false)
	for waiting := true; waiting && v.Version == q.Get("seen"); {
		select {
		case <-look.C:
			v = s.view(q.Get("as"), q.Get("tab"), false)
		case <-until.C:
			waiting = false
		case <-r.Context().Done():
			return
		case <-s.wire.ctx.Done():
			waiting = false
		}
	}
	v = s.view(q.Get("as"), q.Get("tab"), true)
	out := answer{"version": v.Version, "members": v.Members, "people": v.People, "signed_out": v.SignedOut, "dialog": nil}
	html, err := s.render("tab", v)
	out["html"] = html
	if v.Dialog != nil && err == nil {
		var dialog string
		dialog, err = s.render("dialog", v.Dialog)
		out["dialog"] = answer{"id": v.Dialog.ID, "version": v.Dialog.Version, "html": dialog}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply(w, out)
}
