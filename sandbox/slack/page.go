package slack

import (
	"bytes"
	"embed"
	"hash/fnv"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastday/sandbox/people"
)

const topic = "Who leaves, what was cut, and what proves it"

//go:embed page.html page.css page.js ask.js
var pageFiles embed.FS

// shown is a message as the page shows it.
type shown struct {
	TS, Name, Initials, Color string
	App, Bot, Private         bool
	Day, Time                 string
	Body                      template.HTML
	Edits                     int
}

// pageView is what one member sees.
type pageView struct {
	Workspace, Channel, Topic string
	Tab                       string // channel, home or messages
	Me                        member
	SignedOut                 bool
	People                    []member
	Commands                  []Command
	Members                   int
	Faces                     []shown
	Messages                  []shown // of the tab
	Home                      template.HTML
	HasHome                   bool
	Dialog                    *dialogView
	Version                   string // changes with everything above
}

// member is somebody whom the page can act as.
type member struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Handle string `json:"handle"`
	Email  string `json:"email"`
	Role   string `json:"role"`
	Gone   bool   `json:"gone"`
}

// dialogView is the dialog in front.
type dialogView struct {
	ID, Hash             string
	Title, Submit, Close string
	Trouble              string
	Depth                int
	Body                 template.HTML
	Version              string
}

func parsePage() *template.Template {
	return template.Must(template.New("page.html").ParseFS(pageFiles, "page.html"))
}

// view takes down what there is to see for a member in a tab; without paint only
// the version and who is there.
func (s *Server) view(as, tab string, paint bool) pageView {
	s.mu.Lock()
	defer s.mu.Unlock()
	me := s.member(as)
	if me == nil || me.Bot {
		me = s.member(people.Hanna.Email)
	}
	out := pageView{Workspace: "Sandbox", Channel: s.opt.ChannelName, Topic: topic, Tab: tab, Me: s.memberView(me), SignedOut: me.Deleted, Commands: s.opt.Commands}
	if tab != "home" && tab != "messages" {
		out.Tab = "channel"
	}
	for _, id := range s.state.order {
		u := s.state.users[id]
		if !u.Bot {
			out.People = append(out.People, s.memberView(u))
		}
		if u.Deleted {
			continue
		}
		out.Members++
		if len(out.Faces) < 3 && !u.Bot {
			out.Faces = append(out.Faces, face(u))
		}
	}
	slices.SortStableFunc(out.People, func(a, b member) int { return rank(a) - rank(b) })
	version := fnv.New64a()
	note := func(parts ...string) { _, _ = version.Write([]byte(strings.Join(parts, "\x00") + "\x01")) }
	note(me.ID, out.Tab, strconv.FormatBool(me.Deleted), strconv.Itoa(out.Members))
	if !me.Deleted {
		out.Messages = s.messagesFor(me, out.Tab, paint, note)
		s.viewsFor(me, &out, paint, note)
	}
	out.Version = strconv.FormatUint(version.Sum64(), 36)
	return out
}

func (s *Server) memberView(u *user) member {
	m := member{ID: u.ID, Name: u.name(), Handle: u.Handle, Email: u.Email, Gone: u.Deleted}
	for _, g := range s.state.groups {
		if slices.Contains(g.Members, u.ID) {
			m.Role = g.Name
		}
	}
	switch {
	case u.Guest:
		m.Role = "Guest"
	case u.Owner:
		m.Role = "Owner"
	}
	return m
}

// rank puts those first who decide, and the rest as they come.
func rank(m member) int {
	if i := slices.Index([]string{"HR", "Security", "Owner", "Guest"}, m.Role); i >= 0 {
		return i
	}
	return 9
}

func (s *Server) messagesFor(me *user, tab string, paint bool, note func(...string)) []shown {
	channel := s.opt.Channel
	if tab != "channel" {
		channel = directID(me.ID)
	}
	var list []*message
	for _, m := range s.state.messages {
		if m.Channel == channel {
			list = append(list, m)
		}
	}
	for _, m := range s.state.whispers {
		if m.To == me.ID && m.Channel == channel {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b *message) int { return strings.Compare(a.TS, b.TS) })
	var out []shown
	today := ""
	for _, m := range list {
		u := s.state.users[m.User]
		switch {
		case m.User == slackbot:
			u = &user{ID: slackbot, First: "Slackbot", Bot: true}
		case u == nil:
			u = &user{ID: m.User, First: "Unknown"}
		}
		v := face(u)
		v.TS, v.Edits, v.Private, v.Bot = m.TS, m.Edits, m.To != "", m.User == slackbot
		v.Time = m.Posted.Format("15:04")
		if d := day(m.Posted); d != today {
			v.Day, today = d, d
		}
		if paint {
			v.Body = s.body(m)
		}
		out = append(out, v)
		note(m.TS, strconv.Itoa(m.Edits))
	}
	return out
}

func (s *Server) viewsFor(me *user, out *pageView, paint bool, note func(...string)) {
	if v := s.state.homes[me.ID]; v != nil {
		out.HasHome = true
		if paint {
			out.Home = s.paint(v.Blocks, v.filled, nil)
		}
		note(v.ID, v.Hash)
	}
	v := s.state.front(me.ID)
	if v == nil {
		return
	}
	out.Dialog = &dialogView{
		ID: v.ID, Hash: v.Hash, Title: v.Title, Submit: v.Submit, Close: v.Close, Trouble: v.trouble,
		Depth: len(s.state.dialogs[me.ID]),
	}
	if paint {
		out.Dialog.Body = s.paint(v.Blocks, v.filled, v.errors)
	}
	if v.Close == "" {
		out.Dialog.Close = map[bool]string{true: "Back", false: "Cancel"}[out.Dialog.Depth > 1]
	}
	wrong := fnv.New64a()
	for _, b := range v.Blocks {
		_, _ = wrong.Write([]byte(b.ID + "\x00" + v.errors[b.ID] + "\x01"))
	}
	out.Dialog.Version = v.ID + "/" + v.Hash + "/" + strconv.FormatUint(wrong.Sum64(), 36) + "/" + strconv.Itoa(len(v.trouble))
	note(out.Dialog.Version)
}

func face(u *user) shown {
	v := shown{Name: u.name(), App: u.Bot, Color: color(u.ID)}
	for _, part := range []string{u.First, u.Last} {
		for _, r := range part {
			v.Initials += string(r)
			break
		}
	}
	return v
}

// color gives everybody one of a few calm colours.
func color(id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return []string{"#2c6e8f", "#7a4b94", "#b3541e", "#2f7d4f", "#a3365b", "#4a5ba8", "#6b6f2a"}[h.Sum32()%7]
}

func day(t time.Time) string {
	if t.Format(time.DateOnly) == time.Now().Format(time.DateOnly) {
		return "Today"
	}
	return t.Format("Monday, 2 January")
}

func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	html, err := s.render("page.html", s.view(r.URL.Query().Get("as"), r.URL.Query().Get("tab"), true))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'")
	_, _ = w.Write([]byte(html))
}

func serveFile(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		b, err := pageFiles.ReadFile(name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", kind+"; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(b)
	}
}

// serveChannel is the channel as data: a version, and the messages that all see
// as HTML.
func (s *Server) serveChannel(w http.ResponseWriter, _ *http.Request) {
	v := s.view("", "channel", true)
	v.Messages = slices.DeleteFunc(v.Messages, func(m shown) bool { return m.Private })
	list, err := s.render("messages", v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply(w, answer{"channel": v.Channel, "members": v.Members, "version": v.Version, "html": list, "messages": s.Messages()})
}

func (s *Server) render(name string, v any) (string, error) {
	var out bytes.Buffer
	err := s.page.ExecuteTemplate(&out, name, v)
	return out.String(), err
}
