package slack_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
	"lastday/starter/serve"
	door "lastday/starter/slack"
)

// restart puts another process in the place of the door, with the same desk.
func (r *rig) restart() {
	r.t.Helper()
	next, err := door.New(r.options)
	require.NoError(r.t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := next.Run(ctx); err != nil {
			r.t.Error(err)
		}
	}()
	r.t.Cleanup(func() { stop(); <-ended })
	app := httptest.NewServer(next.Handler())
	r.t.Cleanup(app.Close)
	r.url = app.URL
	require.NoError(r.t, r.SetURLs(sandbox.URLs{Commands: app.URL + "/slack/commands", Interactivity: app.URL + "/slack/interactivity", Events: app.URL + "/slack/events"}))
}

// confirmAs sends the confirmation of a dialog, as Slack would.
func (r *rig) confirmAs(v sandbox.View, trigger, user, metadata string) string {
	r.t.Helper()
	p, err := json.Marshal(map[string]any{
		"type": "view_submission", "trigger_id": trigger, "team": map[string]any{"id": sandbox.TeamID},
		"user": map[string]any{"id": sandbox.UserID(user), "team_id": sandbox.TeamID},
		"view": map[string]any{
			"id": v.ID, "type": "modal", "callback_id": v.CallbackID, "private_metadata": metadata,
			"state": map[string]any{"values": map[string]any{"confirm": map[string]any{"value": map[string]any{
				"type": "checkboxes", "selected_options": []any{map[string]any{"value": "yes"}},
			}}}},
		},
	})
	require.NoError(r.t, err)
	status, answer := r.send("/slack/interactivity", form, url.Values{"payload": {string(p)}}.Encode(), time.Now())
	require.Equal(r.t, 200, status)
	return answer
}

func TestARestartLosesNoDialog(t *testing.T) {
	r := newRig(t, serve.HTTP)
	require.NoError(t, r.Type(hanna, "/offboard"))
	r.front(hanna, "Who leaves?")
	require.NoError(t, r.Submit(hanna, fill(func(f sandbox.Fill) {
		f["reason"], f["note"] = []string{"moves to the sea"}, []string{strings.Repeat("The laptop is with Hugo, the keys are not. ", 40)}
	})))
	r.front(hanna, "Check before you start")
	r.restart()
	require.NoError(t, r.Press(hanna, sandbox.Press{Action: "lastday.back"}))
	require.Contains(t, r.front(hanna, "Who leaves?").Blocks, "moves to the sea")
	require.NoError(t, r.Submit(hanna, sandbox.Fill{"kind": {string(offboarding.Resignation)}}))
	r.front(hanna, "Check before you start")
	r.restart()
	require.NoError(t, r.Submit(hanna, confirm))
	r.front(hanna, "Started: the offboarding of Jane Doe (jane.doe@example.com)")
	got := r.desk.started()
	require.Len(t, got, 1)
	require.Equal(t, jane, got[0].Subject)
	require.Equal(t, "moves to the sea", got[0].Reason)
	require.Equal(t, offboarding.Subject(hanna), got[0].RequestedBy.Email, "whoever confirms")

	require.NoError(t, r.Type(hanna, "/offboard ana"))
	r.front(hanna, "More than one person")
	r.restart()
	who := sandbox.UserID(people.Staff(30)[12].Email)
	require.NoError(t, r.Submit(hanna, sandbox.Fill{"pick": {who}}))
	r.front(hanna, `"initial_user":"`+who+`"`)
}

func TestADialogTooLongForSlackIsKeptInMemory(t *testing.T) {
	r := newRig(t, serve.HTTP)
	runes := make([]rune, offboarding.MaxNote)
	for i := range runes {
		runes[i] = rune(0x4e00 + (i*7919)%20_000) // nothing in it comes twice
	}
	long := string(runes)
	toPlan := func() {
		require.NoError(t, r.Type(hanna, "/offboard"))
		r.front(hanna, "Who leaves?")
		require.NoError(t, r.Submit(hanna, fill(func(f sandbox.Fill) { f["note"] = []string{long} })))
		r.front(hanna, "Check before you start")
	}
	toPlan()
	require.NoError(t, r.Submit(hanna, confirm))
	r.front(hanna, "Started")
	require.Equal(t, long, r.desk.started()[0].Note)
	r.desk.set(func(d *desk) { clear(d.cases) })
	toPlan()
	r.restart()
	require.NoError(t, r.Submit(hanna, confirm))
	v := r.front(hanna, "does nothing now")
	require.NotContains(t, strings.ToLower(v.Blocks), "nothing was started")
	require.Len(t, r.desk.started(), 1)
}

func TestADialogIsOfOnePersonAndAsItWasShown(t *testing.T) {
	r := newRig(t, serve.HTTP)
	v := r.toPlan(hanna)
	require.NotContains(t, v.PrivateMetadata, "jane")
	other := []byte(v.PrivateMetadata)
	other[len(other)/2] ^= 1
	for name, answer := range map[string]string{
		"somebody else's": r.confirmAs(v, "x1", hugo, v.PrivateMetadata),
		"changed":         r.confirmAs(v, "x2", hanna, string(other)),
		"cut":             r.confirmAs(v, "x3", hanna, v.PrivateMetadata[:20]),
		"none":            r.confirmAs(v, "x4", hanna, ""),
	} {
		require.Contains(t, answer, "does nothing now", name)
		require.NotContains(t, answer, "jane", name)
	}
	require.Empty(t, r.desk.started())
}

func TestASecondConfirmationAfterARestartStartsNothing(t *testing.T) {
	r := newRig(t, serve.HTTP)
	r.desk.set(func(d *desk) {
		d.cases[jane] = janes(offboarding.Verified, func(c *offboarding.Case) { c.ID = jane.CaseID() })
	})
	v := r.toPlan(hanna)
	require.Contains(t, v.Blocks, "There was a case before")
	r.desk.set(func(d *desk) { d.reopen = true })
	r.confirmAs(v, "a1", hanna, v.PrivateMetadata)
	r.front(hanna, "Started")
	r.restart()
	require.Contains(t, r.confirmAs(v, "a2", hanna, v.PrivateMetadata), "Starting")
	said := "You have confirmed this already; see /offboard status " + string(jane)
	r.front(hanna, said)
	require.Len(t, r.desk.started(), 1)

	require.NoError(t, r.CloseDialog(hanna, true))
	r.desk.set(func(d *desk) { c := d.cases[jane]; c.State = offboarding.Cancelled; d.cases[jane] = c })
	r.restart()
	r.confirmAs(v, "a3", hanna, v.PrivateMetadata)
	r.untilShown(func() string { return texts(r.Direct(hanna)) }, said)
	require.Len(t, r.desk.started(), 1, "nor where its case has ended meanwhile")
}

func TestAPlanThatACaseHasOvertakenStartsNothing(t *testing.T) {
	r := newRig(t, serve.HTTP)
	ended := func(n string) {
		r.desk.set(func(d *desk) {
			d.reopen = true
			d.cases[jane] = janes(offboarding.Verified, func(c *offboarding.Case) { c.ID = jane.CaseID() + n })
		})
	}
	ended("")
	r.toPlan(hanna)
	ended("#2") // somebody else's began and ended
	require.NoError(t, r.Submit(hanna, confirm))
	v := r.front(hanna, "Another case has ended")
	require.Contains(t, v.Blocks, "Nothing was started")
	require.Empty(t, r.desk.started())
}

func texts(all []sandbox.Message) string {
	out := ""
	for _, m := range all {
		out += m.Text + "\n" + m.Blocks + "\n"
	}
	return out
}
