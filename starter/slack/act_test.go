package slack_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	channel "lastday/activities/slack"
	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
	"lastday/starter/serve"
)

// post puts the case's message into the channel as a worker does, and into the desk.
func (r *rig) post(c offboarding.Case) string {
	r.t.Helper()
	if c.ID == "" {
		c.ID = c.Departure.Subject.CaseID()
	}
	r.desk.set(func(d *desk) { d.cases[c.Departure.Subject] = c })
	m, err := channel.NewMessenger(channel.Config{BotToken: ref(r.t, sandbox.DefaultBotToken), BaseURL: r.base, Channel: sandbox.DefaultChannel})
	require.NoError(r.t, err)
	ts, err := m.WithButtons().Tell(context.Background(), activities.Telling{
		Key: c.ID + " run", Since: time.Now().Add(-time.Hour), Attempt: 1, Notice: offboarding.NoticeOf(c),
	})
	require.NoError(r.t, err)
	return ts
}

// press presses the button of an act, of a target where it has one.
func (r *rig) press(member, ts string, act offboarding.Act) error {
	for _, m := range r.Messages() {
		if m.TS != ts {
			continue
		}
		_, rest, ok := strings.Cut(m.Blocks, `"`+channel.ButtonPrefix+string(act)+".")
		require.True(r.t, ok, "no button %s in %s", act, m.Blocks)
		n, _, _ := strings.Cut(rest, `"`)
		return r.Press(member, sandbox.Press{Message: ts, Action: channel.ButtonPrefix + string(act) + "." + n})
	}
	return errors.New("no such message")
}

func janes(state offboarding.State, edit ...func(*offboarding.Case)) offboarding.Case {
	c := found()
	c.State = state
	c.Due = time.Date(2030, 1, 15, 8, 0, 0, 0, time.UTC)
	c.Departure = offboarding.Departure{
		Subject: jane, At: c.Due, Zone: "Asia/Tokyo", Kind: offboarding.Dismissal,
		RequestedBy: offboarding.Actor{Door: offboarding.DoorSlack, ID: sandbox.UserID(hanna), Email: offboarding.Subject(hanna)},
	}
	for _, e := range edit {
		e(&c)
	}
	return c
}

func awaiting(c *offboarding.Case) {
	c.Plan = "3f9c2a7d11e04b58"
	c.Ruling.Approvals = []offboarding.Requirement{{Rule: "dismissed-admin", From: "security", Members: []string{"slack:" + sandbox.SecurityGroup}, Count: 1}}
}

func TestAnApprovalIsForThePlanThatWasShown(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		ts := r.post(janes(offboarding.AwaitingApproval, awaiting))
		require.NoError(t, r.press(sven, ts, offboarding.ActApprove))
		v := r.front(sven, "Plan 3f9c2a7d11e04b58")
		require.Contains(t, v.Blocks, "2 groups")
		require.NoError(t, r.Submit(sven, nil))
		r.front(sven, "Done")
		require.Equal(t, []string{"approve by " + sven}, r.desk.done())
		require.Equal(t, "3f9c2a7d11e04b58", r.desk.approvals[0].Plan)
		require.Equal(t, []string{"slack:" + sandbox.SecurityGroup}, r.desk.approvals[0].By.Groups)

		require.NoError(t, r.CloseDialog(sven, true))
		require.NoError(t, r.press(sven, ts, offboarding.ActReject))
		r.front(sven, "nothing is cut")
		require.ErrorContains(t, r.Submit(sven, nil), "incomplete", "a rejection needs a reason")
		require.NoError(t, r.Submit(sven, sandbox.Fill{"why": {"another Jane"}}))
		r.front(sven, "Done")
		require.True(t, r.desk.approvals[1].Reject)
	})
}

func TestAPressIsRefusedToWhoMayNot(t *testing.T) {
	r := newRig(t, serve.Socket)
	ts := r.post(janes(offboarding.AwaitingApproval, awaiting))
	// Hanna asked for it; make her security too, so that only that speaks against her.
	r.desk.set(func(d *desk) {
		c := d.cases[jane]
		c.Departure.RequestedBy = offboarding.Actor{Door: offboarding.DoorSlack, ID: sandbox.UserID(sven), Email: offboarding.Subject(sven)}
		d.cases[jane] = c
	})
	for member, rule := range map[string]string{
		gus: "guest", string(jane): "own-case", sven: "own-request", hugo: "may.approve", people.Staff(3)[2].Email: "may.approve",
	} {
		require.NoError(t, r.press(member, ts, offboarding.ActApprove))
		r.whispered(member, "Refused by the rule "+rule)
		require.Empty(t, r.Dialogs(member), member)
	}
	require.Empty(t, r.desk.done())
	require.Len(t, r.Messages(), 1, "nobody else sees a refusal")
	require.Eventually(t, func() bool { return len(r.desk.kept()) == 5 }, 5*time.Second, 10*time.Millisecond, "every refusal is kept")
	require.Contains(t, r.desk.kept(), sven+" approve own-request")
}

func TestEveryActHasItsDialog(t *testing.T) {
	r := newRig(t, serve.HTTP)
	ts := r.post(janes(offboarding.Waiting))
	require.NoError(t, r.press(hanna, ts, offboarding.ActReschedule))
	v := r.front(hanna, "New last day")
	require.Contains(t, v.Blocks, `"initial_date":"2030-01-15"`)
	require.NoError(t, r.Submit(hanna, sandbox.Fill{"date": {"2030-02-01"}, "time": {"09:00"}, "zone": {"Europe/Berlin"}}))
	r.front(hanna, "Done")
	require.NoError(t, r.CloseDialog(hanna, true))

	require.NoError(t, r.press(hanna, ts, offboarding.ActCancel))
	r.front(hanna, "not given back")
	require.NoError(t, r.Submit(hanna, sandbox.Fill{"why": {"she stays"}}))
	r.front(hanna, "Done")
	require.NoError(t, r.CloseDialog(hanna, true))

	require.NoError(t, r.press(hanna, ts, offboarding.ActExpedite))
	r.whispered(hanna, "Done. Offboarding of jane.doe@example.com is planned")
	require.Equal(t, []string{
		"reschedule 2030-02-01 09:00 CET by " + hanna, "cancel she stays by " + hanna, "expedite by " + hanna,
	}, r.desk.done())
}

func TestDecisionsTakeAReasonAndAnEnd(t *testing.T) {
	r := newRig(t, serve.HTTP)
	ts := r.post(janes(offboarding.NeedsDecision, func(c *offboarding.Case) {
		c.Systems[0].Needs = []offboarding.Need{{System: "github", Class: "deploy-keys", What: "deployments may use it"}}
	}))
	require.NoError(t, r.press(sven, ts, offboarding.ActWaive))
	r.front(sven, "deployments may use it")
	require.NoError(t, r.Submit(sven, sandbox.Fill{"why": {"rotates on Friday"}, "until": {"2020-01-01"}}))
	r.front(sven, "in the past")
	require.NoError(t, r.CloseDialog(sven, true))
	require.NoError(t, r.press(sven, ts, offboarding.ActWaive))
	r.front(sven, "deployments may use it")
	require.NoError(t, r.Submit(sven, sandbox.Fill{"why": {"rotates on Friday"}, "until": {"2030-01-01"}}))
	r.front(sven, "Done")
	require.NoError(t, r.CloseDialog(sven, true))
	require.NoError(t, r.press(sven, ts, offboarding.ActRetry))
	r.front(sven, "Lastday tries again")
	require.NoError(t, r.Submit(sven, sandbox.Fill{"why": {"not used"}}))
	r.front(sven, "Done")
	require.Equal(t, []string{"waive github/deploy-keys rotates on Friday by " + sven, "retry github/deploy-keys not used by " + sven}, r.desk.done())
}

func TestOneButtonStandsForManyNeeds(t *testing.T) {
	r := newRig(t, serve.Socket)
	ts := r.post(janes(offboarding.NeedsDecision, func(c *offboarding.Case) {
		for _, class := range []offboarding.Class{"a", "b", "c", "d", "e", "f"} {
			c.Systems[0].Needs = append(c.Systems[0].Needs, offboarding.Need{System: "github", Class: class, What: "decide"})
		}
	}))
	require.NoError(t, r.press(sven, ts, offboarding.ActDecide))
	r.front(sven, "What is it about?")
	require.NoError(t, r.Submit(sven, sandbox.Fill{"target": {"github/e"}, "verb": {"attest"}, "why": {"seen"}}))
	r.front(sven, "Done")
	require.Equal(t, []string{"attest github/e seen by " + sven}, r.desk.done())
}

func TestALateOrForeignButtonDoesNothing(t *testing.T) {
	r := newRig(t, serve.HTTP)
	ts := r.post(janes(offboarding.Waiting))
	r.desk.set(func(d *desk) {
		d.cases[jane] = janes(offboarding.Verified, func(c *offboarding.Case) { c.ID = jane.CaseID() })
	})
	require.NoError(t, r.press(hanna, ts, offboarding.ActCancel))
	r.whispered(hanna, "too late")
	r.desk.set(func(d *desk) {
		d.cases[jane] = janes(offboarding.Waiting, func(c *offboarding.Case) { c.ID = jane.CaseID() + "#2" })
	})
	require.NoError(t, r.press(hanna, ts, offboarding.ActCancel))
	r.whispered(hanna, "an earlier case")
	require.Empty(t, r.Dialogs(hanna))
	require.Empty(t, r.desk.done())
}

func TestARefusalOfTheCaseNamesItsRule(t *testing.T) {
	r := newRig(t, serve.HTTP)
	ts := r.post(janes(offboarding.AwaitingApproval, awaiting))
	require.NoError(t, r.press(sven, ts, offboarding.ActApprove))
	r.front(sven, "Plan 3f9c")
	r.desk.set(func(d *desk) {
		d.refuse = &offboarding.Denied{Kind: "Refused", Why: "refused by the rule plan-changed: look again"}
	})
	require.NoError(t, r.Submit(sven, nil))
	r.front(sven, "Not done: refused by the rule plan-changed")
}

func TestTheHomeShowsWhatConcernsThePerson(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.post(janes(offboarding.AwaitingApproval, awaiting))
		home := func(member string) string {
			v, _ := r.Home(member)
			return v.Blocks
		}
		require.NoError(t, r.OpenHome(sven))
		r.untilShown(func() string { return home(sven) }, "What waits for you")
		waits, rest, _ := strings.Cut(home(sven), "Next departures")
		require.Contains(t, waits, "jane.doe@example.com waits for approval")
		require.Contains(t, rest, "You have asked for none")
		require.NoError(t, r.OpenHome(hanna))
		r.untilShown(func() string { return home(hanna) }, "Nothing waits for you")
		_, mine, _ := strings.Cut(home(hanna), "Cases that you asked for")
		require.Contains(t, mine, "jane.doe@example.com")
		require.NoError(t, r.OpenHome(people.Staff(3)[2].Email))
		r.untilShown(func() string { return home(people.Staff(3)[2].Email) }, "No departure is planned")
		require.NotContains(t, home(people.Staff(3)[2].Email), "jane")
		require.NoError(t, r.Press(hanna, sandbox.Press{Home: true, Action: "lastday.open"}))
		r.front(hanna, "Who leaves?")
	})
}
