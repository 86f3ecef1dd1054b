package casefile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"lastday/offboarding"
	"lastday/record"
)

// Details are erased with the person whom the case is about. What names others
// in them, such as the note "hanna@example.com: she told me", would outlive those
// others' own erasure. So it stands there as a mark for a role, ⟦actor⟧ or
// ⟦named-1⟧, and who has the role is said by the entry's pseudonyms. A bracket
// that somebody wrote themselves is doubled with nothing in it.
const (
	opens, closes = "⟦", "⟧"
	written       = opens + closes
	// maxNamed bounds how many people one entry names beside its own.
	maxNamed = 50
)

var (
	marks     = regexp.MustCompile(opens + "([a-z0-9-]*)" + closes)
	addresses = regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+`)
)

// minText keeps a name of one or two letters from being found everywhere.
const minText = 3

// other is somebody who is not who the case is about, and how texts call them.
type other struct {
	text string
	who  record.Person
}

// veiled gives the events with the others in their details behind marks.
func (w *writer) veiled() []record.Event {
	others := w.others()
	for i := range w.events {
		ev := &w.events[i]
		here := others
		if ev.Kind == record.Ruling || ev.Kind == record.Refusal {
			here = append(slices.Clone(others), w.addressed(ev.Details)...) // a policy says who may instead
		}
		veil(ev, here)
	}
	return w.events
}

// others are the people whom texts of the case may name, the longest text first.
func (w *writer) others() []other {
	actors := []offboarding.Actor{w.c.Departure.RequestedBy, {Email: w.c.Departure.Successor}}
	for _, a := range w.c.Approvals {
		actors = append(actors, a.By)
	}
	for _, d := range w.c.Decisions {
		actors = append(actors, d.By)
	}
	for _, o := range w.c.Orders {
		actors = append(actors, o.By)
	}
	for _, r := range w.c.Refusals {
		actors = append(actors, r.By)
	}
	for _, r := range w.c.Ruling.Approvals {
		for _, m := range r.Members {
			if strings.Contains(m, "@") {
				actors = append(actors, offboarding.Actor{Email: offboarding.Subject(m)})
			}
		}
	}
	var out []other
	for _, a := range actors {
		who := person(a)
		if who.IsZero() || who.Identity == w.subject.Identity {
			continue
		}
		out = append(out, other{a.String(), who})
		if strings.Contains(a.Name, " ") {
			out = append(out, other{a.Name, who})
		}
	}
	return ordered(out)
}

// addressed are the people whose addresses stand in a policy's words, but for
// those of who leaves.
func (w *writer) addressed(details json.RawMessage) []other {
	var own []string
	for _, s := range w.c.Systems {
		own = append(own, offboarding.Person{Email: offboarding.Subject(s.Account.Email), Emails: append(s.Account.Emails, s.Account.Login)}.Addresses()...)
	}
	var out []other
	for _, found := range addresses.FindAllString(string(details), -1) {
		found = strings.TrimRight(found, ".")
		who := person(offboarding.Actor{Email: offboarding.Subject(found)})
		if who.Identity != w.subject.Identity && !slices.Contains(own, strings.ToLower(found)) {
			out = append(out, other{found, who})
		}
	}
	return ordered(out)
}

func ordered(all []other) []other {
	all = slices.DeleteFunc(all, func(o other) bool { return len(o.text) < minText })
	slices.SortStableFunc(all, func(a, b other) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(a.text, b.text))
	})
	return slices.CompactFunc(all, func(a, b other) bool { return a.text == b.text })
}

// veil puts marks for the others into the event's details, and the others among
// its people.
func veil(ev *record.Event, others []other) {
	var all map[string]json.RawMessage
	if json.Unmarshal(ev.Details, &all) != nil {
		return // it has none
	}
	named, changed := 0, false
	mark := func(o other) string {
		role := roleOf(ev.People, o.who)
		if role == "" {
			if named == maxNamed {
				return o.text
			}
			named++
			role = record.Role(fmt.Sprintf("named-%d", named))
			ev.People[role] = o.who
		}
		return opens + string(role) + closes
	}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		v := inStrings(all[k], func(s string) string {
			out := replaced(strings.ReplaceAll(s, opens, written), others, mark)
			changed = changed || out != s
			return out
		})
		all[k] = v
	}
	if changed {
		_, ev.Details = fit(map[string]json.RawMessage{}, all)
	}
}

// replaced puts marks for the others where they stand as words of their own.
func replaced(s string, others []other, mark func(other) string) string {
	if !slices.ContainsFunc(others, func(o other) bool { return strings.Contains(s, o.text) }) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		at := slices.IndexFunc(others, func(o other) bool {
			return strings.HasPrefix(s[i:], o.text) && !joins(s, i-1) && !joins(s, i+len(o.text))
		})
		if at < 0 {
			out.WriteByte(s[i])
			i++
			continue
		}
		out.WriteString(mark(others[at]))
		i += len(others[at].text)
	}
	return out.String()
}

// joins reports whether what stands there makes one word or address with what is
// beside it. A full stop does if something follows it.
func joins(s string, i int) bool {
	if i < 0 || i >= len(s) {
		return false
	}
	c := s[i]
	if c == '.' {
		return i+1 < len(s) && s[i+1] != '.' && joins(s, i+1)
	}
	return strings.IndexByte("_+-@", c) >= 0 || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func roleOf(people map[record.Role]record.Person, who record.Person) record.Role {
	for _, role := range []record.Role{record.Actor, record.Successor} {
		if people[role].Identity == who.Identity {
			return role
		}
	}
	var named []string
	for role, p := range people {
		if p.Identity == who.Identity && role != record.Subject {
			named = append(named, string(role))
		}
	}
	if named == nil {
		return ""
	}
	return record.Role(slices.Min(named))
}

// inStrings changes what the strings of a JSON text say, keys included.
func inStrings(text []byte, change func(string) string) []byte {
	var out bytes.Buffer
	for len(text) > 0 {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			break
		}
		end := i + 1
		for end < len(text) && text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end+1, len(text))
		out.Write(text[:i])
		out.Write(requoted(text[i:end], change))
		text = text[end:]
	}
	out.Write(text)
	return out.Bytes()
}

func requoted(quoted []byte, change func(string) string) []byte {
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return quoted
	}
	b, err := json.Marshal(change(s))
	if err != nil {
		return quoted
	}
	return b
}

// unveil puts names for the marks.
func (r *reader) unveil(e record.Entry, details json.RawMessage) json.RawMessage {
	if !bytes.Contains(details, []byte(opens)) {
		return details
	}
	return inStrings(details, func(s string) string {
		return marks.ReplaceAllStringFunc(s, func(mark string) string {
			role := strings.TrimSuffix(strings.TrimPrefix(mark, opens), closes)
			pseudonym, known := e.People[record.Role(role)]
			switch {
			case role == "":
				return opens
			case !known:
				return mark
			}
			return r.name(pseudonym)
		})
	})
}
