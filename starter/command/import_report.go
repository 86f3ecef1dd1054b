package command

import (
	"fmt"

	"lastday/starter/departures"
	"lastday/starter/show"
)

// Imported is what import prints with -o json. It is printed piece by piece, as
// it comes, so that a long file does not fill the memory.
type Imported struct {
	Problems []departures.Problem `json:"problems,omitempty"`
	// Plans are those of --dry-run.
	Plans   []departures.Planned `json:"plans,omitempty"`
	Results []departures.Result  `json:"results,omitempty"`
	// Looked are the cases that were started and looked at afterwards.
	Looked  []departures.Result `json:"looked,omitempty"`
	Summary ImportSummary       `json:"summary"`
}

// ImportSummary counts what became of a file's people.
type ImportSummary struct {
	File   string `json:"file"`
	DryRun bool   `json:"dry_run"`
	departures.Summary
	Started      int `json:"started"`
	Joined       int `json:"joined"`
	AlreadyEnded int `json:"already_ended"`
	Failed       int `json:"failed"`
	// Refused, NotFound and Waits are of those who were started or joined, and NotLooked
	// those of whom that is not known yet.
	Refused   int `json:"refused"`
	NotFound  int `json:"not_found"`
	Waits     int `json:"waits"`
	NotLooked int `json:"not_looked"`
	// Plan is set for --dry-run.
	Plan *departures.Sum `json:"plan,omitempty"`
}

func (s *ImportSummary) count(r departures.Result) {
	switch r.Outcome {
	case departures.Started:
		s.Started++
	case departures.Joined:
		s.Joined++
	case departures.AlreadyEnded:
		s.AlreadyEnded++
	case departures.Failed:
		s.Failed++
	case departures.Refused, departures.NotFound, departures.Waits: // known only later
	}
}

func (s *ImportSummary) countLooked(r departures.Result) {
	s.NotLooked--
	switch r.Outcome {
	case departures.Refused:
		s.Refused++
	case departures.NotFound:
		s.NotFound++
	case departures.Waits:
		s.Waits++
	case departures.Started, departures.Joined, departures.AlreadyEnded, departures.Failed: // nothing new
	}
}

func (s *ImportSummary) asked() int { return s.Started + s.Joined + s.AlreadyEnded + s.Failed }

// reporter tells how an import goes, one call at a time.
type reporter interface {
	problem(p departures.Problem)
	ignored(columns []string)
	begin(what string, people int)
	planned(p departures.Planned)
	result(r departures.Result)
	looked(r departures.Result)
	close(s ImportSummary) error
}

func (i *importer) reporter() reporter {
	if i.g.json() {
		return jsonReport{show.NewStream(i.g.out)}
	}
	return textReport{show.NewImport(i.g.out)}
}

type jsonReport struct{ *show.Stream }

func (j jsonReport) problem(p departures.Problem) { j.Add("problems", p) }
func (j jsonReport) ignored([]string)             {} // the summary has them
func (j jsonReport) begin(string, int)            {}
func (j jsonReport) planned(p departures.Planned) { j.Add("plans", p) }
func (j jsonReport) result(r departures.Result)   { j.Add("results", r) }
func (j jsonReport) looked(r departures.Result)   { j.Add("looked", r) }

func (j jsonReport) close(s ImportSummary) error {
	j.Field("summary", s)
	if err := j.Close(); err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	return nil
}

type textReport struct{ *show.Import }

func (t textReport) problem(p departures.Problem)  { t.Problem(p) }
func (t textReport) ignored(columns []string)      { t.Ignored(columns) }
func (t textReport) begin(what string, people int) { t.Begin(what, people) }
func (t textReport) planned(p departures.Planned)  { t.Planned(p) }
func (t textReport) result(r departures.Result)    { t.Result(r) }
func (t textReport) looked(r departures.Result)    { t.Result(r) }

func (t textReport) close(s ImportSummary) error {
	switch {
	case s.Plan != nil:
		t.ClosePlans(*s.Plan)
	case s.asked() > 0:
		t.Close(tallies(s))
	}
	return nil
}

func tallies(s ImportSummary) []show.Tally {
	out := []show.Tally{{What: "started", People: s.Started}}
	for _, t := range []show.Tally{
		{What: "  of these refused", People: s.Refused},
		{What: "  of these known to no system", People: s.NotFound},
		{What: "  of these waiting for a person", People: s.Waits},
		{What: "  of these not looked at yet", People: s.NotLooked},
		{What: "joined a case that runs", People: s.Joined},
		{What: "already ended", People: s.AlreadyEnded},
		{What: "failed", People: s.Failed},
		{What: "not asked for", People: s.People - s.asked()},
		{What: "lines left out: bad", People: s.Bad},
		{What: "lines left out: repeated", People: s.Repeated},
	} {
		if t.People > 0 {
			out = append(out, t)
		}
	}
	return out
}
