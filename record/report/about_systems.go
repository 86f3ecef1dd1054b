package report

import (
	"fmt"
	"slices"
	"strconv"

	"lastday/offboarding"
	"lastday/record/casefile"
)

// systemsSection tells system by system what was found, done and seen.
func systemsSection(c casefile.Case) section {
	s := section{ID: "systems", Title: "System by system"}
	if len(c.Systems) == 0 {
		s.para("No system was looked at.")
	}
	for _, sys := range c.Systems {
		s.sub(join(": ", clean(string(sys.System)), shortGrade(sys)))
		s.facts(accountFacts(c, sys)...)
		if !sys.Account.Found && len(sys.Verdicts) == 0 {
			continue
		}
		s.table(classTable(c, sys))
		if len(sys.Grants) > 0 {
			s.table(grantTable(sys))
		}
		s.table(actionTable(sys))
		if len(sys.Observations) > 0 {
			s.table(observationTable(sys))
		}
	}
	return s
}

func accountFacts(c casefile.Case, s offboarding.SystemCase) []fact {
	a := s.Account
	account := join(", ", clean(a.Login), idText(a), clean(a.Email))
	switch {
	case s.FoundAt.IsZero():
		account = "this system was not looked at"
	case !a.Found:
		account = "none"
	case account == "" && c.Forgotten:
		account = "one was found; its name is erased"
	case account == "":
		account = "one was found"
	}
	facts := []fact{
		{"Account", account},
		{"Looked at", stampUTC(s.FoundAt)},
		{"The vendor's word", clean(a.Status)},
		{"Evidence", clean(a.Evidence)},
		{"Administrator", clean(a.Admin)},
		{"Protected", clean(a.Protected)},
	}
	for _, n := range s.Needs {
		facts = append(facts, fact{"Waits for a person", join(": ", clean(string(n.Class)), clean(n.What))})
	}
	return facts
}

func idText(a offboarding.Account) string {
	if a.ID == "" || a.ID == a.Login {
		return ""
	}
	return "id " + clean(a.ID)
}

// classTable grades every class of a system.
func classTable(c casefile.Case, s offboarding.SystemCase) table {
	t := table{
		Caption: clean(string(s.System)) + ": every class of access, and how it is shown to be closed",
		Columns: []column{{"Class", 2}, {"Found", 0.8}, {"Proof", 3}, {"When (UTC)", 2.1}, {"What shows it", 5}},
		Empty:   "Nothing is graded yet.",
	}
	for _, v := range s.Verdicts {
		name := clean(string(v.Class))
		if name == "" {
			name = "the whole system"
		}
		t.Rows = append(t.Rows, []string{name, strconv.Itoa(v.Found), grade(v.Proof), stamp(v.At), shows(c, s, v)})
	}
	return t
}

// shows is what a grade rests on.
func shows(c casefile.Case, s offboarding.SystemCase, v offboarding.Verdict) string {
	text := clean(v.Note)
	for _, o := range slices.Backward(s.Observations) {
		if o.Class != v.Class || !v.Verified() || !o.At.Equal(v.At) {
			continue
		}
		switch {
		case o.Sight == offboarding.NotOffered:
			text = join("; ", "the vendor's plan has no such thing", text)
		case o.Logged:
			text = join("; ", "the vendor's log, which also showed "+clean(o.Control), text)
		default:
			text = join("; ", "the same question showed "+clean(o.Control), text)
		}
		if o.Credential != "" {
			text += " (credential " + clean(o.Credential) + ")"
		}
		break
	}
	if text == "" {
		for _, cov := range s.Coverage {
			if cov.Class == v.Class && !v.Verified() {
				text = clean(cov.Reason)
			}
		}
	}
	if text == "" && c.Forgotten {
		return "(erased with the person, or nothing was said)"
	}
	return text
}

// grantTable names what was found.
func grantTable(s offboarding.SystemCase) table {
	t := table{
		Caption: clean(string(s.System)) + ": what was found",
		Columns: []column{{"Class", 2}, {"Count", 0.8}, {"Names", 9}},
	}
	var classes []offboarding.Class
	names := map[offboarding.Class][]string{}
	for _, g := range s.Grants {
		if !slices.Contains(classes, g.Class) {
			classes = append(classes, g.Class)
		}
		label := g.Label
		if label == "" {
			label = g.ID
		}
		if g.Removal == offboarding.Ask || g.Removal == offboarding.Report {
			label += fmt.Sprintf(" [%s]", g.Removal)
		}
		names[g.Class] = append(names[g.Class], label)
	}
	for _, class := range classes {
		t.Rows = append(t.Rows, []string{clean(string(class)), strconv.Itoa(len(names[class])), list(names[class], 8000)})
	}
	return t
}

// actionTable lists every change that was made.
func actionTable(s offboarding.SystemCase) table {
	t := table{
		Caption: clean(string(s.System)) + ": changes made",
		Columns: []column{{"When (UTC)", 2.1}, {"Change", 3.6}, {"Class", 2}, {"The vendor's answer", 2.4}, {"The vendor's request id", 2.6}},
		Empty:   "Nothing was changed in " + clean(string(s.System)) + ".",
	}
	for _, a := range s.Actions {
		do := clean(a.Do)
		if do == "" {
			do = "(erased with the person)"
		}
		if a.Attempt > 1 {
			do += fmt.Sprintf(" (attempt %d)", a.Attempt)
		}
		t.Rows = append(t.Rows, []string{stamp(a.At), do, clean(string(a.Class)), clean(a.Answer), clean(a.RequestID)})
	}
	return t
}

// observationTable lists what was read back after the last change.
func observationTable(s offboarding.SystemCase) table {
	t := table{
		Caption: clean(string(s.System)) + ": read back after the last change",
		Columns: []column{{"When (UTC)", 2.1}, {"Class", 2}, {"Read as", 2}, {"Credential", 1.4}, {"Control: what the same question showed", 3.2}, {"Note", 3}},
	}
	for _, o := range s.Observations {
		read := clean(string(o.Sight))
		if o.Logged {
			read += ", in the vendor's log"
		}
		if len(o.Present) > 0 {
			var labels []string
			for _, g := range o.Present {
				labels = append(labels, join(" ", g.Label, "("+g.ID+")"))
			}
			read += fmt.Sprintf(", %d still there: %s", len(o.Present), list(labels, 1000))
		}
		control := clean(o.Control)
		if control == "" {
			control = "none: an empty answer proves nothing"
		}
		t.Rows = append(t.Rows, []string{stamp(o.At), clean(string(o.Class)), read, clean(o.Credential), control, clean(o.Reason)})
	}
	return t
}
