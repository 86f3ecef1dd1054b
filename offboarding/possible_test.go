package offboarding_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

func acts(c offboarding.Case) []offboarding.Act {
	var out []offboarding.Act
	for _, p := range offboarding.PossibleActs(c) {
		out = append(out, p.Do)
	}
	return out
}

func TestWhatACaseTakesDependsOnWhereItStands(t *testing.T) {
	needs := offboarding.SystemCase{System: "github", Needs: []offboarding.Need{{System: "github", Class: "deploy-keys"}, {System: "github"}}}
	many := offboarding.SystemCase{System: "github", Needs: make([]offboarding.Need, 40)}
	wants := offboarding.Ruling{Approvals: []offboarding.Requirement{{From: "security", Count: 1}}}
	for name, try := range map[string]struct {
		c    offboarding.Case
		want []offboarding.Act
	}{
		"waits for approval": {offboarding.Case{State: offboarding.AwaitingApproval, Plan: "p", Ruling: wants}, []offboarding.Act{
			offboarding.ActApprove, offboarding.ActReject, offboarding.ActExpedite, offboarding.ActReschedule, offboarding.ActCancel,
		}},
		"waits for its time": {offboarding.Case{State: offboarding.Waiting}, []offboarding.Act{offboarding.ActExpedite, offboarding.ActReschedule, offboarding.ActCancel}},
		"held":               {offboarding.Case{State: offboarding.Paused}, []offboarding.Act{offboarding.ActRelease, offboarding.ActExpedite, offboarding.ActReschedule, offboarding.ActCancel}},
		"an emergency is under way": {
			offboarding.Case{State: offboarding.AwaitingApproval, Plan: "p", Ruling: offboarding.Ruling{Approvals: wants.Approvals, Emergency: true}, ContainedAt: time.Now()},
			[]offboarding.Act{offboarding.ActApprove, offboarding.ActReject, offboarding.ActCancel},
		},
		"is being cut": {offboarding.Case{State: offboarding.Revoking}, []offboarding.Act{offboarding.ActCancel}},
		"asks": {offboarding.Case{State: offboarding.NeedsDecision, Systems: []offboarding.SystemCase{needs}}, []offboarding.Act{
			offboarding.ActCancel, offboarding.ActRetry, offboarding.ActAttest, offboarding.ActWaive, offboarding.ActRetry, offboarding.ActAttest, offboarding.ActWaive,
		}},
		"asks a lot":   {offboarding.Case{State: offboarding.NeedsDecision, Systems: []offboarding.SystemCase{many}}, []offboarding.Act{offboarding.ActCancel, offboarding.ActDecide}},
		"is over":      {offboarding.Case{State: offboarding.Verified, Systems: []offboarding.SystemCase{needs}}, nil},
		"was rejected": {offboarding.Case{State: offboarding.Cancelled, Plan: "p", Ruling: wants}, nil},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, try.want, acts(try.c)) })
	}
}

func TestAButtonsTokenIsReadAsItWasWritten(t *testing.T) {
	for _, p := range []offboarding.Possible{{Do: offboarding.ActCancel}, {Do: offboarding.ActWaive, Target: "github/deploy-keys"}, {Do: offboarding.ActRetry, Target: "okta"}} {
		for _, id := range []string{"offboard:jane@example.com", "offboard:jane@example.com#12"} {
			got, caseID, err := offboarding.ParseToken(p.Token(id))
			require.NoError(t, err)
			require.Equal(t, p, got)
			require.Equal(t, id, caseID)
		}
	}
	for _, bad := range []string{
		"", "{", "null", `{"do":"shout","case":"offboard:jane@example.com"}`, `{"do":"cancel","case":"plan:jane@example.com"}`,
		`{"do":"cancel","case":"offboard:jane@example.com#1"}`, `{"do":"cancel","case":"offboard:jane@example.com#02"}`,
		`{"do":"cancel","case":"offboard:Jane@example.com"}`, `{"do":"retry","on":"a/b/c","case":"offboard:jane@example.com"}`,
		`{"do":"cancel","case":""}`,
	} {
		_, _, err := offboarding.ParseToken(bad)
		require.Error(t, err, bad)
	}
}

func TestTheLastMomentIsKnownOnlyOnceAllIsSeenToBeGone(t *testing.T) {
	s := judged(offboarding.Observed)
	s.Actions = []offboarding.Action{{At: noon}, {At: noon.Add(time.Minute)}, {At: noon.Add(time.Second)}}
	require.Equal(t, noon.Add(time.Minute), offboarding.LastAccess(s))
	s.Verdicts = append(s.Verdicts, offboarding.Verdict{Proof: offboarding.Attested})
	require.True(t, offboarding.LastAccess(s).IsZero())
	require.True(t, offboarding.LastAccess(absent("okta")).IsZero())
}
