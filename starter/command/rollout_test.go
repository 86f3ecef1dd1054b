package command_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/starter/command"
)

// What is no share of the cases must not become all of them.
func TestAShareThatIsNoneIsRefused(t *testing.T) {
	path := edited(t, "  # deployment: lastday", "  deployment: lastday")
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	for _, percent := range []string{"NaN", "-1", "101", "Inf"} {
		_, errs := starter(t, command.ExitUsage, "rollout", "-c", path, "one", "--percent", percent)
		require.Contains(t, errs, "a number from 0 to 100", percent)
	}
}
