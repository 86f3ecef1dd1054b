package slack_test

import (
	"maps"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/activities/okta"
	"lastday/offboarding"
	"lastday/policy"
	"lastday/sandbox/faults"
	directory "lastday/sandbox/okta"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
	"lastday/starter/serve"
)

var ana = people.Staff(2)[1].Email

// oktaRig is a rig whose policy knows security by an Okta group alone; Ana is
// in it, and in groups of which the policy does not speak.
func oktaRig(t *testing.T, refuse ...policy.Refuse) (*rig, *directory.Server) {
	t.Helper()
	org := directory.New(people.Staff(30), directory.Options{PageSize: 1})
	org.AddGroup("OKTA_GROUP", "Security", ana)
	srv := httptest.NewServer(org.Handler())
	t.Cleanup(srv.Close)
	look, err := okta.NewDirectory(okta.Config{
		BaseURL: srv.URL, Credential: okta.Credential{APIToken: ref(t, directory.DefaultReadOnlyToken)},
	})
	require.NoError(t, err)
	config := rules
	config.Groups = maps.Clone(rules.Groups)
	config.Groups["security"] = []string{"okta:Security"}
	config.Refuse = refuse
	p, err := policy.New(config)
	require.NoError(t, err)
	return newRig(t, serve.Socket, func(_ *sandbox.Options, o *doorOptions) {
		o.Policy, o.Okta, o.OktaNames = p, look, []string{"Interns", "Security"}
	}), org
}

func byOkta(c *offboarding.Case) {
	awaiting(c)
	c.Ruling.Approvals[0].Members = []string{"okta:Security"}
}

func TestAnOktaGroupApproves(t *testing.T) {
	r, org := oktaRig(t)
	ts := r.post(janes(offboarding.AwaitingApproval, byOkta))
	require.NoError(t, r.press(ana, ts, offboarding.ActApprove))
	r.front(ana, "Plan 3f9c2a7d11e04b58")
	require.NoError(t, r.Submit(ana, nil))
	r.front(ana, "Done")
	require.Equal(t, []string{"okta:Security"}, r.desk.approvals[0].By.Groups, "groups of which the policy does not speak go nowhere")
	reads := 0
	for _, c := range org.Faults().Calls() {
		if c.Op == "GET /api/v1/users" {
			reads++
		}
	}
	require.Equal(t, 2, reads, "once to open the dialog, and anew for the act")

	require.NoError(t, r.press(sven, ts, offboarding.ActApprove))
	r.whispered(sven, "Refused by the rule may.approve") // Slack's group is none of this policy
	require.Equal(t, []string{"approve by " + ana}, r.desk.done())
}

func TestAnActIsNotDoneOnAnOlderAnswerOfOktas(t *testing.T) {
	r, org := oktaRig(t)
	ts := r.post(janes(offboarding.AwaitingApproval, byOkta))
	require.NoError(t, r.press(ana, ts, offboarding.ActApprove))
	r.front(ana, "Plan 3f9c2a7d11e04b58")
	org.Faults().Set(faults.Fault{Op: "*", Kind: faults.Down})
	require.NoError(t, r.Submit(ana, nil))
	r.front(ana, "Okta does not say which groups you are in")
	require.Empty(t, r.desk.done())
}

func TestWhileOktaIsDownNobodyIsAMember(t *testing.T) {
	for _, kind := range []faults.Kind{faults.Down, faults.Fail, faults.Limit, faults.HTML, faults.Truncate, faults.Empty, faults.Unauthorized, faults.Forbidden} {
		t.Run(string(kind), func(t *testing.T) {
			r, org := oktaRig(t)
			org.Faults().Set(faults.Fault{Op: "*", Kind: kind})
			ts := r.post(janes(offboarding.AwaitingApproval, byOkta))
			require.NoError(t, r.press(ana, ts, offboarding.ActApprove))
			r.whispered(ana, "nothing was done: Okta does not say which groups you are in")
			require.Empty(t, r.Dialogs(ana))
			require.Empty(t, r.desk.done())

			org.Faults().Clear()
			require.NoError(t, r.press(ana, ts, offboarding.ActApprove))
			r.front(ana, "Plan 3f9c2a7d11e04b58") // the error was not kept
		})
	}
}

func TestASuspendedAccountMayDoNothing(t *testing.T) {
	r, org := oktaRig(t)
	org.SetStatus(ana, "SUSPENDED")
	ts := r.post(janes(offboarding.AwaitingApproval, byOkta))
	require.NoError(t, r.press(ana, ts, offboarding.ActApprove))
	r.whispered(ana, "the Okta account of "+ana+" is not active: SUSPENDED")
	require.Empty(t, r.Dialogs(ana))
}

func TestAGroupThatIsRefusedIsNotForgottenWhileOktaIsDown(t *testing.T) {
	r, org := oktaRig(t, policy.Refuse{Rule: "interns", When: "'okta:Interns' in actor.groups"})
	org.AddGroup("OKTA_GROUP", "Interns", ana)
	org.Faults().Set(faults.Fault{Op: "GET /api/v1/users/{id}/groups", Kind: faults.EmptyList})
	ts := r.post(janes(offboarding.AwaitingApproval, byOkta))
	require.NoError(t, r.press(ana, ts, offboarding.ActApprove))
	r.whispered(ana, "nothing was done")
	org.Faults().Clear()
	require.NoError(t, r.press(ana, ts, offboarding.ActApprove))
	r.whispered(ana, "Refused by the rule interns")
	require.Empty(t, r.Dialogs(ana))
}
