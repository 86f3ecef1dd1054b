package slack

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"lastday/sandbox/people"
)

// state is everything that can change.
type state struct {
	users    map[string]*user  // by id
	byEmail  map[string]string // lower case address to id
	order    []string          // ids in the order of the member list
	groups   []group
	messages []*message // of every channel, oldest first
	whispers []*message // that one member sees, oldest first
	lastTS   int64      // microseconds
	posts    int        // messages ever posted in the channel, deleted ones too

	dialogs   map[string][]*view // by member, the one in front last
	homes     map[string]*view   // by member
	triggers  map[string]trigger
	responses map[string]response
}

// group is a user group.
type group struct {
	ID, Handle, Name string
	Members          []string // user ids
}

type user struct {
	ID, TeamID   string
	First, Last  string
	Handle       string
	Email, Other string // primary and secondary address
	Deleted      bool
	PrimaryOwner bool
	Owner, Admin bool
	Bot          bool
	BotID        string
	Guest        bool     // of this channel and others that were given (is_restricted)
	Zone         string   // IANA
	Sessions     []string // devices that are signed in
	Updated      time.Time
}

func (u *user) name() string { return strings.TrimSpace(u.First + " " + u.Last) }

type message struct {
	Channel  string
	To       string // the only member who sees it, else empty
	TS       string
	Posted   time.Time
	User     string
	Text     string
	Blocks   json.RawMessage // as they were sent
	Full     json.RawMessage // with every id
	Metadata *metadata
	Edits    int
	Edited   time.Time
}

type metadata struct {
	EventType    string         `json:"event_type"`
	EventPayload map[string]any `json:"event_payload"`
}

// Message is a message as a reader of the channel sees it.
type Message struct {
	TS    string `json:"ts"`
	User  string `json:"user"`
	Text  string `json:"text"`
	Edits int    `json:"edits"`
	// Blocks is the JSON that was sent.
	Blocks   string         `json:"blocks,omitempty"`
	Metadata map[string]any `json:"metadata,omitempty"`
}

func seed(staff []people.Person) *state {
	s := &state{
		users: map[string]*user{}, byEmail: map[string]string{}, dialogs: map[string][]*view{},
		homes: map[string]*view{}, triggers: map[string]trigger{}, responses: map[string]response{},
	}
	s.add(people.Admin, func(u *user) { u.PrimaryOwner, u.Owner, u.Admin = true, true, true })
	for _, p := range staff {
		s.add(p, nil)
	}
	if id, ok := s.byEmail[people.Jane.Email]; ok {
		s.users[id].Other = "jane@personal.example"
		s.byEmail["jane@personal.example"] = id
	}
	s.add(people.Robot, func(u *user) { u.Owner, u.Admin = true, true })
	for _, p := range []people.Person{people.Hanna, people.Hugo, people.Sven, people.Tara} {
		s.add(p, nil)
	}
	s.add(people.Gus, func(u *user) { u.Guest = true })
	s.bot("Lastday", "lastday")
	s.bot("Observer", "observer")
	s.groups = []group{
		{ID: HRGroup, Handle: "hr", Name: "HR", Members: []string{UserID(people.Hanna.Email), UserID(people.Hugo.Email)}},
		{ID: SecurityGroup, Handle: "security", Name: "Security", Members: []string{UserID(people.Sven.Email), UserID(people.Tara.Email)}},
	}
	return s
}

// zones are where people live, in turn.
var zones = [...]string{"Europe/Amsterdam", "Europe/Berlin", "America/New_York", "Asia/Kolkata"}

func (s *state) add(p people.Person, edit func(*user)) *user {
	u := &user{
		ID: UserID(p.Email), TeamID: TeamID, First: p.First, Last: p.Last,
		Handle: handle(p.Email), Email: p.Email, Updated: time.Unix(1700000000, 0),
		Zone: zones[max(p.Index, 0)%len(zones)], Sessions: []string{"desktop", "phone"},
	}
	if edit != nil {
		edit(u)
	}
	s.users[u.ID] = u
	s.order = append(s.order, u.ID)
	if !u.Bot {
		s.byEmail[strings.ToLower(u.Email)] = u.ID
	}
	return u
}

func (s *state) bot(name, handle string) {
	s.add(people.Person{First: name, Email: handle + "@bots.invalid"}, func(u *user) {
		u.ID, u.BotID = hashID("U0", "bot "+handle), hashID("B0", handle)
		u.Handle, u.Email, u.Bot, u.Sessions = handle, "", true, nil
	})
}

// handle is what Slack makes of an address: at most 21 characters.
func handle(email string) string {
	local, _, _ := strings.Cut(email, "@")
	return local[:min(len(local), 21)]
}

// UserID is the id that the person with the address has in the stand-in.
func UserID(email string) string { return hashID("U0", strings.ToLower(email)) }

// BotUserID is the user id of the app that posts.
func BotUserID() string { return hashID("U0", "bot lastday") }

// Snapshot copies the whole state. What is never changed in place (views,
// groups) is shared.
func (s *Server) Snapshot() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := *s.state
	c.users = make(map[string]*user, len(s.state.users))
	for id, u := range s.state.users {
		cu := *u
		cu.Sessions = slices.Clone(u.Sessions)
		c.users[id] = &cu
	}
	c.byEmail = maps.Clone(s.state.byEmail)
	c.order = slices.Clone(s.state.order)
	c.messages, c.whispers = copies(s.state.messages), copies(s.state.whispers)
	c.dialogs = make(map[string][]*view, len(s.state.dialogs))
	for id, stack := range s.state.dialogs {
		c.dialogs[id] = slices.Clone(stack)
	}
	c.homes, c.triggers, c.responses = maps.Clone(s.state.homes), maps.Clone(s.state.triggers), maps.Clone(s.state.responses)
	return &c
}

func copies(of []*message) []*message {
	out := make([]*message, 0, len(of))
	for _, m := range of {
		c := *m
		out = append(out, &c)
	}
	return out
}

// Restore puts a copy back. The copy is used up: it changes from then on.
func (s *Server) Restore(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = v.(*state)
}

// Holds lists what the person can really use right now: the login, and each
// device that is signed in. Empty when all is gone.
func (s *Server) Holds(email string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, u := range s.state.users {
		if !strings.EqualFold(u.Email, email) && !strings.EqualFold(u.Other, email) {
			continue
		}
		if !u.Deleted {
			out = append(out, "login/"+u.ID)
		}
		for _, d := range u.Sessions {
			out = append(out, "sessions/"+d)
		}
	}
	slices.Sort(out)
	return out
}

// Messages lists the channel, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return listed(s.state.messages, func(m *message) bool { return m.Channel == s.opt.Channel })
}

func listed(all []*message, wanted func(*message) bool) []Message {
	out := make([]Message, 0, len(all))
	for _, m := range all {
		if !wanted(m) {
			continue
		}
		v := Message{TS: m.TS, User: m.User, Text: m.Text, Edits: m.Edits, Blocks: string(m.Blocks)}
		if m.Metadata != nil {
			v.Metadata = m.Metadata.EventPayload
		}
		out = append(out, v)
	}
	return out
}

// PostCount is how many messages were ever posted in the channel, deleted ones
// included.
func (s *Server) PostCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.posts
}

// Deactivate is what an owner does in Slack's admin page. It reports whether
// there is such a member.
func (s *Server) Deactivate(email string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.state.users[s.state.byEmail[strings.ToLower(email)]]
	if u == nil {
		return false
	}
	u.deactivate()
	return true
}

// Say posts a message of the member with the address, as a person would.
func (s *Server) Say(email, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.post(&message{Channel: s.opt.Channel, User: s.state.byEmail[strings.ToLower(email)], Text: text}).TS
}

// deactivate signs the member out everywhere.
func (u *user) deactivate() {
	u.Deleted, u.Sessions, u.Updated = true, nil, time.Now()
}

func (s *Server) serveDeactivate(w http.ResponseWriter, r *http.Request) {
	if !s.Deactivate(r.URL.Query().Get("email")) {
		http.Error(w, "no member has this e-mail; give ?email=jane.doe@example.com", http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) serveState(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	holds := map[string][]string{}
	for _, u := range s.state.users {
		if u.Bot {
			continue
		}
		list := slices.Clone(u.Sessions)
		if !u.Deleted {
			list = append(list, "login")
		}
		holds[u.Email] = list
	}
	posts := s.state.posts
	s.mu.Unlock()
	reply(w, answer{"holds": holds, "messages": s.Messages(), "posts": posts})
}
