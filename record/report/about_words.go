package report

import (
	"fmt"
	"strconv"
	"time"

	"lastday/offboarding"
	"lastday/record/casefile"
)

// approvalSection says who had to agree, and who did.
func approvalSection(c casefile.Case) section {
	s := section{ID: "approvals", Title: "Approval"}
	switch {
	case c.Ruling.Refused != "":
		s.para("The policy refused the departure by its rule " + clean(c.Ruling.Refused) + ": " + clean(c.Ruling.Why) + ".")
	case len(c.Ruling.Approvals) == 0:
		s.para("The policy asked for no approval.")
	case c.Standing.ApprovedAt.IsZero():
		s.para("Not all who had to agree to the plan have done so.")
	default:
		s.para("All who had to agree to the plan had done so at " + stampUTC(c.Standing.ApprovedAt) + ".")
	}
	if len(c.Ruling.Approvals) > 0 {
		t := table{Caption: "What the policy asked for", Columns: []column{{"Rule", 3}, {"How many must agree", 1.5}, {"Of", 3}, {"Within", 1.5}, {"Otherwise", 2}}}
		for _, r := range c.Ruling.Approvals {
			otherwise := "it asks again and waits"
			if r.Expired == offboarding.ExpiryCancel {
				otherwise = "the case ends"
			}
			t.Rows = append(t.Rows, []string{clean(r.Rule), strconv.Itoa(r.Count), clean(r.From), span(r.Within), otherwise})
		}
		s.table(t)
	}
	t := table{
		Caption: "What people said of the plan",
		Columns: []column{{"When (UTC)", 2.1}, {"Who", 3}, {"Said", 1.5}, {"Of which plan", 2.6}, {"Reason", 3.4}},
		Empty:   "Nobody said yes or no to the plan.",
	}
	for _, a := range c.Approvals {
		said := "yes"
		if a.Reject {
			said = "no"
		}
		plan := "this plan, " + clean(a.Plan)
		if a.Plan != c.Plan {
			plan = "another plan, " + clean(a.Plan) + ": it does not count"
		}
		t.Rows = append(t.Rows, []string{stamp(a.At), who(a.By), said, plan, erasedOr(c, a.Reason)})
	}
	s.table(t)
	return s
}

// residualSection lists what nobody can revoke.
func residualSection(c casefile.Case) section {
	s := section{ID: "residuals", Title: "What nobody can revoke"}
	t := table{
		Caption: "Residuals",
		Columns: []column{{"System", 1.5}, {"Class", 2}, {"What", 6}, {"Ends by itself (UTC)", 2.2}},
		Empty:   "No residual is known.",
	}
	for _, r := range c.Residuals() {
		t.Rows = append(t.Rows, []string{clean(string(r.System)), clean(string(r.Class)), erasedOr(c, r.What), remains(r.Ends)})
	}
	s.table(t)
	return s
}

// decisionSection lists what people told the case, with their reasons.
func decisionSection(c casefile.Case) section {
	s := section{ID: "decisions", Title: "Decisions and exceptions"}
	t := table{
		Caption: "Decisions on what was open",
		Columns: []column{{"When (UTC)", 2.1}, {"Who", 3}, {"Decision", 2.4}, {"On", 2.6}, {"Reason", 3.6}, {"Until (UTC)", 2}},
		Empty:   "No decision was taken.",
	}
	for _, d := range c.Decisions {
		until := ""
		if !d.Until.IsZero() {
			until = d.Until.UTC().Format(toTheSecond)
		}
		t.Rows = append(t.Rows, []string{stamp(d.At), who(d.By), verb(d.Verb), target(d.System, d.Class), erasedOr(c, d.Reason), until})
	}
	s.table(t)
	if len(c.Orders) > 0 {
		t := table{
			Caption: "Words on the case as a whole",
			Columns: []column{{"When (UTC)", 2.1}, {"Who", 3}, {"What", 1.8}, {"New time (UTC)", 2.1}, {"Reason", 3.6}},
		}
		for _, o := range c.Orders {
			t.Rows = append(t.Rows, []string{stamp(o.At), who(o.By), clean(o.Do), stamp(o.To), erasedOr(c, o.Reason)})
		}
		s.table(t)
	}
	return s
}

func verb(v offboarding.Verb) string {
	switch v {
	case offboarding.Retry:
		return "retry: try again"
	case offboarding.Attest:
		return "attest: says it is gone"
	case offboarding.Waive:
		return "waive: accepts that it stays"
	}
	return clean(string(v))
}

// refusalSection lists what the policy refused to people.
func refusalSection(c casefile.Case) section {
	s := section{ID: "refusals", Title: "Refused attempts"}
	t := table{
		Caption: "What the policy refused",
		Columns: []column{{"When (UTC)", 2.1}, {"Who", 3}, {"Tried to", 2}, {"Rule", 2.4}, {"Why", 4}},
		Empty:   "Nothing was refused.",
	}
	for _, r := range c.Refusals {
		t.Rows = append(t.Rows, []string{stamp(r.At), who(r.By), clean(r.Action), clean(r.Rule), clean(r.Why)})
	}
	s.table(t)
	return s
}

// meaningSection says what each grade means.
func meaningSection() section {
	s := section{ID: "meanings", Title: "What the grades mean"}
	t := table{Caption: "Grades, best first", Columns: []column{{"Grade", 1.4}, {"Meaning", 9}}}
	for _, m := range meanings() {
		t.Rows = append(t.Rows, []string{m[0], m[1]})
	}
	s.table(t)
	return s
}

// entriesSection lists all entries of the case.
func entriesSection(c casefile.Case) section {
	s := section{ID: "entries", Title: "Every entry of the record"}
	s.para("The case's entries in the log, counted from 1 without a gap. The index is the place in the whole log, whose other entries are of other cases.")
	t := table{
		Caption: count(len(c.Lines), "entry", "entries"),
		Columns: []column{{"No.", 0.7}, {"Index", 0.9}, {"Kind", 1.7}, {"Happened (UTC)", 1.6}, {"Recorded (UTC)", 1.6}, {"System", 1.3}, {"Who", 2.6}, {"What", 5.2}},
		Empty:   "There is no entry.",
	}
	for _, l := range c.Lines {
		t.Rows = append(t.Rows, []string{
			strconv.FormatInt(l.Seq, 10), strconv.FormatInt(l.Index, 10), clean(string(l.Kind)), stamp(l.At), stamp(l.Recorded),
			clean(l.System), clean(l.Who), clean(l.Text),
		})
	}
	s.table(t)
	return s
}

// logSection says what of this can be checked, and how far.
func logSection(c casefile.Case, o Options) section {
	s := section{ID: "log", Title: "What this rests on"}
	s.para("This page is a rendering of the record; it proves nothing by itself. What proves it is evidence.json, which came in the same bundle, and HOW-TO-CHECK.txt says how to check it without trusting whoever made it.")
	if o.Size == 0 {
		s.para("This page was made without a checkpoint: export the case's bundle to check it.")
		return s
	}
	s.facts(
		fact{"Log", clean(o.Origin)}, fact{"Entries that the checkpoint covers", strconv.FormatInt(o.Size, 10)},
		fact{"Root hash of the checkpoint", clean(o.Root)}, fact{"Entries of this case", strconv.Itoa(len(c.Lines))},
		fact{"Told as of", stampUTC(AsOf(c))},
	)
	if len(o.Anchors) == 0 {
		s.para("No anchor: no checkpoint is known to have been put outside the log. Whoever has the log and its key could have rewritten it before this bundle was made, and nothing in the bundle would show it.")
		return s
	}
	t := table{
		Caption: "Anchors: checkpoints that were put outside the log",
		Columns: []column{{"Anchor", 2}, {"Kind", 1.5}, {"Where", 5}, {"When (UTC)", 2.2}},
	}
	for _, a := range o.Anchors {
		t.Rows = append(t.Rows, []string{clean(a.Anchor), clean(a.Kind), clean(a.Where), stamp(a.At)})
	}
	s.para(fmt.Sprintf("%s put outside the log. Compare what stands there with the copy in evidence.json.", sentence(count(len(o.Anchors), "checkpoint was", "checkpoints were"))))
	s.table(t)
	return s
}

// Created is the instant that files made of the case carry: AsOf, or the
// earliest that a zip file knows.
func Created(c casefile.Case) time.Time {
	earliest := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	if at := AsOf(c); at.After(earliest) {
		return at
	}
	return earliest
}
