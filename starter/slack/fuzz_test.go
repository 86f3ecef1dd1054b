package slack

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
	"lastday/sandbox/slack/kit"
	"lastday/secret"
	"lastday/starter/cases"
	"lastday/workflows"
)

// open is a desk with Jane's case, at which everything may be done but to start
// another.
type open struct{ t *testing.T }

func (o open) Offboard(context.Context, offboarding.Departure, bool) (cases.Started, error) {
	o.t.Fatal("a case was started")
	return cases.Started{}, errOffline
}

func (open) Plan(context.Context, offboarding.Subject) (offboarding.Case, error) { return waits, nil }

func (open) Get(_ context.Context, who offboarding.Subject) (offboarding.Case, error) {
	if who != waits.Departure.Subject {
		return offboarding.Case{}, cases.ErrNoCase
	}
	return waits, nil
}

func (open) List(context.Context, int) ([]cases.Summary, error) {
	return []cases.Summary{{CaseID: waits.ID, Subject: waits.Departure.Subject}}, nil
}

func (open) Decide(context.Context, offboarding.Subject, offboarding.Decision) (offboarding.Case, error) {
	return waits, nil
}

func (open) Cancel(context.Context, offboarding.Subject, string, offboarding.Actor) (offboarding.Case, error) {
	return waits, nil
}

func (open) Reschedule(context.Context, offboarding.Subject, time.Time, string, offboarding.Actor) (offboarding.Case, error) {
	return waits, nil
}

func (open) Expedite(context.Context, offboarding.Subject, offboarding.Actor) (offboarding.Case, error) {
	return waits, nil
}

func (open) Approve(context.Context, offboarding.Subject, offboarding.Approval) (offboarding.Case, error) {
	return waits, nil
}

func (open) KeepRefusal(context.Context, offboarding.Subject, offboarding.Refusal) error { return nil }

func (open) Release(context.Context, offboarding.Actor, string) (workflows.Released, error) {
	return workflows.Released{}, nil
}

var waits = offboarding.Case{
	ID: "offboard:jane.doe@example.com", State: offboarding.NeedsDecision, Departure: offboarding.Departure{Subject: "jane.doe@example.com"},
	Systems: []offboarding.SystemCase{{System: "github", Needs: []offboarding.Need{{System: "github", What: "decide"}}}},
}

var errOffline = errors.New("offline")

func FuzzSlash(f *testing.F) {
	for _, s := range []string{
		"", "help", "list", "status", "status @jane", "@jane tomorrow 17:00 Europe/Berlin", "<@U0123ABCD|jane> 2030-02-30",
		"<mailto:jane@example.com|jane@example.com> now", "jane@example.com in 2 hours", "<!channel>", "<@U", "@", "\u202e@jane",
		"status <@W1> x", strings.Repeat("@", 2000), "&lt;@U0&gt;", "\x00", "jane@example.com 2030-03-31 02:30 Europe/Berlin",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := readOrder(text)
		if err != nil {
			require.NotEmpty(t, err.Error())
			raw, _ := json.Marshal(ephemeral(err.Error()).Blocks)
			problems, kitErr := kit.Message(raw)
			require.NoError(t, kitErr)
			require.Empty(t, problems, "%s", raw)
			return
		}
		if o.whom.email != "" {
			again, err := offboarding.ParseSubject(string(o.whom.email))
			require.NoError(t, err)
			require.Equal(t, o.whom.email, again)
		}
		require.False(t, o.whom.userID != "" && (o.whom.email != "" || o.whom.name != ""))
		require.NotContains(t, o.whom.name, "<")
		var in fields
		if o.when != "" && in.at(o.when, time.Now(), "Europe/Berlin") == nil {
			raw, _ := json.Marshal(formView(in, "Europe/Berlin"))
			problems, kitErr := kit.View(raw)
			require.NoError(t, kitErr)
			require.Empty(t, problems, "%s", raw)
		}
	})
}

// FuzzInteraction: whatever is said in an interaction or an event, nothing
// panics, nothing is started or changed without a draft that was shown and
// confirmed, and what is answered is what Slack takes.
func FuzzInteraction(f *testing.F) {
	state := `"state":{"values":{"person-user":{"value":{"type":"users_select","selected_user":"U1"}},"when":{"value":{"selected_option":{"value":"now"}}},"kind":{"value":{"selected_option":{"value":"dismissal"}}},"confirm":{"value":{"selected_options":[{"value":"yes"}]}},"why":{"value":{"value":"x"}}}}`
	for _, call := range []string{callForm, callPick, callStart, callAct, "other"} {
		for _, m := range []string{"", "{}", `{\"a\":\"{}\"}`, `{\"a\":\"{\\\"do\\\":\\\"cancel\\\",\\\"case\\\":\\\"offboard:jane@example.com\\\"}\"}`} {
			f.Add(`{"type":"view_submission","trigger_id":"1","team":{"id":"T1"},"user":{"id":"U1"},"view":{"id":"V1","callback_id":"` + call + `","private_metadata":"` + m + `",` + state + `}}`)
		}
	}
	for _, s := range []string{
		`{}`, `null`, `[]`, `{"type":"block_actions"}`, `{"type":"block_actions","actions":[{}]}`, `{"type":"block_actions","actions":[null]}`,
		`{"type":"block_actions","trigger_id":"1","user":{"id":"U1"},"team":{"id":"T1"},"actions":[{"block_id":"b","action_id":"lastday.act.expedite.0","value":"{\"do\":\"expedite\",\"case\":\"offboard:jane@example.com\"}"}]}`,
		`{"type":"block_actions","view":{"id":"V1"},"actions":[{"block_id":"b","action_id":"lastday.back","value":"x"}]}`,
		`{"type":"view_submission","view":{"callback_id":"lastday.form","state":null}}`, `{"type":"view_closed"}`, `{"type":"shortcut"}`,
		`{"type":"event_callback","event_id":"E","event":{"type":"app_home_opened","tab":"home","user":"U1"}}`,
	} {
		f.Add(s)
	}
	hanna, team := sandbox.UserID(people.Hanna.Email), sandbox.TeamID
	workspace := sandbox.New(people.Staff(1), sandbox.Options{})
	srv := httptest.NewServer(workspace.Handler())
	f.Cleanup(srv.Close)
	path := filepath.Join(f.TempDir(), "token")
	require.NoError(f, os.WriteFile(path, []byte(sandbox.DefaultBotToken), 0o600))
	token, err := secret.Parse("file:" + path)
	require.NoError(f, err)
	d, err := New(Options{BaseURL: srv.URL, BotToken: token, Policy: freely{}, Log: slog.New(slog.DiscardHandler)})
	require.NoError(f, err)
	d.queue.drain(time.Second)
	f.Fuzz(func(t *testing.T, payload string) {
		payload = strings.NewReplacer("U1", hanna, "T1", team).Replace(payload)
		d.opt.Desk = open{t}
		d.drafts = newDrafts(10)
		d.queue = &queue{log: d.opt.Log, jobs: make(chan func(context.Context), 10)}
		var c slack.InteractionCallback
		if json.Unmarshal([]byte(payload), &c) == nil {
			if answer, ok := d.interaction(c).(*slack.ViewSubmissionResponse); ok && answer.View != nil {
				raw, err := json.Marshal(answer.View)
				require.NoError(t, err)
				problems, err := kit.View(raw)
				require.NoError(t, err)
				require.Empty(t, problems, "%s", raw)
			}
		}
		if e, err := slackevents.ParseEvent([]byte(payload), slackevents.OptionNoVerifyToken()); err == nil {
			d.event(e)
		}
		close(d.queue.jobs)
		// There is no dialog to be found: nobody waits for one.
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		for job := range d.queue.jobs {
			job(ctx)
		}
	})
}
