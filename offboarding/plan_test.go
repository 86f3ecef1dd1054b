package offboarding_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

func TestThePlanOfASystem(t *testing.T) {
	found := offboarding.Account{Found: true, ID: "7"}
	live := offboarding.Grant{Class: "login", ID: "7", Closes: offboarding.StepContain}
	team := offboarding.Grant{Class: "groups", ID: "g", Closes: offboarding.StepRevoke}
	blind := offboarding.Coverage{Class: "access-tokens", Sight: offboarding.Blind}
	require.Equal(t, offboarding.Plan{}, offboarding.MakePlan(offboarding.SystemCase{Grants: []offboarding.Grant{team}}, nil), "nobody there")
	require.Equal(t, offboarding.Plan{}, offboarding.MakePlan(offboarding.SystemCase{Account: found}, nil), "nothing held")
	require.Equal(t, offboarding.Plan{Contain: true, Revoke: []offboarding.Grant{team}},
		offboarding.MakePlan(offboarding.SystemCase{Account: found, Grants: []offboarding.Grant{live, team}}, nil))
	require.Equal(t, offboarding.Plan{Contain: true, Blind: []offboarding.Coverage{blind}},
		offboarding.MakePlan(offboarding.SystemCase{Account: found, Coverage: []offboarding.Coverage{blind}}, nil), "what cannot be seen may be there")
	ask := team
	ask.Removal = offboarding.Ask
	other := ask
	other.ID = "h"
	require.Equal(t, []offboarding.Class{"groups"},
		offboarding.MakePlan(offboarding.SystemCase{Account: found, Grants: []offboarding.Grant{ask, other}}, nil).Ask, "a class is asked once")
}

func absent(s offboarding.System) offboarding.SystemCase {
	return offboarding.SystemCase{System: s, FoundAt: noon, Account: offboarding.Account{Evidence: "saw ada"}}
}

func judged(p ...offboarding.Proof) offboarding.SystemCase {
	s := offboarding.SystemCase{System: "github", FoundAt: noon, Account: offboarding.Account{Found: true}}
	for _, proof := range p {
		s.Verdicts = append(s.Verdicts, offboarding.Verdict{Class: "c", Proof: proof})
	}
	return s
}

func TestHowACaseEnds(t *testing.T) {
	state, why := offboarding.Conclude([]offboarding.SystemCase{judged(offboarding.Observed, offboarding.Logged), absent("okta")})
	require.Equal(t, offboarding.Verified, state)
	require.Equal(t, "all access that can be revoked is shown to be gone: 2 classes in 2 systems", why)
	for proof, says := range map[offboarding.Proof]string{
		offboarding.Attested: "1 attested, 0 waived", offboarding.Waived: "0 attested, 1 waived",
		offboarding.ReportedProof: "1 left by the configuration", offboarding.Acknowledged: "1 open", offboarding.ProofNone: "1 open",
	} {
		state, why = offboarding.Conclude([]offboarding.SystemCase{judged(offboarding.Observed, proof)})
		require.Equal(t, offboarding.Closed, state, "%q", proof)
		require.Contains(t, why, says)
	}
	for name, systems := range map[string][]offboarding.SystemCase{
		"no system": nil, "a system that never answered": {judged(offboarding.Observed), {System: "okta"}},
		"an account of which nothing is known": {judged()},
	} {
		state, _ = offboarding.Conclude(systems)
		require.Equal(t, offboarding.Closed, state, name)
	}
}

func TestWhetherAnybodyWasFound(t *testing.T) {
	require.True(t, offboarding.FoundNowhere([]offboarding.SystemCase{absent("okta"), absent("github")}))
	require.False(t, offboarding.FoundNowhere([]offboarding.SystemCase{absent("okta"), judged()}))
	require.False(t, offboarding.FoundNowhere([]offboarding.SystemCase{absent("okta"), {System: "github"}}), "one has not answered")
	require.False(t, offboarding.FoundNowhere(nil))
	shield := judged()
	shield.Account.Protected = "is the last owner"
	require.Equal(t, "github: is the last owner", offboarding.Protection([]offboarding.SystemCase{absent("okta"), shield}))
	require.Empty(t, offboarding.Protection([]offboarding.SystemCase{absent("okta"), judged()}))
}

func TestATargetIsASystemOrOneOfItsClasses(t *testing.T) {
	system, class, err := offboarding.ParseTarget("github/deploy-keys")
	require.NoError(t, err)
	require.Equal(t, offboarding.System("github"), system)
	require.Equal(t, offboarding.DeployKeys, class)
	system, class, err = offboarding.ParseTarget("github")
	require.NoError(t, err)
	require.Equal(t, offboarding.System("github"), system)
	require.Empty(t, class)
	for _, bad := range []string{"", "/", "github/", "/deploy-keys", "a/b/c", "//"} {
		_, _, err := offboarding.ParseTarget(bad)
		require.ErrorContains(t, err, "SYSTEM/CLASS", bad)
	}
}

func TestADecisionIsComplete(t *testing.T) {
	good := offboarding.Decision{Verb: offboarding.Waive, System: "okta", Reason: "agreed", By: offboarding.Named(offboarding.DoorCommand, "ada"), Until: noon.Add(time.Second)}
	require.NoError(t, good.Check(noon))
	require.Error(t, good.Check(noon.Add(time.Second)), "the end has come")
	bad := good
	bad.Verb = offboarding.Attest
	require.ErrorContains(t, bad.Check(noon), "only a waiver")
	bad.Until = time.Time{}
	require.NoError(t, bad.Check(noon))
	for _, v := range []offboarding.Verb{"", "RETRY", "approve"} {
		bad.Verb = v
		require.ErrorContains(t, bad.Check(noon), "retry, attest or waive")
	}
}
