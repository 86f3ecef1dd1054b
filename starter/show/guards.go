package show

import (
	"fmt"
	"io"

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
