package slack

import (
	"bytes"
	_ "embed"
	"hash/fnv"
	"html/template"
	"net/http"
	"strconv"
	"time"
)

const topic = "Who leaves, what was cut, and what proves it"

//go:embed page.html
var pageText string

// shown is a message as the page shows it.
type shown struct {
	TS, Name, Initials, Color string
	App                       bool
	Day, Time                 string
	Body                      template.HTML
	Edits                     int
}

// channelView is the whole page.
type channelView struct {
	Workspace, Channel, Topic string
	Members                   int
	Faces                     []shown
	Messages                  []shown
	Version                   string
}

func parsePage() *template.Template {
	return template.Must(template.New("page").Parse(pageText))
}

// view takes down what there is to see; the version changes with it.
func (s *Server) view() channelView {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := channelView{Workspace: "Sandbox", Channel: s.opt.ChannelName, Topic: topic}
	for _, id := range s.state.order {
		u := s.state.users[id]
		if u.Deleted {
			continue
		}
		out.Members++
		if len(out.Faces) < 3 && !u.Bot {
			out.Faces = append(out.Faces, face(u))
		}
	}
	version, today := fnv.New64a(), ""
	for _, m := range s.state.messages {
		u := s.state.users[m.User]
		if u == nil {
			u = &user{ID: m.User, First: "Unknown"}
		}
		v := face(u)
		v.TS, v.Edits = m.TS, m.Edits
		v.Time = m.Posted.Format("15:04")
		if d := day(m.Posted); d != today {
			v.Day, today = d, d
		}
		v.Body = body(m)
		out.Messages = append(out.Messages, v)
		_, _ = version.Write([]byte(m.TS + strconv.Itoa(m.Edits)))
	}
	out.Version = strconv.FormatUint(version.Sum64(), 36) + "." + strconv.Itoa(out.Members)
	return out
}

func face(u *user) shown {
	v := shown{Name: u.name(), App: u.Bot, Color: color(u.ID)}
	for _, part := range []string{u.First, u.Last} {
		if part != "" {
			v.Initials += part[:1]
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

func (s *Server) servePage(w http.ResponseWriter, _ *http.Request) {
	s.render(w, "page")
}

// serveChannel is what the page asks for every second: a version, and the
// messages as HTML.
func (s *Server) serveChannel(w http.ResponseWriter, _ *http.Request) {
	v := s.view()
	var list bytes.Buffer
	if err := s.page.ExecuteTemplate(&list, "messages", v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply(w, answer{"channel": v.Channel, "members": v.Members, "version": v.Version, "html": list.String(), "messages": s.Messages()})
}

func (s *Server) render(w http.ResponseWriter, name string) {
	var page bytes.Buffer
	if err := s.page.ExecuteTemplate(&page, name, s.view()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'")
	_, _ = w.Write(page.Bytes())
}
