package slack

import (
	"html"
	"regexp"
	"strings"
)

// slackbot is who tells a member that an app did not answer.
const slackbot = "USLACKBOT"

// change runs f on the state as one whole.
func (s *Server) change(f func()) {
	s.faults.Do(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f()
	})
}

// member resolves an e-mail or a user id; nil where there is nobody.
func (s *Server) member(of string) *user {
	if u := s.state.users[of]; u != nil {
		return u
	}
	return s.state.users[s.state.byEmail[strings.ToLower(of)]]
}

// acting resolves who does something: somebody who is signed in.
func (s *Server) acting(of string) (*user, error) {
	u := s.member(of)
	switch {
	case u == nil:
		return nil, &Failure{"not_in_workspace", of + " is not a member of this workspace"}
	case u.Bot:
		return nil, &Failure{"not_in_workspace", u.name() + " is an app, which cannot type or press"}
	case u.Deleted:
		return nil, &Failure{"not_in_workspace", u.name() + " is signed out: the account was deactivated"}
	}
	return u, nil
}

var (
	typedMention = regexp.MustCompile(`(^|\s)@([a-z0-9][a-z0-9._-]*)`)
	typedAddress = regexp.MustCompile(`(^|\s)([a-zA-Z0-9._%+-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+)`)
)

// escape does what Slack does to text before an app sees it: <, > and & are
// escaped, a member's name becomes <@U…|name>, an address a link. A name that is
// nobody's stays as it was typed (docs.slack.dev, "Slash commands", "Escape
// channels, users, and links").
func (s *Server) escape(text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	if s.opt.PlainMentions {
		return text
	}
	text = typedAddress.ReplaceAllString(text, "$1<mailto:$2|$2>")
	return typedMention.ReplaceAllStringFunc(text, func(m string) string {
		part := typedMention.FindStringSubmatch(m)
		for _, id := range s.state.order {
			if u := s.state.users[id]; u.Handle == part[2] && !u.Deleted && !u.Bot {
				return part[1] + "<@" + u.ID + "|" + u.Handle + ">"
			}
		}
		for _, g := range s.state.groups {
			if g.Handle == part[2] {
				return part[1] + "<!subteam^" + g.ID + "|@" + g.Handle + ">"
			}
		}
		return m
	})
}

// nameOf shows a member or a group for an id, as text.
func (s *Server) nameOf(id string) string {
	if u := s.state.users[id]; u != nil {
		return "@" + u.name()
	}
	for _, g := range s.state.groups {
		if g.ID == id {
			return "@" + g.Handle
		}
	}
	if id == s.opt.Channel {
		return "#" + s.opt.ChannelName
	}
	return "@" + id
}

// mention shows a member, a group or a channel for an id, as HTML.
func (s *Server) mention(id string) string {
	return `<mark>` + html.EscapeString(s.nameOf(id)) + `</mark>`
}
