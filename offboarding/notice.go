package offboarding

import (
	"fmt"
	"strings"
	"time"
)

// Notice is what HR reads of a case in one message. It is short: it travels in
// the workflow's history.
type Notice struct {
	Headline string       `json:"headline"`
	Facts    []string     `json:"facts,omitempty"`
	Lines    []NoticeLine `json:"lines,omitempty"`
	// Remains is what nobody can revoke, and until when.
	Remains []string `json:"remains,omitempty"`
	Footer  string   `json:"footer,omitempty"`
	// Acts are what the case takes now.
	Acts []Possible `json:"acts,omitempty"`
}

// NoticeLine is one system's line.
type NoticeLine struct {
	System System `json:"system"`
	Text   string `json:"text"`
	// Mark is what the line's sign says: done, busy or waiting for a person.
	Mark Mark `json:"mark"`
}

// Mark is the sign of a line.
type Mark string

const (
	MarkDone Mark = "done"
	MarkBusy Mark = "busy"
	MarkNeed Mark = "need"
)

// NoticeOf tells a case as it stands now.
func NoticeOf(c Case) Notice {
	n := Notice{Headline: Headline(c), Footer: c.Outcome, Acts: PossibleActs(c)}
	if c.Unagreed() {
		n.Headline = "EMERGENCY, cut before anybody agreed: " + n.Headline
	}
	d := c.Departure
	if !d.RequestedBy.IsZero() {
		n.Facts = append(n.Facts, "asked by "+d.RequestedBy.String())
	}
	if d.Partner != "" {
		n.Facts = append(n.Facts, "from "+d.Partner)
	}
	if d.Reason != "" {
		n.Facts = append(n.Facts, "reason: "+d.Reason)
	}
	if d.Urgent {
		n.Facts = append(n.Facts, "urgent")
	}
	if !c.Due.IsZero() {
		n.Facts = append(n.Facts, "due "+In(c.Due, d.Zone))
	}
	if d.Successor != "" {
		n.Facts = append(n.Facts, "taken over by "+string(d.Successor))
	}
	n.Facts = append(n.Facts, agreement(c)...)
	if c.Record != "" {
		n.Facts = append(n.Facts, "record: "+c.Record)
	}
	for _, s := range c.Systems {
		n.Lines = append(n.Lines, lineOf(s, d.Zone))
	}
	for _, r := range c.Residuals() {
		n.Remains = append(n.Remains, ResidualText(r, d.Zone))
	}
	return n
}

// agreement says who has agreed to the plan as it is, and who is waited for.
func agreement(c Case) []string {
	var out []string
	for _, a := range c.Approvals {
		switch {
		case a.Reject:
			out = append(out, "rejected by "+a.By.String())
		case a.Plan == c.Plan:
			out = append(out, "agreed to by "+a.By.String())
		}
	}
	if c.State.Ended() {
		return out
	}
	for _, r := range Missing(c.Ruling.Approvals, c.Approvals, c.Plan, c.Departure) {
		out = append(out, "waits for "+r.Text())
	}
	if c.Held != "" {
		out = append(out, "held: "+c.Held)
	}
	return out
}

// Text says who has to agree and why: "2 of hr-leads to agree (rule dismissal)".
func (r Requirement) Text() string {
	return fmt.Sprintf("%d of %s to agree (rule %s)", r.Count, r.From, r.Rule)
}

// ResidualText says what remains and until when.
func ResidualText(r Residual, zone string) string {
	end := "nobody can know until when"
	if !r.Ends.IsZero() {
		end = "ends by itself " + In(r.Ends, zone)
	}
	return fmt.Sprintf("%s/%s: %s (%s)", r.System, r.Class, r.What, end)
}

// Headline is the case in a few words.
func Headline(c Case) string {
	who := string(c.Departure.Subject)
	switch c.State {
	case Verified:
		return "Offboarding of " + who + " is verified"
	case Closed:
		return "Offboarding of " + who + " is closed, not all of it verified"
	case Cancelled:
		return "Offboarding of " + who + " was cancelled"
	case Refused:
		return "Offboarding of " + who + " was refused"
	case NothingFound:
		return "Nobody found for " + who
	case NeedsDecision:
		return "Offboarding of " + who + " needs a decision"
	case Waiting:
		return "Offboarding of " + who + " is planned"
	case AwaitingApproval:
		return "Offboarding of " + who + " waits for approval"
	case Paused:
		return "Offboarding of " + who + " is paused"
	case Finding, Containing, Revoking, Observing, Confirming:
	}
	return "Offboarding of " + who + ": " + string(c.State)
}

func lineOf(s SystemCase, zone string) NoticeLine {
	line := NoticeLine{System: s.System, Mark: MarkBusy}
	parts := []string{FoundText(s)}
	add := func(what string, at time.Time) {
		if !at.IsZero() {
			parts = append(parts, what+" "+clock(at, zone))
		}
	}
	add("contained", s.ContainedAt)
	add("revoked", s.RevokedAt)
	add("proven", s.ProvenAt)
	if last := LastAccess(s); !last.IsZero() {
		what := "access was last possible "
		if len(s.Residuals) > 0 {
			what = "what can be revoked was last usable "
		}
		parts = append(parts, what+clock(last, zone))
	}
	if len(s.Verdicts) > 0 {
		parts = append(parts, ProofText(s))
	}
	if s.Settled() {
		line.Mark = MarkDone
	}
	for _, need := range s.Needs {
		line.Mark = MarkNeed
		what := need.What
		if need.Class != "" {
			what = string(need.Class) + ": " + what
		}
		parts = append(parts, what)
	}
	line.Text = strings.Join(parts, " · ")
	return line
}

// In shows an instant in a zone, or in UTC where the zone is unknown here.
func In(t time.Time, zone string) string {
	return t.In(location(zone)).Format("2006-01-02 15:04 MST")
}

func clock(t time.Time, zone string) string {
	return t.In(location(zone)).Format("15:04:05 MST")
}

func location(zone string) *time.Location {
	if zone == "" {
		return time.UTC
	}
	if l, err := time.LoadLocation(zone); err == nil {
		return l
	}
	return time.UTC
}
