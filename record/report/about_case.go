package report

import (
	"time"

	"lastday/offboarding"
	"lastday/record/casefile"
)

// caseSection says who leaves, when, why, and asked by whom.
func caseSection(c casefile.Case) section {
	d := c.Departure
	s := section{ID: "case", Title: "The departure"}
	person := clean(string(d.Subject))
	if c.Forgotten {
		person = "erased; what stands in the record is the pseudonym"
	}
	asked := who(d.RequestedBy)
	if !d.RequestedBy.IsZero() && d.RequestedBy.Door != "" {
		asked += ", " + door(d.RequestedBy.Door)
	}
	due := zoned(c.Due, d.Zone)
	if c.Due.IsZero() {
		due = "no time is set yet"
	}
	s.facts(
		fact{"Who leaves", person}, fact{"Pseudonym in the record", clean(c.Subject)},
		fact{"Asked for by", asked}, fact{"Asked for at", stampUTC(d.RequestedAt)},
		fact{"Access ends (effective)", due}, fact{"Deadline", zoned(c.Deadline, d.Zone)},
		fact{"Kind", clean(string(d.Kind))}, fact{"Reason", erasedOr(c, d.Reason)}, fact{"Partner company", clean(d.Partner)},
		fact{"Successor", clean(string(d.Successor))}, fact{"Note", cleanTo(d.Note, 2*offboarding.MaxNote)},
		fact{"Urgent", yesNo(d.Urgent)}, fact{"Came in a file with others", yesIf(d.Bulk)},
		fact{"Outcome in the record's words", clean(c.Outcome)},
		fact{"Plan", clean(c.Plan)}, fact{"Case", clean(c.ID)}, fact{"Run", clean(c.RunID)},
	)
	if len(c.Words) > 0 {
		t := table{Caption: "What HR systems said last of the last day", Columns: []column{{"HR system", 2}, {"Last day (UTC)", 2}, {"As of (UTC)", 2}}}
		for _, w := range c.Words {
			day := "they stay"
			if !w.At.IsZero() {
				day = w.At.UTC().Format(toTheSecond)
			}
			t.Rows = append(t.Rows, []string{clean(w.Source), day, stamp(w.AsOf)})
		}
		s.table(t)
	}
	return s
}

func erasedOr(c casefile.Case, text string) string {
	if text == "" && c.Forgotten {
		return "erased with the person, or none was given"
	}
	return clean(text)
}

func yesIf(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// timelineSection draws what happened when, and says it again in tables.
func timelineSection(c casefile.Case) section {
	s := section{ID: "timeline", Title: "Timeline"}
	s.Blocks = append(s.Blocks, block{Drawing: true})
	s.table(momentTable(c))
	s.table(systemTable(c))
	return s
}

// momentTable has the instants of the case as a whole.
func momentTable(c casefile.Case) table {
	t := table{Caption: "The case as a whole (UTC)", Columns: []column{{"What", 4}, {"When", 3}, {"After it was due", 2}}}
	row := func(what string, at time.Time, otherwise string) {
		if at.IsZero() {
			t.Rows = append(t.Rows, []string{what, otherwise, never})
			return
		}
		t.Rows = append(t.Rows, []string{what, stamp(at), since(at, c.Due)})
	}
	row("Requested", c.Departure.RequestedAt, "not said")
	row("Approved by all who had to agree", c.Standing.ApprovedAt, approvedOtherwise(c))
	row("Effective: access is due to end", c.Due, "no time is set yet")
	everywhere := func(what string, at time.Time) {
		why := unlooked(c)
		if why != "" {
			at = time.Time{} // whoever was not looked at may still come in there
		}
		row(what, at, join(": ", "not everywhere", why))
	}
	last, why := lastAccess(c)
	everywhere("Contained in every system: live use stopped", c.ContainedAt)
	everywhere("Revoked in every system", c.RevokedAt)
	row("Access that can be revoked was last possible", last, why)
	everywhere("Proven in every system", c.ProvenAt)
	row("Deadline", c.Deadline, "none")
	row("Ended", c.EndedAt, "the case is open")
	return t
}

func approvedOtherwise(c casefile.Case) string {
	if len(c.Ruling.Approvals) == 0 {
		return "no approval was needed"
	}
	return "not all have agreed"
}

// systemTable has the instants of each system.
func systemTable(c casefile.Case) table {
	t := table{
		Caption: "Each system (UTC)",
		Columns: []column{{"System", 1.6}, {"Found", 2.1}, {"Contained", 2.1}, {"Revoked", 2.1}, {"Proven", 2.1}, {"Access last possible", 2.1}, {"How it stands", 2.2}, {"What remains, until (UTC)", 2.6}},
		Empty:   "No system was looked at.",
	}
	for _, s := range c.Systems {
		var left []string
		for _, r := range remainsIn(c, s) {
			left = append(left, r.what+": "+remains(r.ends))
		}
		contained, revoked, proven := stamp(s.ContainedAt), stamp(s.RevokedAt), stamp(s.ProvenAt)
		if !s.Account.Found && !s.FoundAt.IsZero() {
			contained, revoked = "no account", "no account"
		}
		if !s.Verified() {
			proven = "not proven"
		}
		t.Rows = append(t.Rows, []string{
			clean(string(s.System)), stamp(s.FoundAt), contained, revoked, proven,
			lastIn(s), proofText(s), join("; ", left...),
		})
	}
	return t
}

// proofText counts the system's classes by grade.
func proofText(s offboarding.SystemCase) string {
	if len(s.Verdicts) == 0 && !s.Account.Found && s.Verified() {
		return "no account"
	}
	return shortGrade(s) + ": " + clean(offboarding.ProofText(s))
}
