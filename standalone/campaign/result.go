package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"lastday/record/verify"
	"lastday/sandbox/faults"
)

// result is what came of a campaign.
type result struct {
	orders orders
	states map[string]int // cases by how they ended; open: not at all
	calls  int
	faults map[faults.Kind]int
	kills  map[string]int
	took   time.Duration

	falsely        []string // called gone, and there
	doubled        []string // done twice
	lost           []string // cases that are nowhere, or ended as no case ends
	contradictions []string // between case and record
	bystanders     []string // people who did not leave and lost something
	open           []string
	untold         []string // cases that ended without a message
	others         []string // messages about no case

	posted  int
	entries int64
	verdict verify.Verdict
}

// held reports whether the promise was kept.
func (r *result) held() bool {
	return len(r.falsely)+len(r.doubled)+len(r.lost)+len(r.contradictions)+len(r.bystanders)+len(r.open) == 0
}

func (r *result) show(w io.Writer) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = 0
	t.AppendHeader(table.Row{"", "", "must be"})
	line := func(what string, n any) { t.AppendRow(table.Row{what, n, ""}) }
	none := func(what string, n int) { t.AppendRow(table.Row{what, n, 0}) }
	line("seed", r.orders.seed)
	line("cases", r.orders.cases)
	for _, state := range slices.Sorted(maps.Keys(r.states)) {
		line("  "+state, r.states[state])
	}
	none("falsely called gone", len(r.falsely))
	none("done twice", len(r.doubled))
	none("lost", len(r.lost))
	none("still open", len(r.open))
	none("contradictions between case and record", len(r.contradictions))
	none("people who stay and lost something", len(r.bystanders))
	line("messages posted, those taken away again included", r.posted)
	line("ended and nobody could be told", len(r.untold))
	line("the record", fmt.Sprintf("%d entries, %s", r.entries, r.verdict))
	line("calls to vendors", r.calls)
	line("faults", r.sum())
	for _, kind := range slices.Sorted(maps.Keys(r.faults)) {
		line("  "+string(kind), r.faults[kind])
	}
	line("kills of a worker", r.kills["worker"])
	line("kills of the server", r.kills["server"])
	line("seconds", fmt.Sprintf("%.0f", r.took.Seconds()))
	t.Render()
	for _, list := range []struct {
		what string
		all  []string
	}{
		{"falsely called gone", r.falsely},
		{"done twice", r.doubled},
		{"lost", r.lost},
		{"still open", r.open},
		{"contradictions", r.contradictions},
		{"people who stay", r.bystanders},
		{"nobody was told", r.untold},
		{"messages about no case", r.others},
	} {
		if len(list.all) > 0 {
			fmt.Fprintf(w, "\n%s:\n  %s\n", list.what, strings.Join(list.all[:min(len(list.all), 20)], "\n  "))
		}
	}
}

func (r *result) sum() int {
	n := 0
	for _, of := range r.faults {
		n += of
	}
	return n
}
