package show

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"lastday/workflows"
)

// Guards prints what stands above all cases: the kill switch, and what the
// brake holds. It prints nothing where neither has anything to say.
func Guards(w io.Writer, frozen bool, brake workflows.BrakeState) {
	if frozen {
		fmt.Fprintln(w, "FROZEN: no system is written to until two people say: starter unfreeze --reason TEXT")
	}
	if n := len(brake.Held); n > 0 {
		fmt.Fprintf(w, "The brake holds %d departures, the first since %s; two people release them: starter release --reason TEXT\n",
			n, brake.Held[0].Since.Format("2006-01-02 15:04 MST"))
	}
}

// Refusals prints one line a refusal, newest first.
func Refusals(w io.Writer, all []workflows.RefusedRequest) {
	if len(all) == 0 {
		fmt.Fprintln(w, "nothing was refused at a door")
		return
	}
	t := newTable(w, table.Row{"when", "who", "what", "person", "rule", "why"})
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 6, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft}})
	for _, r := range all {
		t.AppendRow(table.Row{
			r.Refusal.At.UTC().Format("2006-01-02 15:04:05"), clean(r.Refusal.By.String()), clean(r.Refusal.Action),
			clean(string(r.Subject)), clean(r.Refusal.Rule), clean(r.Refusal.Why),
		})
	}
	t.Render()
}
