package command

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

// The policy may still refuse those that were not looked at in time, and exit
// status 0 says "all are good".
func TestAnImportThatCouldNotLookDoesNotExitZero(t *testing.T) {
	k := newDesk()
	k.states["ada@example.com"] = offboarding.Finding
	got := imports(t, t.Context(), k, three, "--zone", "UTC")
	require.NotZero(t, got.status, got.out)
}
