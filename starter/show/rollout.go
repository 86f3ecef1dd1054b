package show

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"lastday/starter/cases"
)

// Rollout prints a line a build, newest first, and says so if none runs cases.
func Rollout(w io.Writer, r cases.Rollout) {
	t := newTable(w, table.Row{"build", "first seen", "workers", "runs"})
	for _, b := range r.Builds {
		runs := "no cases"
		switch b.ID {
		case r.Current:
			runs = "all cases"
			if r.Ramping != "" {
				runs = fmt.Sprintf("%g %% of the cases", 100-r.Percent)
			}
		case r.Ramping:
			runs = fmt.Sprintf("%g %% of the cases", r.Percent)
		}
		t.AppendRow(table.Row{clean(b.ID), b.Since.UTC().Format("2006-01-02 15:04 MST"), b.Workers, runs})
	}
	t.Render()
	if r.Current == "" {
		fmt.Fprintln(w, "No build is chosen: only workers without worker.deployment run cases. Choose one: starter rollout -c FILE BUILD")
	}
	for _, b := range r.Builds {
		if b.ID == r.Current && b.Workers == 0 {
			fmt.Fprintf(w, "No worker of build %s is running: cases stand still. Start one, or choose another.\n", clean(b.ID))
		}
	}
}
