package offboarding

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Row is one system's line in a case's timeline.
type Row struct {
	System      System
	Account     string
	Found       string // "2 sessions, 1 admin-roles"
	ContainedAt time.Time
	RevokedAt   time.Time
	ProvenAt    time.Time
	Proof       string // "observed 9, logged 1", or what is open
}

// Timeline gives one row a system, in the case's order.
func Timeline(c Case) []Row {
	out := make([]Row, 0, len(c.Systems))
	for _, s := range c.Systems {
		out = append(out, Row{
			System: s.System, Account: accountLabel(s.Account), Found: FoundText(s),
			ContainedAt: s.ContainedAt, RevokedAt: s.RevokedAt, ProvenAt: s.ProvenAt, Proof: ProofText(s),
		})
	}
	return out
}

func accountLabel(a Account) string {
	if a.Login != "" {
		return a.Login
	}
	return a.ID
}

// FoundText counts the grants by class: "2 sessions, 3 groups". Where the grants
// were erased it takes the counts of the verdicts.
func FoundText(s SystemCase) string {
	switch {
	case s.FoundAt.IsZero():
		return "not looked yet"
	case !s.Account.Found:
		return "no account"
	case len(s.Grants) > 0:
		return countText(classes(s), s.Grants)
	}
	// What was held may be erased with the person; how many there were is not.
	var parts []string
	for _, v := range s.Verdicts {
		if v.Found > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", v.Found, v.Class))
		}
	}
	if len(parts) == 0 {
		return "account, no access left"
	}
	return strings.Join(parts, ", ")
}

// grades orders proofs, best first.
var grades = [...]Proof{Observed, Logged, Acknowledged, Attested, Waived, ReportedProof}

// ProofText says how well the system's classes are shown to be closed.
func ProofText(s SystemCase) string {
	switch {
	case s.FoundAt.IsZero() && len(s.Verdicts) == 0:
		return "open"
	case len(s.Verdicts) == 0 && !s.Account.Found:
		return "observed: no account"
	}
	var parts []string
	for _, g := range grades {
		n := 0
		for _, v := range s.Verdicts {
			if v.Proof == g {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", g, n))
		}
	}
	var open []string
	for _, v := range s.Verdicts {
		if v.Proof == ProofNone {
			open = append(open, string(v.Class))
		}
	}
	if len(open) > 0 && len(parts)+len(s.Observations)+len(s.Actions) > 0 {
		parts = append(parts, "open: "+strings.Join(open, ", "))
	}
	if len(parts) == 0 {
		return "open"
	}
	return strings.Join(parts, ", ")
}

// LastAccess is the last moment at which access in the system that can be
// revoked can have been used, once all of it was seen to be gone; residuals go
// on until their own end. It is that of the last change that took
// some away. Zero where nobody can say so, or nobody is known there.
func LastAccess(s SystemCase) time.Time {
	if !s.Account.Found || !s.Verified() {
		return time.Time{}
	}
	var at time.Time
	for _, a := range s.Actions {
		if a.At.After(at) {
			at = a.At
		}
	}
	return at
}

// Latest returns the last of the given instants over all systems that have an
// account, or zero if one of them has none yet, or has not said whether it has an
// account.
func Latest(systems []SystemCase, at func(SystemCase) time.Time) time.Time {
	var all []time.Time
	for _, s := range systems {
		if !s.Account.Found && !s.FoundAt.IsZero() {
			continue
		}
		if at(s).IsZero() {
			return time.Time{}
		}
		all = append(all, at(s))
	}
	if len(all) == 0 {
		return time.Time{}
	}
	return slices.MaxFunc(all, time.Time.Compare)
}

// CountText counts grants by class: "3 groups, 1 factors".
func CountText(grants []Grant) string {
	return countText(classesOf(grants), grants)
}

// Shorten cuts a text to at most n runes, with an ellipsis.
func Shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

func classesOf(grants []Grant) []Class {
	var out []Class
	for _, g := range grants {
		if !slices.Contains(out, g.Class) {
			out = append(out, g.Class)
		}
	}
	return out
}

func countText(classes []Class, grants []Grant) string {
	var parts []string
	for _, class := range classes {
		n := 0
		for _, g := range grants {
			if g.Class == class {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, class))
		}
	}
	return strings.Join(parts, ", ")
}

// Names lists the systems' names.
func Names(systems []SystemCase) string {
	names := make([]string, 0, len(systems))
	for _, s := range systems {
		names = append(names, string(s.System))
	}
	return strings.Join(names, ", ")
}

// CutText says what was already cut, system by system.
func CutText(systems []SystemCase) string {
	var parts []string
	for _, s := range systems {
		if len(s.Actions) > 0 {
			parts = append(parts, fmt.Sprintf("%s (%d changes)", s.System, len(s.Actions)))
		}
	}
	if len(parts) == 0 {
		return "nothing was cut"
	}
	return "cut already and not given back: " + strings.Join(parts, ", ")
}

// ChangedText says what a case changed that ends early.
func ChangedText(systems []SystemCase) string {
	for _, s := range systems {
		if len(s.Actions) > 0 {
			return CutText(systems)
		}
	}
	return "nothing was changed"
}

// Story is the case as Markdown, for the Temporal UI.
func Story(c Case) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", Headline(c))
	if c.Outcome != "" {
		fmt.Fprintf(&b, "%s\n\n", cell(c.Outcome))
	}
	b.WriteString("| system | account | found | contained | revoked | proven | proof |\n|---|---|---|---|---|---|---|\n")
	for _, r := range Timeline(c) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.System, cell(r.Account), cell(r.Found),
			hour(r.ContainedAt), hour(r.RevokedAt), hour(r.ProvenAt), cell(r.Proof))
	}
	if c.Unrecorded != "" {
		fmt.Fprintf(&b, "\n- **not in the record**: %s\n", cell(c.Unrecorded))
	}
	if c.Record != "" {
		fmt.Fprintf(&b, "\n[the record of this case](%s)\n", c.Record)
	}
	for _, n := range c.Needs() {
		fmt.Fprintf(&b, "\n- **waits for a person** `%s`: %s\n", n.Target(), cell(n.What))
	}
	for _, r := range c.Residuals() {
		fmt.Fprintf(&b, "\n- remains: %s\n", cell(ResidualText(r, c.Departure.Zone)))
	}
	return b.String()
}

func hour(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("15:04:05.000")
}

// cell keeps a vendor's words from breaking out of a Markdown table, and from
// being a link or picture.
func cell(s string) string { return plain.Replace(s) }

var plain = strings.NewReplacer("\\", "\\\\", "|", "\\|", "\n", " ", "\r", " ", "<", "&lt;", "`", "'", "[", "\\[")

// PlainText makes a person's or vendor's words safe inside Markdown.
func PlainText(s string) string { return cell(s) }
