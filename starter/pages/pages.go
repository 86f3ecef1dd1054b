// Package pages shows the record to auditors, HR and operators, as plain pages
// under /record: cases, their evidence and proofs, the population of a period,
// what it says of common controls, samples, and the state of the log. It changes
// nothing, but for one thing: that somebody looked is put into the record before
// they see it.
package pages

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lastday/record"
	"lastday/starter/pages/signin"
)

// Base is the path below which all pages lie. Mount the handler at it, and at it
// with a slash.
const Base = signin.Base

// CasePath is the path of a case's page, for links to it.
func CasePath(runID string) string { return Base + "/cases/" + runID }

// Record is what the pages read, and tell of those who look.
type Record interface {
	record.Reader
	record.Appender
}

// Options are what the pages need beside their configuration.
type Options struct {
	Record Record
	// Export writes a case's bundle; nil: none is offered.
	Export func(ctx context.Context, w io.Writer, runID string) error
	// PublicKey is the log's, as package note writes it (name+hash+key); empty:
	// signatures are not checked, and the pages say so.
	PublicKey string
	// Place is where the pages are served; it matters without a sign-in only.
	Place signin.Place
	Log   *slog.Logger
	Now   func() time.Time
	// Idle and Lifetime end sessions; default 30 minutes and 8 hours.
	Idle, Lifetime time.Duration
}

// pages answers the requests.
type pages struct {
	Options
	key     note.Verifier // nil: none was given
	looks   map[string]*template.Template
	https   bool
	anchors anchors
}

// New builds the pages. It makes no call and reads no secret.
func New(c Config, o Options) (http.Handler, error) {
	if o.Record == nil {
		return nil, errors.New("the record's pages need the record")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &pages{Options: o}
	if o.PublicKey != "" {
		key, err := note.NewVerifier(o.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("read the record's public key: %w", err)
		}
		p.key = key
	}
	looks, err := parseLooks()
	if err != nil {
		return nil, fmt.Errorf("read the pages' templates: %w", err)
	}
	p.looks = looks
	gate, err := signin.New(c.OIDC, signin.Options{
		Show: p.notice, Place: o.Place, Log: o.Log, Now: o.Now, Idle: o.Idle, Lifetime: o.Lifetime,
	})
	if err != nil {
		return nil, err
	}
	p.https = gate.HTTPS()
	inside := gate.Wrap(p.routes())
	mux := http.NewServeMux()
	mux.Handle("GET "+Base+"/style.css", open("text/css; charset=utf-8", styleSheet))
	mux.Handle("GET "+Base+"/icon.svg", open("image/svg+xml", mark))
	mux.Handle(Base, inside)
	mux.Handle(Base+"/", inside)
	foreign := http.NewCrossOriginProtection()
	foreign.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.refuse(w, r, http.StatusForbidden, "Not from here", "This request came from a page of another site, so nothing was done.")
	}))
	return p.guarded(foreign.Handler(mux)), nil
}

// page answers one request, or says what is wrong.
type page func(http.ResponseWriter, *http.Request) error

// routes are the pages by path, each with the roles that may see it; an auditor
// may see all.
func (p *pages) routes() http.Handler {
	mux := http.NewServeMux()
	get := func(path string, f page, roles ...signin.Role) {
		mux.Handle("GET "+Base+path, p.allowed(f, roles))
	}
	const hr, operator = signin.HR, signin.Operator
	get("", p.list, hr, operator)
	get("/{$}", p.list, hr, operator)
	mux.Handle("POST "+Base+"/find", p.allowed(p.find, []signin.Role{hr, operator}))
	get("/cases.csv", p.listCSV, hr, operator)
	get("/cases/{run}", p.oneCase, hr, operator)
	get("/cases/{run}/bundle.zip", p.bundle)
	get("/entries/{index}", p.entry)
	get("/entries/{index}/{part}", p.entryPart)
	get("/population", p.population, hr, operator)
	get("/controls", p.controls)
	get("/sample", p.sample)
	get("/sample.csv", p.sampleCSV)
	get("/log", p.log, operator)
	get("/log/{part}", p.logPart, operator)
	mux.HandleFunc(Base, p.nothing)
	mux.HandleFunc(Base+"/", p.nothing)
	return mux
}

// nothing answers where there is no page.
func (p *pages) nothing(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", http.MethodGet)
		p.refuse(w, r, http.StatusMethodNotAllowed, "Nothing can be changed here", "These pages only show the record.")
		return
	}
	p.refuse(w, r, http.StatusNotFound, "There is no such page", "The list of cases leads to everything there is.")
}

// allowed lets through who has one of the roles.
func (p *pages) allowed(f page, roles []signin.Role) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, _ := signin.UserOf(r.Context())
		if !u.Has(roles...) {
			p.refuse(w, r, http.StatusForbidden, "Your role may not see this page", fmt.Sprintf(
				"You are signed in as %s with the role %s. This page needs the role %s. Roles come from your groups at the sign-in.",
				u, roleNames(u.Roles), roleNames(append([]signin.Role{signin.Auditor}, roles...))))
			return
		}
		err := f(w, r)
		if err == nil {
			return
		}
		if bad, ok := errors.AsType[*badRequest](err); ok {
			p.refuse(w, r, bad.status, bad.title, bad.Error())
			return
		}
		if damaged, ok := errors.AsType[*record.DamagedError](err); ok {
			p.Log.ErrorContext(r.Context(), "the record is damaged", "entry", damaged.Index, "why", damaged.Why)
			p.refuse(w, r, http.StatusInternalServerError, "The record is damaged", fmt.Sprintf(
				"Entry %d is missing or is not what was written, so this page is not shown: somebody changed the database past Lastday, or its disk is broken. Keep the checkpoints that were put elsewhere, and ask who runs Lastday.", damaged.Index))
			return
		}
		p.Log.ErrorContext(r.Context(), "a page of the record could not be shown", "path", r.URL.Path, "error", err)
		p.refuse(w, r, http.StatusServiceUnavailable, "This page cannot be shown now",
			"The record could not be read, or that you looked could not be written into it. Try again in a minute; if it goes on, tell who runs Lastday.")
	})
}

func roleNames(roles []signin.Role) string {
	out := ""
	for i, r := range roles {
		switch {
		case i == 0:
		case i == len(roles)-1:
			out += " or "
		default:
			out += ", "
		}
		out += string(r)
	}
	return out
}

// badRequest is what the visitor asked for wrongly.
type badRequest struct {
	status       int
	title, words string
}

func (b *badRequest) Error() string { return b.words }

func wrong(words string, args ...any) error {
	return &badRequest{http.StatusBadRequest, "That cannot be looked for", fmt.Sprintf(words, args...)}
}

func missing(title, words string) error {
	return &badRequest{http.StatusNotFound, title, words}
}
