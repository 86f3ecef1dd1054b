package offboarding

import (
	"fmt"
	"slices"
	"strings"
)

// Door is a way into Lastday.
type Door string

const (
	DoorCommand Door = "command" // the command line: whoever holds Temporal's credentials
	DoorSlack   Door = "slack"
	DoorHook    Door = "hook" // an HR system's signed webhook
	DoorFile    Door = "file" // an imported file
)

// Actor is who asks or decides, as the door that let them in vouches for them.
// The zero Actor is nobody.
type Actor struct {
	Door Door `json:"door,omitempty"`
	// ID is the door's own stable id, a Slack user id or a webhook's name; names
	// and addresses can change or be chosen, ids cannot.
	ID    string  `json:"id,omitempty"`
	Email Subject `json:"email,omitempty"`
	Name  string  `json:"name,omitempty"`
	// Groups are what the door found the person to be in a moment ago, each
	// with where it comes from: slack:S0123ABC, okta:Security.
	Groups []string `json:"groups,omitempty"`
	// Guest, Bot and Foreign are said by the door: a guest of the workspace, a
	// program, a member of another workspace.
	Guest   bool `json:"guest,omitempty"`
	Bot     bool `json:"bot,omitempty"`
	Foreign bool `json:"foreign,omitempty"`
}

// Named is somebody of whom only a name or an address is known, such as the
// user of a command line.
func Named(door Door, name string) Actor {
	name = strings.TrimSpace(name)
	if s, err := ParseSubject(name); err == nil {
		return Actor{Door: door, Email: s}
	}
	return Actor{Door: door, Name: name}
}

// IsZero reports whether nobody is named. It is also what leaves an actor out
// of JSON.
func (a Actor) IsZero() bool { return a.ID == "" && a.Email == "" && a.Name == "" }

// Is reports whether the actor is the person with the address; case and +tags
// do not make another person.
func (a Actor) Is(s Subject) bool { return a.Email != "" && a.Email.Plain() == s.Plain() }

// IsAnyOf reports whether the actor is the person with these addresses.
func (a Actor) IsAnyOf(addresses []string) bool {
	return slices.ContainsFunc(addresses, func(s string) bool { return a.Is(Subject(s)) })
}

// Same reports whether two actors are, or may be, one person; a program is
// never a person. One id at one door is one person, whatever address it shows.
// Otherwise addresses tell people apart, case and +tags aside, so two ids with
// one address are one person; then ids at one door do. Two that none of these
// tells apart are taken for one.
func (a Actor) Same(b Actor) bool {
	ids := a.Door == b.Door && a.ID != "" && b.ID != ""
	switch {
	case a.Bot != b.Bot:
		return false
	case ids && a.ID == b.ID:
		return true
	case a.Email != "" && b.Email != "":
		return a.Is(b.Email)
	}
	return !ids
}

// InAny reports whether the actor is one of the members, each of which is a
// group as in Groups or a work e-mail, of which case and +tags do not matter.
func (a Actor) InAny(members []string) bool {
	return slices.ContainsFunc(members, func(m string) bool {
		return a.Is(Subject(m)) || slices.Contains(a.Groups, m)
	})
}

// String is the actor for people to read.
func (a Actor) String() string {
	switch {
	case a.Email != "":
		return string(a.Email)
	case a.Name != "":
		return a.Name
	case a.ID != "":
		return fmt.Sprintf("%s %s", a.Door, a.ID)
	}
	return ""
}
