package casefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/record"
)

// Format is that of Case as JSON. It changes with what the same entries give, so
// that a file of an earlier version is not taken for one that was changed.
const Format = 1

// Case is what the record says of one case, from its entries alone. What spoke
// of a person who was erased is empty.
type Case struct {
	Format int `json:"format"`
	offboarding.Case
	// Subject is the pseudonym of who leaves; Forgotten: their names were erased.
	Subject   string          `json:"subject"`
	Forgotten bool            `json:"forgotten,omitempty"`
	Standing  record.Standing `json:"standing"`
	// Lines are all entries, one line each, in the log's order.
	Lines []Line `json:"lines"`
}

// Line is one entry for people to read. Its texts are plain and untrusted: they
// may hold what a vendor or a person wrote.
type Line struct {
	Index    int64       `json:"index"`
	Seq      int64       `json:"seq"`
	Kind     record.Kind `json:"kind"`
	At       time.Time   `json:"at"`
	Recorded time.Time   `json:"recorded"`
	System   string      `json:"system,omitempty"`
	Who      string      `json:"who,omitempty"`
	Text     string      `json:"text"`
}

// JSON is the case as the file case.json of a bundle: indented, ending in a
// newline, the same bytes for the same case.
func (c Case) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode case: %w", err)
	}
	return append(b, '\n'), nil
}

// Rebuild reads a case from its entries, in the log's order, and from the people
// behind their pseudonyms; those that are left out are shown by pseudonym. It
// errs on an entry that is not as Events writes it, or not of this case.
func Rebuild(entries []record.Recorded, people map[string]record.Person) (Case, error) {
	if len(entries) == 0 {
		return Case{}, errors.New("the record has no such case")
	}
	r := reader{people: people, seen: map[string]offboarding.Observation{}, counts: map[string]map[string]int{}}
	r.c.Format = Format
	r.c.RunID = entries[0].Entry.Case
	for len(entries) > 0 {
		n, late, err := r.moment(entries)
		if err != nil {
			return Case{}, err
		}
		if err := r.take(entries[:n], late); err != nil {
			return Case{}, err
		}
		entries = entries[n:]
	}
	r.finish()
	return r.c, nil
}

// reader rebuilds a case entry by entry.
type reader struct {
	people map[string]record.Person
	c      Case
	latest instance
	seen   map[string]offboarding.Observation // by system and event
	counts map[string]map[string]int          // how much was found, by system and class
}

// instance tells moments apart: the larger is the later.
type instance struct {
	Revision int `json:"revision"`
	Moment   int `json:"moment"`
}

func (i instance) before(o instance) bool {
	return i.Revision < o.Revision || (i.Revision == o.Revision && i.Moment < o.Moment)
}

// moment counts the entries up to the next that says how the case stands: what
// one moment said, all of it put into the log at once. It is late if a later
// moment is in the log already: a writer that was held up for long.
func (r *reader) moment(entries []record.Recorded) (n int, late bool, err error) {
	for i, e := range entries {
		if k := e.Entry.Kind; k != record.Progress && k != record.Confirmation {
			continue
		}
		var at instance
		if err := (piece{entry: e.Entry}).into(&at); err != nil {
			return 0, false, fmt.Errorf("entry %d: %w", e.Index, err)
		}
		late = at.before(r.latest)
		if !late {
			r.latest = at
		}
		return i + 1, late, nil
	}
	return len(entries), false, nil
}

// take takes the entries of one moment in. Those of a late one are told, and
// change nothing: what still holds of them stands in what came before.
func (r *reader) take(entries []record.Recorded, late bool) error {
	into := r
	if late {
		into = &reader{people: r.people, seen: r.seen, counts: map[string]map[string]int{}}
		into.c.RunID, into.c.Subject = r.c.RunID, r.c.Subject
	}
	for _, e := range entries {
		if e.Entry.Case != r.c.RunID {
			return fmt.Errorf("entry %d is of case %s, not of %s", e.Index, e.Entry.Case, r.c.RunID)
		}
		if err := into.read(e); err != nil {
			return fmt.Errorf("entry %d: %w", e.Index, err)
		}
	}
	if !late {
		return nil
	}
	for _, l := range into.c.Lines {
		if l.Kind != record.Access {
			l.Text = joined("told late", l.Text)
		}
		r.c.Lines = append(r.c.Lines, l)
	}
	return nil
}

// read takes one entry in and writes its line.
func (r *reader) read(e record.Recorded) error {
	details, err := e.Details()
	if err != nil {
		return err
	}
	if s := e.Entry.People[record.Subject]; s != "" && r.c.Subject == "" {
		r.c.Subject = s
		p, known := r.people[s]
		r.c.Forgotten = !known
		r.c.Departure.Subject = offboarding.Subject(p.Email)
	}
	line := Line{
		Index: e.Index, Seq: e.Entry.Seq, Kind: e.Entry.Kind, At: e.Entry.At, Recorded: e.Entry.Recorded,
		System: e.Entry.System, Who: r.name(e.Entry.People[record.Actor]),
	}
	p := piece{entry: e.Entry, details: r.unveil(e.Entry, details)}
	switch e.Entry.Kind {
	case record.Request:
		line.Text, err = r.request(p)
	case record.Ruling:
		line.Text, err = r.ruling(p)
	case record.Plan:
		line.Text, err = r.plan(p)
	case record.Approval:
		line.Text, err = r.approval(p)
	case record.Refusal:
		line.Text, err = r.refusal(p)
	case record.Decision:
		line.Text, err = r.decision(p)
	case record.Action:
		line.Text, err = r.action(p)
	case record.Observation:
		line.Text, err = r.observation(p)
	case record.Proof:
		line.Text, err = r.proof(p)
	case record.Residual:
		line.Text, err = r.residual(p)
	case record.Stage:
		line.Text, err = r.stage(p)
	case record.Progress, record.Confirmation:
		line.Text, err = r.progress(p)
	case record.Control, record.Access, record.Forgotten, record.Alive:
		line.Text, err = r.other(p)
	default:
		err = fmt.Errorf("kind %q is not known", e.Entry.Kind)
	}
	if err != nil {
		return err
	}
	var gone partial
	if json.Unmarshal(p.details, &gone) == nil && len(gone.LeftOut) > 0 {
		line.Text = joined(line.Text, "too long for the record: "+strings.Join(gone.LeftOut, ", "))
	}
	r.c.Lines = append(r.c.Lines, line)
	return nil
}

// finish works out what follows from the entries. A case that has ended keeps
// the proofs it ended with; of one that is open they are judged anew.
func (r *reader) finish() {
	switch {
	case r.c.Departure.Subject == "":
		r.c.ID = "case:" + r.c.RunID
	case r.c.ID == "":
		r.c.ID = r.c.Departure.Subject.CaseID()
	}
	if r.c.State.Ended() {
		return
	}
	for i := range r.c.Systems {
		s := &r.c.Systems[i]
		s.Verdicts = offboarding.Judge(*s, r.c.Decisions)
		if len(s.Grants) == 0 {
			s.Verdicts = counted(s.Verdicts, r.counts[string(s.System)])
		}
	}
}

// counted puts into the verdicts how much was found, where the names of it were
// too many for the record, or are gone.
func counted(verdicts []offboarding.Verdict, counts map[string]int) []offboarding.Verdict {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		class := offboarding.Class(name)
		i := slices.IndexFunc(verdicts, func(v offboarding.Verdict) bool { return v.Class == class })
		if i < 0 {
			i = len(verdicts)
			verdicts = append(verdicts, offboarding.Verdict{Class: class})
		}
		verdicts[i].Found = counts[name]
	}
	return verdicts
}

// system is the part of the case in the system, added if need be.
func (r *reader) system(name string) *offboarding.SystemCase {
	i := slices.IndexFunc(r.c.Systems, func(s offboarding.SystemCase) bool { return string(s.System) == name })
	if i < 0 {
		i = len(r.c.Systems)
		r.c.Systems = append(r.c.Systems, offboarding.SystemCase{System: offboarding.System(name), Stage: offboarding.Finding})
	}
	return &r.c.Systems[i]
}

// name is a person for readers: their name and address, or the pseudonym of one
// who was erased.
func (r *reader) name(pseudonym string) string {
	p, known := r.people[pseudonym]
	switch {
	case pseudonym == "":
		return ""
	case !known:
		return "erased person " + pseudonym
	case p.Email != "":
		return p.Email
	case p.Name != "":
		return p.Name
	}
	return p.Identity
}

// actor is who did what the entry says.
func (r *reader) actor(p piece, b by) offboarding.Actor {
	pseudonym := p.entry.People[record.Actor]
	who, known := r.people[pseudonym]
	if !known && pseudonym != "" {
		return offboarding.Actor{Door: b.Door, Groups: b.Groups, Guest: b.Guest, Bot: b.Bot, Foreign: b.Foreign, Name: r.name(pseudonym)}
	}
	return b.actor(who)
}

// piece is an entry with its opened details.
type piece struct {
	entry   record.Entry
	details json.RawMessage
}

// into fills v from facts and details together. What is a fact is no detail, too:
// the one would hide the other.
func (p piece) into(v any) error {
	var facts, details map[string]json.RawMessage
	if len(p.details) > 0 && json.Unmarshal(p.entry.Facts, &facts) == nil && json.Unmarshal(p.details, &details) == nil {
		for k := range details {
			for f := range facts {
				if strings.EqualFold(k, f) {
					return fmt.Errorf("a %s says twice what its %q is", p.entry.Kind, f)
				}
			}
		}
	}
	for _, b := range []json.RawMessage{p.entry.Facts, p.details} {
		if len(b) == 0 {
			continue
		}
		if err := json.Unmarshal(b, v); err != nil {
			return fmt.Errorf("a %s is not written as one is: %w", p.entry.Kind, err)
		}
	}
	return nil
}

// partial is what a piece says of itself that did not fit into the record whole.
type partial struct {
	LeftOut []string `json:"left_out"`
}

func (p partial) leftOut(keys ...string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(p.LeftOut, k) })
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}
