package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// row is one line of the table.
type row struct {
	figure, measured, target string
	met                      bool
	note                     string
	others                   string // what other programs took of the machine meanwhile
}

func show(w io.Writer, rows []row) {
	if len(rows) == 0 {
		return
	}
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = 0
	t.AppendHeader(table.Row{"figure", "measured", "to reach", "", "beside it", "taken by others"})
	for _, r := range rows {
		verdict := "met"
		if !r.met {
			verdict = "MISSED"
		}
		t.AppendRow(table.Row{r.figure, r.measured, r.target, verdict, r.note, r.others})
	}
	t.Render()
}

// atMost is a row for a duration that is to stay below a target.
func atMost(name string, got, target time.Duration, note string) row {
	return row{figure: name, measured: ms(got), target: "≤ " + ms(target), met: got <= target, note: note}
}

// atMostMB is a row for a size.
func atMostMB(name string, got, target float64, note string) row {
	return row{
		figure: name, measured: fmt.Sprintf("%.1f MB", got), target: fmt.Sprintf("≤ %.0f MB", target),
		met: got <= target, note: note,
	}
}

// atMostCount is a row for a number.
func atMostCount(name string, got, target int, note string) row {
	return row{figure: name, measured: fmt.Sprint(got), target: fmt.Sprintf("≤ %d", target), met: got <= target, note: note}
}

func ms(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
	}
	if d >= 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// quantile of times; q is from 0 to 1.
func quantile(all []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

func median(all []time.Duration) time.Duration { return quantile(all, 0.5) }
