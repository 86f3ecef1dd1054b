package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/record"
)

// Events are all that a case says so far. Called again for the same case, later
// or not, it gives the same events again under the same ids and adds the new
// ones: handing all of them to the record each time is right.
func Events(c offboarding.Case) []record.Event {
	w := writer{c: c, subject: person(offboarding.Actor{Email: c.Departure.Subject})}
	w.request()
	w.ruling()
	for _, s := range c.Systems {
		w.system(s)
	}
	w.words()
	w.progress()
	return w.veiled()
}

// writer collects a case's events.
type writer struct {
	c       offboarding.Case
	subject record.Person
	events  []record.Event
}

// add makes an event of v: the public keys of its JSON object are facts, the
// others details. The key and the facts name it within the case.
func (w *writer) add(kind record.Kind, system offboarding.System, key string, at time.Time, v any, public ...string) *record.Event {
	open, closed := split(v, public)
	facts := object(open)
	if at.IsZero() {
		at = w.c.StartedAt
	}
	w.events = append(w.events, record.Event{
		ID: w.id(kind, system, key, facts), Kind: kind, At: at, Case: w.c.RunID, System: string(system),
		People: map[record.Role]record.Person{record.Subject: w.subject},
	})
	ev := &w.events[len(w.events)-1]
	ev.Facts, ev.Details = fit(open, closed)
	return ev
}

// id names an event by its key and facts.
func (w *writer) id(kind record.Kind, system offboarding.System, key string, facts json.RawMessage) string {
	const most = 100
	if len(key) > most || len(system) > most {
		h := sha256.Sum256([]byte(string(system) + "/" + key))
		system, key = "", hex.EncodeToString(h[:16])
	}
	return strings.Join([]string{w.c.RunID, string(kind), string(system), key, digest(facts)}, "/")
}

func digest(facts json.RawMessage) string {
	h := sha256.Sum256(facts)
	return hex.EncodeToString(h[:8])
}

// Person is an actor as the record knows people: by address, or else by the
// door's own id, or else by name.
func Person(a offboarding.Actor) record.Person { return person(a) }

func person(a offboarding.Actor) record.Person {
	p := record.Person{Email: string(a.Email), Name: a.Name}
	switch {
	case a.Email != "":
		p.Identity = a.Email.Plain()
	case a.ID != "":
		p.Identity = string(a.Door) + ":" + a.ID
	case a.Name != "":
		p.Identity = string(a.Door) + ":" + a.Name
	}
	return p
}

// by is what an entry says of an actor in the clear: by which door they came,
// and what the door found them to be.
type by struct {
	Door    offboarding.Door `json:"door,omitempty"`
	Groups  []string         `json:"groups,omitempty"`
	Guest   bool             `json:"guest,omitempty"`
	Bot     bool             `json:"bot,omitempty"`
	Foreign bool             `json:"foreign,omitempty"`
}

func byOf(a offboarding.Actor) by {
	return by{Door: a.Door, Groups: a.Groups, Guest: a.Guest, Bot: a.Bot, Foreign: a.Foreign}
}

func (b by) actor(p record.Person) offboarding.Actor {
	a := offboarding.Actor{
		Door: b.Door, Groups: b.Groups, Guest: b.Guest, Bot: b.Bot, Foreign: b.Foreign,
		Email: offboarding.Subject(p.Email), Name: p.Name,
	}
	if id, found := strings.CutPrefix(p.Identity, string(b.Door)+":"); found && a.Email == "" {
		a.ID = id
	}
	return a
}

// acting adds the actor to an event.
func (w *writer) acting(ev *record.Event, a offboarding.Actor) {
	if p := person(a); !p.IsZero() {
		ev.People[record.Actor] = p
	}
}

// asked is a departure without the people in it, but for how the address of who
// leaves was written, and the case's id, which is made of it.
type asked struct {
	offboarding.Departure
	ID          string              `json:"id,omitempty"`
	Address     offboarding.Subject `json:"address,omitempty"`
	Subject     struct{}            `json:"subject,omitzero"`
	Successor   struct{}            `json:"successor,omitzero"`
	RequestedBy struct{}            `json:"requested_by,omitzero"`
	By          by                  `json:"by"`
	Words       []offboarding.Word  `json:"words,omitempty"`
}

func (w *writer) request() {
	d := w.c.Departure
	at := d.RequestedAt // by the clock of whoever asked, which may be ahead
	if at.After(w.c.StartedAt) {
		at = w.c.StartedAt
	}
	ev := w.add(record.Request, "", "", at, asked{Departure: d, ID: w.c.ID, Address: d.Subject, By: byOf(d.RequestedBy), Words: w.c.Words},
		"at", "zone", "urgent", "kind", "partner", "requested_at", "moved_at", "bulk", "by", "word", "words")
	w.acting(ev, d.RequestedBy)
	if d.Successor != "" {
		ev.People[record.Successor] = person(offboarding.Actor{Email: d.Successor})
	}
}

// ruled is a ruling; addresses among those who may agree are left out.
type ruled struct {
	Refused   string        `json:"refused,omitempty"`
	Why       string        `json:"why,omitempty"`
	Emergency bool          `json:"emergency,omitempty"`
	Approvals []requirement `json:"approvals,omitempty"`
}

type requirement struct {
	Rule    string             `json:"rule"`
	From    string             `json:"from"`
	Groups  []string           `json:"groups,omitempty"`
	Count   int                `json:"count"`
	Within  time.Duration      `json:"within"`
	Expired offboarding.Expiry `json:"expired"`
}

func (w *writer) ruling() {
	r := w.c.Ruling
	if r.Refused == "" && len(r.Approvals) == 0 && !r.Emergency {
		return
	}
	out := ruled{Refused: r.Refused, Why: r.Why, Emergency: r.Emergency}
	for _, a := range r.Approvals {
		groups := slices.DeleteFunc(slices.Clone(a.Members), func(m string) bool { return strings.Contains(m, "@") })
		out.Approvals = append(out.Approvals, requirement{Rule: a.Rule, From: a.From, Groups: groups, Count: a.Count, Within: a.Within, Expired: a.Expired})
	}
	w.add(record.Ruling, "", "", time.Time{}, out, "refused", "emergency", "approvals")
}

// words are what people said: approvals, decisions, refusals.
func (w *writer) words() {
	for i, a := range w.c.Approvals {
		ev := w.add(record.Approval, "", strconv.Itoa(i), a.At, struct {
			offboarding.Approval
			By by  `json:"by"`
			N  int `json:"n"`
		}{a, byOf(a.By), i}, "reject", "plan", "at", "by", "n")
		w.acting(ev, a.By)
	}
	for i, d := range w.c.Decisions {
		ev := w.add(record.Decision, d.System, strconv.Itoa(i), d.At, struct {
			offboarding.Decision
			By by  `json:"by"`
			N  int `json:"n"`
		}{d, byOf(d.By), i}, "verb", "system", "class", "until", "at", "by", "n")
		w.acting(ev, d.By)
	}
	for i, o := range w.c.Orders {
		ev := w.add(record.Decision, "", "order-"+strconv.Itoa(i), o.At, struct {
			offboarding.Order
			By by  `json:"by"`
			N  int `json:"n"`
		}{o, byOf(o.By), i}, "do", "to", "at", "by", "n")
		w.acting(ev, o.By)
	}
	at := map[int64]int{}
	for _, r := range w.c.Refusals {
		// Two people may be refused the same at one moment.
		micro := r.At.UnixMicro()
		key := strconv.FormatInt(micro, 10)
		if n := at[micro]; n > 0 {
			key += "-" + strconv.Itoa(n)
		}
		at[micro]++
		ev := w.add(record.Refusal, "", key, r.At, struct {
			offboarding.Refusal
			By by `json:"by"`
		}{r, byOf(r.By)}, "action", "rule", "at", "by")
		w.acting(ev, r.By)
	}
}

// progress says how the case stands. It is the last of what a moment has to say:
// a reader knows by it which moments came into the log too late.
func (w *writer) progress() {
	kind, key := record.Progress, fmt.Sprintf("%d", w.c.Revision)
	at := w.c.NotedAt
	if w.c.State.Ended() {
		kind, key, at = record.Confirmation, "end", w.c.EndedAt
	}
	type standing struct {
		record.Standing
		Outcome  string             `json:"outcome,omitempty"`
		Held     string             `json:"held,omitempty"`
		Needs    []offboarding.Need `json:"needs,omitempty"`
		Revision int                `json:"revision,omitempty"`
		Moment   int                `json:"moment,omitempty"`
	}
	v := standing{
		Standing: StandingOf(w.c), Outcome: w.c.Outcome, Held: w.c.Held, Needs: w.c.Needs(),
		Revision: w.c.Revision, Moment: w.c.Moment,
	}
	w.add(kind, "", key, at, v, standingKeys()...)
}

// standingKeys are the JSON keys of record.Standing.
func standingKeys() []string {
	return []string{
		"state", "partner", "kind", "urgent", "requested_at", "started_at", "approved_at", "due", "deadline",
		"contained_at", "revoked_at", "proven_at", "ended_at", "plan", "systems", "open", "attested", "waived",
		"reported", "residuals", "exceptions_end", "residuals_end", "revision", "moment",
	}
}
