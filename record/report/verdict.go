package report

import (
	"fmt"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/record/casefile"
)

// headline names the case: the person, or of one who was erased the pseudonym.
func headline(c casefile.Case) string {
	switch {
	case c.Departure.Subject != "":
		return "Offboarding of " + clean(string(c.Departure.Subject))
	case c.Forgotten:
		return "Offboarding of an erased person (" + clean(c.Subject) + ")"
	}
	return "Offboarding of " + clean(c.Subject)
}

// tally counts a case's classes by how they are shown to be closed.
type tally struct {
	all, verified int
	by            map[offboarding.Proof]int
	// unverified are the systems that are not verified, in words.
	unverified []string
}

func tallyOf(c casefile.Case) tally {
	t := tally{by: map[offboarding.Proof]int{}}
	for _, s := range c.Systems {
		for _, v := range s.Verdicts {
			t.all++
			t.by[v.Proof]++
			if v.Verified() {
				t.verified++
			}
		}
		if !s.Verified() {
			t.unverified = append(t.unverified, clean(string(s.System)))
		}
	}
	return t
}

// good reports whether all of every system is shown to be gone.
func (t tally) good(c casefile.Case) bool { return len(c.Systems) > 0 && len(t.unverified) == 0 }

// words says how the classes stand, the best first.
func (t tally) words() string {
	if t.all == 0 {
		return "no class of access was graded"
	}
	parts := []string{fmt.Sprintf("%d of %s verified (observed %d, logged %d)",
		t.verified, count(t.all, "class", "classes"), t.by[offboarding.Observed], t.by[offboarding.Logged])}
	for _, p := range []struct {
		proof offboarding.Proof
		words string
	}{
		{offboarding.Attested, "attested by a person"},
		{offboarding.Waived, "waived"},
		{offboarding.ReportedProof, "left in place by the configuration"},
		{offboarding.Acknowledged, "only acknowledged"},
		{offboarding.ProofNone, "open"},
	} {
		if n := t.by[p.proof]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, p.words))
		}
	}
	return strings.Join(parts, "; ")
}

// verdictOf says how the case stands. A case is only called verified if its
// systems are: a record that says otherwise is contradicted here.
func verdictOf(c casefile.Case) (standing string, sentences []string, good bool) {
	t := tallyOf(c)
	standing = stateName(c.State)
	say := func(format string, args ...any) { sentences = append(sentences, fmt.Sprintf(format, args...)) }
	switch {
	case c.State == offboarding.Verified && t.good(c):
		good = true
		say("All access that can be revoked is shown to be gone, in %s: %s.", count(len(c.Systems), "system", "systems"), t.words())
	case c.State == offboarding.Verified:
		standing = "Called verified, but not shown to be"
		say("The record calls this case verified, but its own entries do not show it for: %s. %s.", strings.Join(t.unverified, ", "), t.words())
	case c.State == offboarding.Closed:
		say("The case is closed, and not everything in it is verified: %s.", t.words())
	case c.State == offboarding.Cancelled:
		say("A person stopped this case. Nothing more is cut; what was cut stays cut. %s.", sentence(offboarding.ChangedText(c.Systems)))
		say("It does not show that access is gone: %s.", t.words())
	case c.State == offboarding.NothingFound:
		say("Every system that was asked answered, and none knows the person. %s.", sentence(offboarding.ChangedText(c.Systems)))
	case c.State == offboarding.Refused:
		say("%s. %s.", join(": ", "The case was refused", strings.TrimSuffix(clean(c.Outcome), ".")), sentence(offboarding.ChangedText(c.Systems)))
	default:
		say("This case is open, and this is no final report. It tells what the record held at %s: %s.", stampUTC(AsOf(c)), join("; ", t.words(), unlooked(c)))
		for _, n := range c.Needs() {
			say("It waits for a person: %s: %s.", target(n.System, n.Class), strings.TrimSuffix(clean(n.What), "."))
		}
		if c.Held != "" {
			say("It is held: %s.", strings.TrimSuffix(clean(c.Held), "."))
		}
	}
	if at, why := lastAccess(c); at.IsZero() {
		say("The last moment at which access was possible: %s.", why)
	} else {
		say("Access that can be revoked was last possible at %s%s.", stampUTC(at), afterDue(at, c.Due))
	}
	if n := len(c.Residuals()); n > 0 {
		say("%s that nobody can revoke: %s.", sentence(count(n, "thing remains", "things remain")), residualsEnd(c))
	}
	if c.Standing.Late(AsOf(c)) {
		say("It is late: not everything was contained and proven by the deadline, %s.", stampUTC(c.Deadline))
	}
	if c.Ruling.Emergency {
		say("It was an emergency: access was cut before those who must agree were asked.")
	}
	if c.Forgotten {
		say("The names in it were erased. What is left are facts, and hashes of what was erased; the proofs still hold.")
	}
	return standing, sentences, good
}

func afterDue(at, due time.Time) string {
	switch {
	case due.IsZero():
		return ""
	case at.Before(due):
		return ", " + span(due.Sub(at)) + " before it was due to end"
	}
	return ", " + span(at.Sub(due)) + " after it was due to end"
}

func residualsEnd(c casefile.Case) string {
	var last time.Time
	for _, r := range c.Residuals() {
		if r.Ends.IsZero() {
			return "of at least one of them nobody knows when it ends"
		}
		if r.Ends.After(last) {
			last = r.Ends
		}
	}
	return "the last of it ends by itself at " + remains(last) + " UTC"
}

// sentence begins with a capital letter.
func sentence(s string) string {
	s = clean(s)
	if s == "" {
		return s
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
