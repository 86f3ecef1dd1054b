package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/policy"
)

// The people and the policy that the tests share.
var (
	hanna    = offboarding.Actor{Door: offboarding.DoorSlack, ID: "U1", Email: "hanna.hr@example.com"}
	sam      = offboarding.Actor{Door: offboarding.DoorSlack, ID: "U2", Email: "sam.sec@example.com", Groups: []string{"okta:Security"}}
	mo       = offboarding.Actor{Door: offboarding.DoorSlack, ID: "U3", Email: "mo@example.com"}
	jane     = offboarding.Actor{Door: offboarding.DoorSlack, ID: "U4", Email: "jane.doe@example.com", Groups: []string{"okta:Security"}}
	console  = offboarding.Actor{Door: offboarding.DoorCommand, Name: "root@ops1"}
	personio = offboarding.Actor{Door: offboarding.DoorHook, ID: "personio"}
)

func house() policy.Config {
	return policy.Config{
		Groups: map[string][]string{"hr": {"slack:S0HR00001", "Hanna.HR@example.com"}, "security": {"okta:Security", "ann@example.com"}},
		May:    everything("actor.memberOf('hr') || actor.memberOf('security')"),
		Refuse: []policy.Refuse{
			{Rule: "last-owner", When: "'github/organization-roles' in plan.classes && !actor.memberOf('security')", Say: "security alone"},
			{Rule: "no-partner", When: "departure.kind == 'partner-contract' && departure.partner == ''"},
		},
		Approvals: []policy.Approval{
			{Rule: "z-bulk", When: "departure.bulk", From: "hr"},
			{Rule: "admin", When: "departure.kind == 'dismissal' && plan.admin", From: "security", Count: 2, Say: "mind"},
		},
	}
}

// everything lets the expression rule every action.
func everything(expression string) map[policy.Action]string {
	may := map[policy.Action]string{}
	for _, a := range policy.Actions() {
		may[a] = expression
	}
	return may
}

func build(t testing.TB, c policy.Config) *policy.Policy {
	t.Helper()
	p, err := policy.New(c)
	require.NoError(t, err)
	return p
}

func leaving(change func(*offboarding.Departure)) offboarding.Departure {
	d := offboarding.Departure{Subject: "jane.doe@example.com", Kind: offboarding.Resignation, RequestedBy: hanna}
	if change != nil {
		change(&d)
	}
	return d
}

func ask(p *policy.Policy, who offboarding.Actor, do policy.Action, d offboarding.Departure, plan *offboarding.Facts) offboarding.Ruling {
	return p.Rule(policy.Question{Action: do, Actor: who, Departure: d, Plan: plan})
}
