package slack_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/policy"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
	"lastday/secret"
	"lastday/starter/cases"
	"lastday/starter/serve"
	door "lastday/starter/slack"
	"lastday/workflows"
)

const jane = offboarding.Subject("jane.doe@example.com")

// desk keeps cases in memory. It stands for Temporal, and hangs when told to.
type desk struct {
	mu        sync.Mutex
	cases     map[offboarding.Subject]offboarding.Case
	starts    []offboarding.Departure
	did       []string
	approvals []offboarding.Approval
	refusals  []offboarding.Refusal
	plan      offboarding.Case
	refuse    error
	down      error
	hang      chan struct{} // what is asked waits until it is closed
	reopen    bool          // a case that has ended is followed by another
}

func newDesk() *desk {
	return &desk{cases: map[offboarding.Subject]offboarding.Case{}, plan: found()}
}

// found is what the systems say of Jane.
func found() offboarding.Case {
	return offboarding.Case{State: offboarding.Waiting, Systems: []offboarding.SystemCase{
		{
			System: "github", FoundAt: time.Now(), Account: offboarding.Account{Found: true, ID: "7", Login: "jane-doe"},
			Grants: []offboarding.Grant{{Class: "groups", ID: "1"}, {Class: "groups", ID: "2"}, {Class: "deploy-keys", ID: "3", Removal: offboarding.Ask}},
		},
		{System: "okta", FoundAt: time.Now(), Account: offboarding.Account{Found: true, ID: "00u1"}, Grants: []offboarding.Grant{{Class: "admin-roles", ID: "a"}}},
	}}
}

func (d *desk) enter(ctx context.Context) error {
	d.mu.Lock()
	hang, down := d.hang, d.down
	d.mu.Unlock()
	if hang != nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hang:
		}
	}
	return down
}

func (d *desk) Offboard(ctx context.Context, dep offboarding.Departure, _ bool) (cases.Started, error) {
	if err := d.enter(ctx); err != nil {
		return cases.Started{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.starts = append(d.starts, dep)
	if c, there := d.cases[dep.Subject]; there && (!d.reopen || !c.State.Ended()) {
		return cases.Started{CaseID: c.ID, Departure: c.Departure, Joined: c.Departure.RequestID != dep.RequestID}, nil
	}
	d.cases[dep.Subject] = offboarding.Case{ID: dep.Subject.CaseID(), Departure: dep, State: offboarding.Finding}
	return cases.Started{CaseID: dep.Subject.CaseID(), Departure: dep}, nil
}

func (d *desk) Plan(ctx context.Context, _ offboarding.Subject) (offboarding.Case, error) {
	err := d.enter(ctx)
	return d.plan, err
}

func (d *desk) Get(ctx context.Context, who offboarding.Subject) (offboarding.Case, error) {
	if err := d.enter(ctx); err != nil {
		return offboarding.Case{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.cases[who]
	if !ok {
		return c, cases.ErrNoCase
	}
	return c, nil
}

func (d *desk) List(ctx context.Context, _ int) ([]cases.Summary, error) {
	if err := d.enter(ctx); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []cases.Summary
	for _, s := range slices.Sorted(maps.Keys(d.cases)) {
		out = append(out, cases.Summary{CaseID: d.cases[s].ID, Subject: s})
	}
	return out, nil
}

func (d *desk) act(ctx context.Context, who offboarding.Subject, what string) (offboarding.Case, error) {
	if err := d.enter(ctx); err != nil {
		return offboarding.Case{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse != nil {
		return offboarding.Case{}, d.refuse
	}
	d.did = append(d.did, what)
	return d.cases[who], nil
}

func (d *desk) Decide(ctx context.Context, who offboarding.Subject, v offboarding.Decision) (offboarding.Case, error) {
	return d.act(ctx, who, string(v.Verb)+" "+string(v.System)+"/"+string(v.Class)+" "+v.Reason+" by "+v.By.String())
}

func (d *desk) Cancel(ctx context.Context, who offboarding.Subject, reason string, by offboarding.Actor) (offboarding.Case, error) {
	return d.act(ctx, who, "cancel "+reason+" by "+by.String())
}

func (d *desk) Reschedule(ctx context.Context, who offboarding.Subject, at time.Time, zone string, by offboarding.Actor) (offboarding.Case, error) {
	return d.act(ctx, who, "reschedule "+offboarding.In(at, zone)+" by "+by.String())
}

func (d *desk) Expedite(ctx context.Context, who offboarding.Subject, by offboarding.Actor) (offboarding.Case, error) {
	return d.act(ctx, who, "expedite by "+by.String())
}

func (d *desk) Approve(ctx context.Context, who offboarding.Subject, a offboarding.Approval) (offboarding.Case, error) {
	c, err := d.act(ctx, who, "approve by "+a.By.String())
	if err == nil {
		d.mu.Lock()
		d.approvals = append(d.approvals, a)
		d.mu.Unlock()
	}
	return c, err
}

func (d *desk) KeepRefusal(_ context.Context, _ offboarding.Subject, r offboarding.Refusal) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refusals = append(d.refusals, r)
	return nil
}

// kept are the refusals that were kept, as "who action rule".
func (d *desk) kept() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, r := range d.refusals {
		out = append(out, r.By.String()+" "+r.Action+" "+r.Rule)
	}
	return out
}

func (d *desk) Release(ctx context.Context, by offboarding.Actor, reason string) (workflows.Released, error) {
	_, err := d.act(ctx, "", "release "+reason+" by "+by.String())
	return workflows.Released{Missing: 1}, err
}

func (d *desk) started() []offboarding.Departure {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.starts)
}

func (d *desk) done() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.did)
}

func (d *desk) set(edit func(*desk)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	edit(d)
}

// rig is a workspace with a door in it.
type rig struct {
	*sandbox.Server
	t    *testing.T
	desk *desk
	door *door.Door
	url  string // of the door, by HTTP
	base string // of the workspace
	// options are those of the door.
	options door.Options
}

var rules = policy.Config{
	Groups: map[string][]string{"hr": {"slack:" + sandbox.HRGroup}, "security": {"slack:" + sandbox.SecurityGroup}},
	May: map[policy.Action]string{
		policy.Request: "actor.memberOf('hr')", policy.See: "actor.memberOf('hr') || actor.memberOf('security')", policy.Approve: "actor.memberOf('security')",
		policy.Decide: "actor.memberOf('hr') || actor.memberOf('security')", policy.Cancel: "actor.memberOf('hr')", policy.Reschedule: "actor.memberOf('hr')",
		policy.Expedite: "actor.memberOf('hr')", policy.Release: "actor.memberOf('hr') || actor.memberOf('security')",
	},
	Approvals: []policy.Approval{{Rule: "dismissed-admin", When: "plan.admin && departure.kind == 'dismissal'", From: "security", Count: 1}},
}

func newRig(t *testing.T, mode serve.Mode, edit ...func(*sandbox.Options, *door.Options)) *rig {
	t.Helper()
	so := sandbox.Options{}
	p, err := policy.New(rules)
	require.NoError(t, err)
	d := newDesk()
	do := door.Options{
		Conf:     serve.Slack{Mode: mode, AppToken: ref(t, sandbox.DefaultAppToken), SigningSecret: ref(t, sandbox.DefaultSigningSecret)},
		BotToken: ref(t, sandbox.DefaultBotToken), TeamID: sandbox.TeamID, Channel: sandbox.DefaultChannel,
		UserGroups: []string{sandbox.HRGroup, sandbox.SecurityGroup}, Desk: d, Policy: p, Log: slog.New(slog.DiscardHandler),
	}
	for _, e := range edit {
		e(&so, &do)
	}
	s := sandbox.New(people.Staff(30), so)
	slackd := httptest.NewServer(s.Handler())
	t.Cleanup(slackd.Close)
	s.SetBaseURL(slackd.URL)
	do.BaseURL, do.Conf.ResponseBase = slackd.URL, slackd.URL
	r := &rig{Server: s, t: t, desk: d, base: slackd.URL, options: do}
	r.door, err = door.New(do)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := r.door.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		d.set(func(d *desk) {
			if d.hang != nil {
				close(d.hang)
			}
		})
		stop()
		<-ended
	})
	if mode == serve.HTTP {
		app := httptest.NewServer(r.door.Handler())
		t.Cleanup(app.Close)
		r.url = app.URL
		require.NoError(t, s.SetURLs(sandbox.URLs{Commands: app.URL + "/slack/commands", Interactivity: app.URL + "/slack/interactivity", Events: app.URL + "/slack/events"}))
	} else {
		r.until(func() bool { return s.Connections() == 1 && r.door.Health() == nil })
	}
	return r
}

func ref(t *testing.T, value string) secret.Ref {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(value), 0o600))
	out, err := secret.Parse("file:" + path)
	require.NoError(t, err)
	return out
}

// until waits for a condition.
func (r *rig) until(met func() bool) {
	r.t.Helper()
	require.Eventually(r.t, met, 10*time.Second, 5*time.Millisecond)
}

// front is the dialog in front of the member, once it shows the text.
func (r *rig) front(member, text string) sandbox.View {
	r.t.Helper()
	var v sandbox.View
	r.untilShown(func() string {
		all := r.Dialogs(member)
		if len(all) == 0 {
			return ""
		}
		v = all[len(all)-1]
		return v.Blocks
	}, text)
	return v
}

// whispered waits for a line that only the member sees.
func (r *rig) whispered(member, text string) {
	r.t.Helper()
	r.untilShown(func() string {
		all := ""
		for _, m := range r.Ephemerals(member) {
			all += m.Text + "\n" + m.Blocks
		}
		return all
	}, text)
}

func (r *rig) untilShown(read func() string, text string) {
	r.t.Helper()
	deadline := time.Now().Add(8 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for last := ""; ; <-tick.C {
		if last = read(); contains(last, text) {
			return
		}
		if time.Now().After(deadline) {
			require.Failf(r.t, "it is never shown", "%q; there is: %.700s", text, last)
		}
	}
}

var errDown = errors.New("temporal does not answer; is it running, and is its address right?")
