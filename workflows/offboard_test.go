package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

func TestOneDepartureIsCutProvenAndConfirmed(t *testing.T) {
	h := newHouse(t)
	h.system("okta").holds("sessions", "groups")
	h.system("github").holds("membership", "deploy-keys")
	got := h.offboard(offboarding.Departure{Subject: "Jane.Doe@example.com"})
	require.Equal(t, offboarding.Verified, got.State, got.Outcome)
	require.Empty(t, h.system("okta").left())
	require.Empty(t, h.system("github").left())
	require.Equal(t, []string{"okta.Find", "okta.Contain", "okta.Revoke", "okta.Observe"}, h.calls("okta"))
}
