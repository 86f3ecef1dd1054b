package verify

import (
	"encoding/json"
	"fmt"
)

// Result is how a check went.
type Result string

const (
	Passed     Result = "passed"
	Failed     Result = "failed"
	NotChecked Result = "not checked"
)

// Verdict is what all checks together say.
type Verdict string

const (
	// Intact: everything that the verdict rests on was checked, and is right.
	Intact Verdict = "intact"
	// Tampered: something is not as it was signed, or contradicts itself.
	Tampered Verdict = "tampered"
	// CannotSay: nothing wrong was found, and something that the verdict rests
	// on could not be checked.
	CannotSay Verdict = "cannot say"
)

// Kind is what was checked.
type Kind string

const (
	KindBundle Kind = "bundle"
	KindLog    Kind = "log"
)

// Check is one question and its answer.
type Check struct {
	// ID is a stable word for programs, Name the question for people.
	ID     string `json:"id"`
	Name   string `json:"name"`
	Result Result `json:"result"`
	// Detail says what was compared with what, or what is missing.
	Detail string `json:"detail"`
	// Limits: this was not checked, and nobody can say intact without it.
	Limits bool `json:"limits,omitempty"`
}

// Report is what a verification found. Its texts may quote what was checked.
type Report struct {
	What   string  `json:"what"` // what was checked, in a phrase
	Kind   Kind    `json:"kind"`
	Checks []Check `json:"checks"`
	// Findings are what is wrong, one sentence each.
	Findings []string `json:"findings"`
	// Says are the main facts of a case as its entries have them, to be compared
	// with any paper about it; empty where the entries were not shown to be right.
	Says []Fact `json:"says,omitempty"`
}

// Fact is one thing that a case's entries say.
type Fact struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Verdict is tampered if any check failed, cannot say if one is missing that
// the verdict rests on, and else intact.
func (r Report) Verdict() Verdict {
	out := Intact
	if len(r.Checks) == 0 {
		return CannotSay
	}
	for _, c := range r.Checks {
		switch {
		case c.Result == Failed:
			return Tampered
		case c.Result == NotChecked && c.Limits:
			out = CannotSay
		}
	}
	return out
}

// Check gives the check with the id; its result is NotChecked if there is none.
func (r Report) Check(id string) Check {
	for _, c := range r.Checks {
		if c.ID == id {
			return c
		}
	}
	return Check{ID: id, Result: NotChecked}
}

// JSON is the report with its verdict, indented, ending in a newline.
func (r Report) JSON() ([]byte, error) {
	if r.Findings == nil {
		r.Findings = []string{}
	}
	b, err := json.MarshalIndent(struct {
		Verdict Verdict `json:"verdict"`
		Report
	}{r.Verdict(), r}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	return append(b, '\n'), nil
}
