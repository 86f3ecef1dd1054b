package pages_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/record/recordtest"
	"lastday/record/report/reporttest"
)

func TestACaseThatIsCalledVerifiedAndNotShownToBeIsNotSaidToBe(t *testing.T) {
	log := recordtest.New()
	c := reporttest.Verified()
	put(t, log, c)
	lie := reporttest.Verified()
	lie.RunID = "0195a1b2-0000-7000-8000-0000000000ff"
	lie.Systems[0].Observations = nil
	put(t, log, lie)
	r := open(t, log, nil)
	_, body := r.get("/record/cases/" + c.RunID)
	require.Contains(t, body, "was read back as gone")
	require.NotContains(t, body, "The entries do not agree")
	_, body = r.get("/record/cases/" + lie.RunID)
	require.Contains(t, body, "The entries do not agree")
	require.NotContains(t, body, "was read back as gone")
	require.Contains(t, body, "its own entries contradict that")
}
