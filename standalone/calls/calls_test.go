package calls_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/sandbox/faults"
	"lastday/standalone/calls"
)

func TestWhatIsDoneTwiceIsFoundUnlessTheVendorMisledUs(t *testing.T) {
	at := time.Now()
	call := func(op, path string, kind faults.Kind, applied bool) faults.Call {
		at = at.Add(time.Second)
		status := http.StatusOK
		if kind == faults.AppliedFail {
			status = http.StatusInternalServerError
		}
		return faults.Call{At: at, Op: op, Path: path, Status: status, Fault: kind, Applied: applied}
	}
	remove := func(kind faults.Kind, applied bool) faults.Call {
		return call("DELETE /orgs/{org}/memberships/{username}", "/orgs/acme/memberships/jane", kind, applied)
	}
	for name, c := range map[string]struct {
		made  []faults.Call
		twice bool
	}{
		"once":                        {[]faults.Call{remove("", true)}, false},
		"twice":                       {[]faults.Call{remove("", true), remove("", true)}, true},
		"the first was refused":       {[]faults.Call{remove("", false), remove("", true)}, false},
		"the first was a lie":         {[]faults.Call{remove(faults.Lie, false), remove("", true)}, false},
		"the first was not answered":  {[]faults.Call{remove(faults.AppliedFail, true), remove("", true)}, false},
		"seen done, and once more":    {[]faults.Call{remove(faults.AppliedFail, true), remove("", true), remove(faults.AppliedFail, true)}, true},
		"misled about the person":     {[]faults.Call{remove("", true), call("GET /orgs/{org}/memberships/{username}", "/orgs/acme/memberships/jane", faults.Stale, true), remove("", true)}, false},
		"misled about somebody else":  {[]faults.Call{remove("", true), call("GET /orgs/{org}/memberships/{username}", "/orgs/labs/memberships/joe", faults.Stale, true), remove("", true)}, true},
		"misled before the first one": {[]faults.Call{call("GET /orgs/{org}/memberships/{username}", "/orgs/acme/memberships/jane", faults.Stale, true), remove("", true), remove("", true)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			all := calls.New()
			for _, call := range c.made {
				all.Note("github", call)
			}
			require.Equal(t, c.twice, len(all.Doubled()) == 1, all.Doubled())
		})
	}
}
