package workflows_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

// What people say comes early, twice, in any order, and after the end: the case
// ends the same.
func TestAnyOrderOfDecisionsEndsTheSame(t *testing.T) {
	orders := 1000
	if testing.Short() {
		orders = 100
	}
	ends := map[string]int{}
	for seed := range orders {
		ends[endOf(t, uint64(seed))]++
	}
	require.Len(t, ends, 1, "%v", ends)
	for end := range ends {
		require.Contains(t, end, "closed")
		require.Contains(t, end, "github/deploy-keys waived")
		require.Contains(t, end, "agreed sven@example.com tara@example.com")
	}
}

// endOf plays one order and gives what the case came to.
func endOf(t *testing.T, seed uint64) string {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // an order, not a secret
	h, okta, github := twoSystems(t)
	twoOfSecurity(h, offboarding.ExpiryRemind)
	github.holds("deploy-keys").asks("deploy-keys", offboarding.Ask)
	words := []func(){
		func() { h.agree(sven) },
		func() { h.agree(tara) },
		func() { h.agree(hanna) },
		func() { h.decide(offboarding.Waive, "github/deploy-keys") },
		func() { h.decide(offboarding.Attest, "okta/sessions") },
		func() { h.decide(offboarding.Attest, "okta") },
		func() { h.decide(offboarding.Retry, "github") },
		func() { h.decide(offboarding.Retry, "nowhere") },
	}
	say := func(words []func()) {
		for _, w := range append(slices.Clone(words), words...) {
			h.env.RegisterDelayedCallback(w, time.Duration(random.Int64N(int64(20*time.Hour))))
		}
	}
	say(words)
	// Whoever was not heard because it was too early says it again.
	for i, w := range words[:4] {
		h.env.RegisterDelayedCallback(w, 21*time.Hour+time.Duration(i)*time.Minute)
	}
	d := byHanna()
	h.start(d)
	require.True(t, h.env.IsWorkflowCompleted(), "seed %d", seed)
	require.NoError(t, h.env.GetWorkflowError())
	var c offboarding.Case
	require.NoError(t, h.env.GetWorkflowResult(&c))
	out := []string{string(c.State)}
	for _, s := range c.Systems {
		for _, v := range s.Verdicts {
			out = append(out, fmt.Sprintf("%s/%s %s", s.System, v.Class, v.Proof))
		}
	}
	var yes []string
	for _, a := range c.Approvals {
		yes = append(yes, a.By.String())
	}
	slices.Sort(yes)
	for _, s := range []*scripted{okta, github} {
		out = append(out, fmt.Sprintf("%s left %v, %d containments", s.name, s.left(), len(h.when(string(s.name)+".Contain"))))
	}
	require.Empty(t, offboarding.Missing(c.Ruling.Approvals, c.Approvals, c.Plan, c.Departure))
	return strings.Join(append(out, "agreed "+strings.Join(yes, " ")), "; ")
}
