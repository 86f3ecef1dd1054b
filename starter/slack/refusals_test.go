package slack_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	sandbox "lastday/sandbox/slack"
	"lastday/starter/serve"
)

func TestAGuestLooksNobodyUp(t *testing.T) {
	r := newRig(t, serve.HTTP)
	require.NoError(t, r.Type(gus, "/offboard status ana"))
	r.whispered(gus, "Refused by the rule guest")
	m := r.Ephemerals(gus)[0]
	require.NotContains(t, m.Text+m.Blocks, "@example.com")
	r.until(func() bool { return len(r.desk.kept()) == 1 })
	require.Contains(t, r.desk.kept()[0], " see guest")
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) { b.mu.Lock(); defer b.mu.Unlock(); return b.b.Write(p) }

func (b *buffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

func TestTheLogNamesNobody(t *testing.T) {
	log := &buffer{}
	r := newRig(t, serve.HTTP, func(_ *sandbox.Options, o *doorOptions) { o.Log = slog.New(slog.NewTextHandler(log, nil)) })
	ts := r.post(janes(offboarding.AwaitingApproval, awaiting))
	require.NoError(t, r.press(hugo, ts, offboarding.ActApprove))
	r.whispered(hugo, "Refused by the rule")
	r.desk.set(func(d *desk) { d.refuse = &offboarding.Denied{Why: "jane.doe@example.com has left already"} })
	require.NoError(t, r.press(sven, ts, offboarding.ActApprove))
	r.front(sven, "Plan 3f9c")
	require.NoError(t, r.Submit(sven, nil))
	r.front(sven, "has left already")
	require.Contains(t, log.String(), "id="+sandbox.UserID(hugo)+" rule=")
	require.Contains(t, log.String(), `msg="not done" id=`+sandbox.UserID(sven))
	for _, name := range []string{"@example.com", "jane", "Jane", "Hugo", "Sven"} {
		require.NotContains(t, log.String(), name)
	}
}

func TestARefusalOfAnotherWorkspaceIsKeptOnce(t *testing.T) {
	r := newRig(t, serve.HTTP)
	for range 2 {
		body := helpBody("f1", func(v url.Values) { v.Set("team_id", "T0OTHER0001"); v.Set("text", "@jane") })
		status, answer := r.send("/slack/commands", form, body, time.Now())
		if status == 409 { // the second one within the same second
			continue
		}
		require.Equal(t, 403, status)
		require.Contains(t, answer, "Refused by the rule foreign-workspace")
	}
	r.until(func() bool { return len(r.desk.kept()) == 1 })
	require.Contains(t, r.desk.kept()[0], " command foreign-workspace")
	require.Never(t, func() bool { return len(r.desk.kept()) > 1 }, 100*time.Millisecond, 10*time.Millisecond)
}

func TestWhereTheWorkspaceIsNotConfiguredAnotherOneIsRefusedByItsRule(t *testing.T) {
	r := newRig(t, serve.HTTP, func(_ *sandbox.Options, o *doorOptions) { o.TeamID = "" })
	status, _ := r.send("/slack/commands", form, helpBody("f1", func(v url.Values) { v.Set("team_id", "T0OTHER0001"); v.Set("text", "list") }), time.Now())
	require.Equal(t, 200, status)
	r.until(func() bool { return len(r.desk.kept()) == 1 })
	require.Contains(t, r.desk.kept()[0], " see foreign-workspace")
}

func TestAClosedAccountIsRefusedByItsRule(t *testing.T) {
	r := newRig(t, serve.HTTP)
	require.True(t, r.Deactivate(hanna))
	status, _ := r.send("/slack/commands", form, helpBody("c1", func(v url.Values) { v.Set("text", "@jane") }), time.Now())
	require.Equal(t, 200, status)
	r.until(func() bool { return len(r.desk.kept()) == 1 })
	require.Contains(t, r.desk.kept()[0], " request closed-account")
	require.Empty(t, r.Dialogs(hanna))
}

func TestWhoWasPutOutOfTheGroupChangesNothingMore(t *testing.T) {
	r := newRig(t, serve.HTTP)
	ts := r.post(janes(offboarding.AwaitingApproval, awaiting))
	require.NoError(t, r.press(sven, ts, offboarding.ActApprove))
	r.front(sven, "Plan 3f9c")
	r.SetGroup(sandbox.SecurityGroup, "security") // nobody
	require.NoError(t, r.Submit(sven, nil))
	// The case is asked with the groups as they are, and refuses.
	r.until(func() bool {
		r.desk.mu.Lock()
		defer r.desk.mu.Unlock()
		return len(r.desk.approvals) == 1
	})
	require.Empty(t, r.desk.approvals[0].By.Groups, "the case is told that he is in a group in which he is no more")
}

type forgetful struct {
	*desk
	tries atomic.Int32
}

func (f *forgetful) KeepRefusal(ctx context.Context, who offboarding.Subject, r offboarding.Refusal) error {
	if f.tries.Add(1) == 1 {
		return errors.New("temporal does not answer")
	}
	return f.desk.KeepRefusal(ctx, who, r)
}

func TestARefusalSurvivesAMomentOfTemporal(t *testing.T) {
	f := &forgetful{}
	r := newRig(t, serve.HTTP, func(_ *sandbox.Options, o *doorOptions) { f.desk = o.Desk.(*desk); o.Desk = f })
	ts := r.post(janes(offboarding.AwaitingApproval, awaiting))
	require.NoError(t, r.press(hugo, ts, offboarding.ActApprove))
	r.whispered(hugo, "Refused by the rule")
	r.until(func() bool { return len(r.desk.kept()) == 1 })
}
