package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"lastday/starter/pages/signin"
)

//go:embed templates/*.html
var looks embed.FS

//go:embed templates/style.css
var styleSheet []byte

//go:embed templates/icon.svg
var mark []byte

// view is what every page shows around its own.
type view struct {
	Title   string
	Style   string
	Nav     []navigation
	User    string
	Roles   string
	Token   string // of the form that signs out; empty where there is no session
	SignOut bool
	Page    any
}

type navigation struct {
	Label, Link string
	Here        bool
}

// notice is a page with a few words.
type notice struct {
	signin.Notice
}

func parseLooks() (map[string]*template.Template, error) {
	functions := template.FuncMap{
		"instant": instant, "precise": precise, "breakable": breakable, "took": took, "plain": func(s string) string { return plain(s, 300) },
		"thousands": thousands, "counted": counted, "lower": strings.ToLower,
		"number": func(n int64) string { return thousands(int(n)) }, "next": func(n int) int { return n + 1 },
	}
	base, err := template.New("base").Funcs(functions).ParseFS(looks, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	out := map[string]*template.Template{}
	for _, name := range []string{"list", "case", "entry", "population", "controls", "sample", "log", "notice"} {
		t, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if out[name], err = t.ParseFS(looks, "templates/"+name+".html"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// show writes a page. Nothing is sent before the whole of it is made.
func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, look, title string, content any) error {
	v := view{Title: plain(title, 120), Style: stylePath(), Token: signin.TokenOf(r.Context()), Page: content}
	if u, ok := signin.UserOf(r.Context()); ok {
		v.User, v.Roles, v.SignOut = plain(u.String(), 60), roleNames(u.Roles), v.Token != ""
		v.Nav = navigationOf(u, r.URL.Path)
	}
	var b bytes.Buffer
	if err := p.looks[look].ExecuteTemplate(&b, "layout", v); err != nil {
		return fmt.Errorf("write page %s: %w", look, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever asked may have gone
	return nil
}

func navigationOf(u signin.User, path string) []navigation {
	var out []navigation
	for _, n := range []struct {
		label, path string
		roles       []signin.Role
	}{
		{"Cases", "", []signin.Role{signin.HR, signin.Operator}},
		{"Population", "/population", []signin.Role{signin.HR, signin.Operator}},
		{"Controls", "/controls", nil},
		{"Sample", "/sample", nil},
		{"Log", "/log", []signin.Role{signin.Operator}},
	} {
		if u.Has(n.roles...) {
			out = append(out, navigation{n.label, Base + n.path, path == Base+n.path})
		}
	}
	return out
}

// notice shows the gate's words.
func (p *pages) notice(w http.ResponseWriter, r *http.Request, n signin.Notice) {
	for i := range n.Words {
		n.Words[i] = plain(n.Words[i], 600)
	}
	if err := p.show(w, r, n.Status, "notice", n.Title, notice{n}); err != nil {
		p.Log.ErrorContext(r.Context(), "a notice could not be shown", "error", err)
		http.Error(w, n.Title, n.Status)
	}
}

// refuse says why there is no page.
func (p *pages) refuse(w http.ResponseWriter, r *http.Request, status int, title, words string) {
	n := signin.Notice{Status: status, Title: title, Words: []string{words}}
	if u, ok := signin.UserOf(r.Context()); ok && u.Has(signin.HR, signin.Operator) {
		n.Link, n.Button = Base, "To the list of cases"
	}
	p.notice(w, r, n)
}

func stylePath() string {
	h := sha256.Sum256(styleSheet)
	return Base + "/style.css?v=" + hex.EncodeToString(h[:6])
}

// open gives one of the two files that strangers may have.
func open(kind string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "public, max-age=86400")
		_, _ = w.Write(body)
	}
}
