package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/sandbox/browser"
	"lastday/sandbox/people"
	"lastday/sandbox/slack"
)

// seenAs is the address of the channel as one of its members sees it.
func seenAs(s *site, email string) string {
	return s.firm.URL("slack") + "/channel?as=" + slack.UserID(email)
}

// HR dismisses an administrator: from the command typed into Slack, over the
// plan and its confirmation, to security's approval and the proof.
func TestHROffboardsJaneInSlack(t *testing.T) {
	s := newSite(t, 12)
	require.NoError(t, s.firm.AddDoors(s.path))
	h := openHouse(t, s)
	eventually(t, "the app is connected to Slack", func() bool { return s.firm.Slack.Connections() == 1 })
	p := browser.Open(t, seenAs(s, people.Hanna.Email), 1180, 960)
	p.Type("#say", "/offb")
	p.Shows("#hints", "/offboard")
	p.Shot("hr-1-command")
	p.Set("#say", "/offboard")
	p.Keys("\r")
	p.Shows("dialog h2", "Offboard somebody")
	p.Shows("dialog", "Who leaves?")
	p.Type("#in-person-user-value", "jane")
	p.Shows(".person .menu", people.Jane.Email)
	p.Keys("\r")
	p.Shot("hr-2-form")
	p.Set("#in-kind-value", string(offboarding.Dismissal))
	p.Set("#in-reason-value", "agreed with works council")
	p.Set("#in-partner-value", people.Jane.Partner)
	p.Click("dialog button[type=submit]")
	p.Shows("dialog", "Check before you start")
	p.Shows("dialog", "jane.doe@example.com")
	p.Shows("dialog", "dismissed-admin")
	p.Shot("hr-3-plan")
	require.NotEmpty(t, s.firm.Holds(string(jane)))
	_, err := h.Cases.Get(t.Context(), jane)
	require.Error(t, err, "the plan starts nothing")
	p.Click(`dialog input[value="yes"]`)
	p.Shot("hr-4-confirm")
	p.Click("dialog button[type=submit]")
	p.Shows("dialog", "Started: the offboarding of Jane Doe")
	p.Click(`dialog button[data-close="one"]`)
	p.Gone("dialog")
	p.Shows("article", "waits for approval")
	p.Shot("hr-6-waits")

	p.Click(`article button[data-action^="lastday.act.approve"]`)
	p.Shows("article.private", "Refused by the rule")
	p.Shot("hr-7-refused")
	p.Go(seenAs(s, people.Sven.Email))
	p.Click(`article button[data-action^="lastday.act.approve"]`)
	p.Shows("dialog", "What will be taken away")
	p.Shot("hr-8-approve")
	p.Click("dialog button[type=submit]")
	p.Shows("dialog", "Done")
	p.Click(`dialog button[data-close="one"]`)
	p.Gone("dialog")
	p.Shows("article", "is verified")
	p.Shows("article", "access was last possible")            // wireguard
	p.Shows("article", "what can be revoked was last usable") // okta, whose signed tokens run on
	p.Shot("hr-9-verified")
	eventually(t, "nothing is held any more", func() bool { return len(s.firm.Holds(string(jane))) == 0 })
	p.Go(seenAs(s, people.Hanna.Email))
	p.Click(`nav a[data-go="home"]`)
	p.Shows(".home", "Cases that you asked for")
	p.Shows(".home", "is verified")
	p.Shot("hr-10-home")

	c, err := h.Cases.Get(t.Context(), jane)
	require.NoError(t, err)
	require.Equal(t, offboarding.Verified, c.State)
	require.Equal(t, offboarding.DoorSlack, c.Departure.RequestedBy.Door)
	require.Len(t, c.Approvals, 1)
	require.Equal(t, offboarding.Subject(people.Sven.Email), c.Approvals[0].By.Email)
	require.Equal(t, 1, s.firm.Slack.PostCount(), "one message a case")
}
