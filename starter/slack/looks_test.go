package slack_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	sandbox "lastday/sandbox/slack"
	"lastday/starter/cases"
	"lastday/starter/serve"
)

func TestHangingHomesDoNotKeepTheFormFromOpening(t *testing.T) {
	r := newRig(t, serve.HTTP)
	r.desk.set(func(d *desk) { d.hang = make(chan struct{}) })
	for range 16 {
		require.NoError(t, r.OpenHome(hanna))
		require.NoError(t, r.OpenHome(sven))
	}
	require.NoError(t, r.Type(hanna, "/offboard list"))
	require.NoError(t, r.Type(hugo, "/offboard"))
	require.Eventually(t, func() bool { return len(r.Dialogs(hugo))+len(r.Ephemerals(hugo)) > 0 }, 3*time.Second, 20*time.Millisecond,
		"the form needs no Temporal")
	r.front(hugo, "Who leaves?")
}

func TestAHomeThatHangsSaysSoInTime(t *testing.T) {
	r := newRig(t, serve.HTTP)
	r.desk.set(func(d *desk) { d.hang = make(chan struct{}) })
	require.NoError(t, r.OpenHome(hanna))
	require.Eventually(t, func() bool { v, _ := r.Home(hanna); return contains(v.Blocks, "could not be read in time") }, 12*time.Second, 50*time.Millisecond)
}

type half struct{ *desk }

func (h *half) Get(ctx context.Context, who offboarding.Subject) (offboarding.Case, error) {
	if who == jane {
		return offboarding.Case{}, errDown
	}
	return h.desk.Get(ctx, who)
}

func TestAHomeThatCouldNotReadAllSaysSo(t *testing.T) {
	r := newRig(t, serve.HTTP, func(_ *sandbox.Options, o *doorOptions) { o.Desk = &half{o.Desk.(*desk)} })
	r.desk.set(func(d *desk) {
		d.cases[jane] = janes(offboarding.AwaitingApproval, awaiting, func(c *offboarding.Case) { c.ID = jane.CaseID() })
		other := janes(offboarding.Waiting, func(c *offboarding.Case) { c.Departure.Subject = "ada@example.com"; c.ID = "offboard:ada@example.com" })
		d.cases["ada@example.com"] = other
	})
	require.NoError(t, r.OpenHome(sven))
	var text string
	r.until(func() bool { v, _ := r.Home(sven); text = v.Blocks; return contains(text, "Next departures") })
	require.NotContains(t, text, "Nothing waits for you", "Jane's case waits for Sven, and could not be read")
	require.Contains(t, text, "1 case cannot be shown just now")
	require.NoError(t, r.Type(sven, "/offboard list"))
	r.whispered(sven, "1 case cannot be shown just now")
}

type crowd struct {
	*desk
	state offboarding.State // what Temporal's list says of Jane's case
}

func (c *crowd) List(ctx context.Context, limit int) ([]cases.Summary, error) {
	all, err := c.desk.List(ctx, limit)
	for i := range all {
		if all[i].Subject == jane {
			all[i].State = string(c.state)
		}
	}
	return all[:min(len(all), limit)], err
}

// crowded gives the home among so many cases that not all are read.
func crowded(t *testing.T, state offboarding.State) string {
	t.Helper()
	r := newRig(t, serve.HTTP, func(_ *sandbox.Options, o *doorOptions) { o.Desk = &crowd{o.Desk.(*desk), state} })
	r.desk.set(func(d *desk) {
		for i := range 200 {
			who := offboarding.Subject(fmt.Sprintf("a%03d@example.com", i))
			d.cases[who] = offboarding.Case{ID: who.CaseID(), State: offboarding.Verified, Departure: offboarding.Departure{Subject: who}}
		}
		d.cases[jane] = janes(offboarding.AwaitingApproval, awaiting, func(c *offboarding.Case) { c.ID = jane.CaseID() })
	})
	require.NoError(t, r.OpenHome(sven))
	var text string
	r.until(func() bool { v, _ := r.Home(sven); text = v.Blocks; return contains(text, "Next departures") })
	return text
}

func TestAHomeOfManyCasesSaysThatItIsCut(t *testing.T) {
	text := crowded(t, "")
	require.NotContains(t, text, "Nothing waits for you")
	require.Contains(t, text, "1 case more not")
}

func TestWhatWaitsForAPersonIsReadFirst(t *testing.T) {
	require.Contains(t, crowded(t, offboarding.AwaitingApproval), string(jane))
}

// The button of the home has no response_url.
func TestAPressOnTheHomeIsAlwaysAnswered(t *testing.T) {
	r := newRig(t, serve.HTTP, func(_ *sandbox.Options, o *doorOptions) { o.UserGroups = append(o.UserGroups, "S0NOSUCH001") })
	require.NoError(t, r.OpenHome(hanna))
	r.untilShown(func() string { v, _ := r.Home(hanna); return v.Blocks }, "it cannot be seen what you may do")
	require.NoError(t, r.Press(hanna, sandbox.Press{Home: true, Action: "lastday.open"}))
	r.front(hanna, "it cannot be seen what you may do")
}
