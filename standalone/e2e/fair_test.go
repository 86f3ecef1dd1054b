package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

// A partner that ends a contract with many people at once holds up neither
// another's one leaver nor an urgent case, where a system takes only so much.
func TestManyLeaversOfOnePartnerHoldUpNobodyElse(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	const many = 40
	s := newSite(t, many+3).append(t, "\nrates:\n  okta: 4\n")
	desk := openHouse(t, s).Cases
	leaves := func(n int, partner string, urgent bool) string {
		return offboard(t, desk, offboarding.Departure{
			Subject: member(s, n), Partner: partner, Urgent: urgent, Kind: offboarding.ContractEnd,
		}).CaseID
	}
	var crowd []string
	for n := range many {
		crowd = append(crowd, leaves(n+2, "Northwind Outsourcing", false))
	}
	urgent := ended(t, desk, leaves(0, "Northwind Outsourcing", true))
	other := ended(t, desk, leaves(1, "Contoso Services", false))

	// Of those whose access was not stopped yet when somebody else asked, most
	// come after.
	var behindUrgent, behindOther, waitedForUrgent, waitedForOther int
	for _, id := range crowd {
		c := ended(t, desk, id)
		require.Equal(t, offboarding.Verified, c.State, c.Outcome)
		if c.ContainedAt.After(urgent.StartedAt) {
			behindUrgent++
			if c.ContainedAt.After(urgent.ContainedAt) {
				waitedForUrgent++
			}
		}
		if c.ProvenAt.After(other.StartedAt) {
			behindOther++
			if c.ProvenAt.After(other.ProvenAt) {
				waitedForOther++
			}
		}
	}
	for _, c := range []offboarding.Case{urgent, other} {
		require.Equal(t, offboarding.Verified, c.State, c.Outcome)
	}
	require.Greater(t, behindUrgent, 4, "nobody waited: the test shows nothing")
	require.Greater(t, behindOther, 4, "nobody waited: the test shows nothing")
	require.GreaterOrEqual(t, waitedForUrgent, behindUrgent*3/4, "the urgent case waited with %d others", behindUrgent)
	require.GreaterOrEqual(t, waitedForOther, behindOther*3/4, "the other partner's leaver waited with %d others", behindOther)
}
