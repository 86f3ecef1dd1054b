package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/policy"
	"lastday/sandbox/faults"
	sandbox "lastday/sandbox/slack"
	"lastday/starter/cases"
	"lastday/starter/serve"
)

// odd is a desk that does what it is asked and answers oddly.
type odd struct {
	*desk
	offboard func() (cases.Started, error)
	cancel   func() error
}

func (o *odd) Offboard(ctx context.Context, d offboarding.Departure, again bool) (cases.Started, error) {
	if o.offboard != nil {
		return o.offboard()
	}
	return o.desk.Offboard(ctx, d, again)
}

func (o *odd) Cancel(ctx context.Context, who offboarding.Subject, reason string, by offboarding.Actor) (offboarding.Case, error) {
	if _, err := o.desk.Cancel(ctx, who, reason, by); err != nil {
		return offboarding.Case{}, err
	}
	return offboarding.Case{}, o.cancel()
}

func withOdd(o *odd) func(*sandbox.Options, *doorOptions) {
	return func(_ *sandbox.Options, d *doorOptions) { o.desk = d.Desk.(*desk); d.Desk = o }
}

// toPlan brings the member to the plan of Jane's departure.
func (r *rig) toPlan(member string) sandbox.View {
	r.t.Helper()
	require.NoError(r.t, r.Type(member, "/offboard"))
	r.front(member, "Who leaves?")
	require.NoError(r.t, r.Submit(member, fill()))
	return r.front(member, "Check before you start")
}

var confirm = sandbox.Fill{"confirm": {"yes"}}

func TestASecondConfirmationSaysThatItWasTheSecond(t *testing.T) {
	r := newRig(t, serve.HTTP)
	v := r.toPlan(hanna)
	send := func(trigger, user string) string { return r.confirmAs(v, trigger, user, v.PrivateMetadata) }
	send("a1", hanna)
	r.until(func() bool { return len(r.desk.started()) == 1 })
	answer := send("a2", hanna)
	require.Contains(t, answer, "You have confirmed this already; see /offboard status "+string(jane))
	require.NotContains(t, strings.ToLower(answer), "nothing was started")
	require.NotContains(t, send("a3", sven), string(jane), "it is nobody else's")
	require.Len(t, r.desk.started(), 1)
}

func TestWhoMayNotSeeHearsOfNoCase(t *testing.T) {
	conf := rules
	conf.May = map[policy.Action]string{policy.Request: "actor.memberOf('hr') || actor.memberOf('security')", policy.See: "actor.memberOf('hr')"}
	p, err := policy.New(conf)
	require.NoError(t, err)
	o := &odd{}
	r := newRig(t, serve.HTTP, func(_ *sandbox.Options, d *doorOptions) { d.Policy = p }, withOdd(o))
	there := func(state offboarding.State) {
		r.desk.set(func(d *desk) {
			d.cases[jane] = janes(state, func(c *offboarding.Case) { c.ID = jane.CaseID() })
		})
	}
	silent := func(v sandbox.View) {
		t.Helper()
		for _, told := range []string{hanna, "is planned", "There was a case", "has a case already", "had a case"} {
			require.NotContains(t, v.Blocks, told)
		}
		require.NoError(t, r.CloseDialog(sven, true))
	}
	there(offboarding.Waiting)
	require.NoError(t, r.Type(sven, "/offboard"))
	r.front(sven, "Who leaves?")
	require.NoError(t, r.Submit(sven, fill()))
	silent(r.front(sven, "Nothing was started; there may be a case already: ask HR"))

	there(offboarding.Verified)
	silent(r.toPlan(sven))

	for name, answer := range map[string]func() (cases.Started, error){
		"joined": func() (cases.Started, error) {
			return cases.Started{CaseID: jane.CaseID(), Joined: true, Departure: janes(offboarding.Waiting).Departure}, nil
		},
		"ended": func() (cases.Started, error) { return cases.Started{}, offboarding.ErrEnded },
	} {
		t.Run(name, func(t *testing.T) {
			o.offboard = answer
			r.toPlan(sven)
			require.NoError(t, r.Submit(sven, confirm))
			silent(r.front(sven, "Nothing was started; there may be a case already: ask HR"))
		})
	}
}

func TestAStartSaysWhatIsKnownAndNoMore(t *testing.T) {
	for name, c := range map[string]struct {
		started cases.Started
		err     error
		says    string
		never   []string
	}{
		"the case runs and cannot be read": {
			cases.Started{CaseID: jane.CaseID(), RunID: "r"},
			fmt.Errorf("read what it was started with: %w", errDown),
			"It is not known whether your request started it",
			[]string{"Started: the offboarding", "othing was started"},
		},
		"the answer was lost":          {cases.Started{}, fmt.Errorf("start case: %w", errDown), "It is not certain", []string{"othing was started"}},
		"no answer, in doubtful words": {cases.Started{}, errors.New("nothing was started, ask again"), "It is not certain", []string{"othing was started"}},
		"a rule says no":               {cases.Started{}, &offboarding.Denied{Why: "refused by the rule freeze"}, "refused by the rule freeze", []string{"not certain"}},
		"the case has ended": {
			cases.Started{}, fmt.Errorf("%w: open a new one with --again", offboarding.ErrEnded), "has ended. An operator can open a new one", []string{"--again", "not certain"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := &odd{offboard: func() (cases.Started, error) { return c.started, c.err }}
			r := newRig(t, serve.HTTP, withOdd(o))
			r.toPlan(hanna)
			r.desk.set(func(d *desk) { d.cases[jane] = janes(offboarding.Verified) })
			require.NoError(t, r.Submit(hanna, confirm))
			v := r.front(hanna, c.says)
			for _, bad := range c.never {
				require.NotContains(t, v.Blocks, bad)
			}
		})
	}
}

func TestNotDoneIsSaidOnlyOfWhatIsCertain(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		says  string
		never string
	}{
		"temporal is away": {fmt.Errorf("cancel case: %w", errDown), "It is not certain whether this was done: look at /offboard status " + string(jane), "Not done"},
		"lost while it dialled anew": {
			fmt.Errorf("cancel case: %w; nothing was started or changed", errDown), "It is not certain whether this was done", "Not done",
		},
		"a slow update": {errors.New("cancel case: update did not complete in time"), "It is not certain whether this was done", "Not done"},
		"a refusal":     {&offboarding.Denied{Why: "refused by the rule may.cancel"}, "Not done: refused by the rule may.cancel", "not certain"},
		"ended":         {fmt.Errorf("%w; see --again", offboarding.ErrEnded), "Not done: the case of " + string(jane) + " has ended", "--again"},
		"no case":       {cases.ErrNoCase, "Not done: no case", "not certain"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, serve.HTTP, withOdd(&odd{cancel: func() error { return c.err }}))
			ts := r.post(janes(offboarding.Waiting))
			require.NoError(t, r.press(hanna, ts, offboarding.ActCancel))
			r.front(hanna, "not given back")
			require.NoError(t, r.Submit(hanna, sandbox.Fill{"why": {"she stays"}}))
			v := r.front(hanna, c.says)
			require.NotContains(t, v.Blocks, c.never)
			require.NotContains(t, v.Blocks, "othing was started")
		})
	}
}

// A line in the channel would be lost to somebody who is not in it, and to
// anybody who loads Slack anew.
func TestWhatComesAfterTheDialogIsClosedIsWrittenToThePerson(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*sandbox.Options, *doorOptions)
		told func(*rig) []sandbox.Message
		none func(*rig) []sandbox.Message
	}{
		"directly": {
			func(*sandbox.Options, *doorOptions) {},
			func(r *rig) []sandbox.Message { return r.Direct(hanna) }, func(r *rig) []sandbox.Message { return r.Ephemerals(hanna) },
		},
		"in the channel, where the app takes no messages": {
			func(o *sandbox.Options, _ *doorOptions) { o.NoMessagesTab = true },
			func(r *rig) []sandbox.Message { return r.Ephemerals(hanna) }, func(r *rig) []sandbox.Message { return r.Direct(hanna) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, serve.HTTP, c.edit)
			r.toPlan(hanna)
			hang := make(chan struct{})
			r.desk.set(func(d *desk) { d.hang = hang })
			require.NoError(t, r.Submit(hanna, confirm))
			r.front(hanna, "Starting")
			require.NoError(t, r.CloseDialog(hanna, true))
			r.desk.set(func(d *desk) { d.down, d.hang = errDown, nil })
			close(hang)
			// How far it came before the failure decides which of the two is true.
			r.until(func() bool {
				all := c.told(r)
				return len(all) > 0 && (contains(all[0].Text, "Nothing was started") || contains(all[0].Text, "It is not certain"))
			})
			require.Empty(t, c.none(r), "once is enough")
			for _, other := range []string{sven, string(jane)} {
				require.Empty(t, r.Ephemerals(other), "nobody else sees it")
				require.Empty(t, r.Direct(other))
			}
			require.Empty(t, r.Messages())
		})
	}
}

func TestWhatBreaksIsTold(t *testing.T) {
	t.Run("in the dialog", func(t *testing.T) {
		r := newRig(t, serve.HTTP, withOdd(&odd{offboard: func() (cases.Started, error) { panic("nil map") }}))
		r.toPlan(hanna)
		require.NoError(t, r.Submit(hanna, confirm))
		r.front(hanna, "It is not certain whether this was done: look at /offboard status "+string(jane))
	})
	t.Run("in a line", func(t *testing.T) {
		r := newRig(t, serve.HTTP, func(_ *sandbox.Options, o *doorOptions) { o.Desk = &broken{o.Desk.(*desk)} })
		for _, command := range []string{"/offboard status jane.doe@example.com", "/offboard list"} {
			before := len(r.Ephemerals(hanna))
			require.NoError(t, r.Type(hanna, command))
			r.until(func() bool { return len(r.Ephemerals(hanna)) > before })
			require.Contains(t, r.Ephemerals(hanna)[before].Blocks, "Something broke", command)
		}
	})
}

// broken is a desk on which every question panics.
type broken struct{ *desk }

func (*broken) Get(context.Context, offboarding.Subject) (offboarding.Case, error) { panic("get") }
func (*broken) List(context.Context, int) ([]cases.Summary, error)                 { panic("list") }

func TestARefusedReleaseIsNotInDoubt(t *testing.T) {
	r := newRig(t, serve.HTTP)
	ts := r.post(janes(offboarding.Paused))
	for _, why := range []string{"refused by the rule may.release", "no departure is held; there is nothing to release"} {
		require.NoError(t, r.press(sven, ts, offboarding.ActRelease))
		r.front(sven, "The brake holds")
		r.desk.set(func(d *desk) { d.refuse = &offboarding.Denied{Why: why} })
		require.NoError(t, r.Submit(sven, sandbox.Fill{"why": {"a merger"}}))
		v := r.front(sven, "Not done: "+why)
		require.NotContains(t, v.Blocks, "not certain")
		require.NoError(t, r.CloseDialog(sven, true))
		r.desk.set(func(d *desk) { d.refuse = nil })
	}
}

// What a person attests, waives or has removed is what the dialog asked about.
func TestAWordOnAQuestionThatHasChangedIsNotTaken(t *testing.T) {
	question := func(r *rig, what string, more ...offboarding.Class) string {
		return r.post(janes(offboarding.NeedsDecision, func(c *offboarding.Case) {
			c.Systems[0].Needs = []offboarding.Need{{System: "github", Class: "deploy-keys", What: what}}
			for _, class := range more {
				c.Systems[0].Needs = append(c.Systems[0].Needs, offboarding.Need{System: "github", Class: class, What: "other"})
			}
		}))
	}
	for name, more := range map[string][]offboarding.Class{"one": nil, "of many": {"a", "b", "c", "d"}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, serve.HTTP)
			ts := question(r, "github does not answer; look yourself and attest", more...)
			act, in := offboarding.ActAttest, sandbox.Fill{"why": {"seen"}}
			if more != nil {
				act, in = offboarding.ActDecide, sandbox.Fill{"why": {"seen"}, "verb": {"attest"}, "target": {"github/deploy-keys"}}
			}
			require.NoError(t, r.press(sven, ts, act))
			r.front(sven, "github does not answer")
			question(r, "machines may depend on 2 deploy-keys (prod)", more...)
			require.NoError(t, r.Submit(sven, in))
			v := r.front(sven, "machines may depend on 2 deploy-keys (prod)")
			require.Contains(t, v.Blocks, "Nothing was done")
			require.Empty(t, r.desk.done())
			require.NoError(t, r.CloseDialog(sven, true))
			require.NoError(t, r.press(sven, ts, act))
			r.front(sven, "machines may depend on 2")
			require.NoError(t, r.Submit(sven, in))
			r.front(sven, "Done")
			require.Equal(t, []string{"attest github/deploy-keys seen by " + sven}, r.desk.done())
		})
	}
}

func TestWhereSlackDoesNotSayWhoActsNothingIsDoneAndThatIsSaid(t *testing.T) {
	r := newRig(t, serve.HTTP)
	ts := r.post(janes(offboarding.Waiting))
	require.NoError(t, r.press(hanna, ts, offboarding.ActCancel))
	r.front(hanna, "not given back")
	r.Faults().Set(faults.Fault{Op: "POST /api/users.info", Kind: faults.Fail})
	require.NoError(t, r.Submit(hanna, sandbox.Fill{"why": {"she stays"}}))
	v := r.front(hanna, "Slack did not answer as it should")
	require.Contains(t, v.Blocks, "Nothing was done")
	require.Empty(t, r.desk.done())
}

func TestAZoneThatIsNotKnownMovesNothing(t *testing.T) {
	r := newRig(t, serve.HTTP)
	ts := r.post(janes(offboarding.Waiting))
	require.NoError(t, r.press(hanna, ts, offboarding.ActReschedule))
	v := r.front(hanna, "New last day")
	p, err := json.Marshal(map[string]any{
		"type": "view_submission", "trigger_id": "z1", "team": map[string]any{"id": sandbox.TeamID},
		"user": map[string]any{"id": sandbox.UserID(hanna), "team_id": sandbox.TeamID},
		"view": map[string]any{
			"id": v.ID, "type": "modal", "callback_id": v.CallbackID, "private_metadata": v.PrivateMetadata,
			"state": map[string]any{"values": map[string]any{
				"date": map[string]any{"value": map[string]any{"type": "datepicker", "selected_date": "2030-02-01"}},
				"time": map[string]any{"value": map[string]any{"type": "timepicker", "selected_time": "09:00"}},
				"zone": map[string]any{"value": map[string]any{"type": "static_select", "selected_option": map[string]any{"value": "Mars/Olympus"}}},
			}},
		},
	})
	require.NoError(t, err)
	status, _ := r.send("/slack/interactivity", form, url.Values{"payload": {string(p)}}.Encode(), time.Now())
	require.Equal(t, 200, status)
	r.untilShown(func() string { return texts(r.Direct(hanna)) + texts(r.Ephemerals(hanna)) + r.Dialogs(hanna)[0].Blocks }, "Nothing was changed")
	require.Empty(t, r.desk.done())
}
