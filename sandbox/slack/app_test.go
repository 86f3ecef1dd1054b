package slack_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/slackutilsx"
	"github.com/slack-go/slack/socketmode"
	"github.com/stretchr/testify/require"

	"lastday/sandbox/people"
	"lastday/sandbox/slack"
)

// echo is a small app, written with the real client: /echo opens a dialog, its
// submission is refused once, then a message with a button appears, which the
// button changes.
type echo struct {
	api *sdk.Client

	mu    sync.Mutex
	seen  []string // what arrived: "command /echo", "block_actions ok", ...
	delay time.Duration
	teams []string
	errs  []error
}

func (a *echo) note(what, team string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, what)
	a.teams = append(a.teams, team)
	if err != nil {
		a.errs = append(a.errs, err)
	}
}

func (a *echo) got() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.seen...)
}

func text(s string) *sdk.TextBlockObject {
	return sdk.NewTextBlockObject("plain_text", s, false, false)
}

func dialog(meta string) sdk.ModalViewRequest {
	note := sdk.NewPlainTextInputBlockElement(text("What shall be echoed?"), "note")
	note.InitialValue = meta
	return sdk.ModalViewRequest{
		Type: "modal", CallbackID: "echo", Title: text("Echo"), Submit: text("Send"), Close: text("Leave"), PrivateMetadata: meta, NotifyOnClose: true,
		Blocks: sdk.Blocks{BlockSet: []sdk.Block{
			sdk.NewSectionBlock(sdk.NewTextBlockObject("mrkdwn", "*Say* something about <@"+slack.UserID(people.Jane.Email)+">", false, false), nil, nil),
			sdk.NewInputBlock("note", text("Note"), text("At least a word"), note),
			&sdk.InputBlock{
				Type: "input", BlockID: "who", Label: text("Who"), Optional: true,
				Element: sdk.NewOptionsSelectBlockElement("users_select", text("Somebody"), "who"),
			},
			&sdk.InputBlock{
				Type: "input", BlockID: "how", Label: text("How"), Optional: true,
				Element: sdk.NewRadioButtonsBlockElement("how", sdk.NewOptionBlockObject("loud", text("Loud"), nil), sdk.NewOptionBlockObject("soft", text("Soft"), nil)),
			},
			&sdk.InputBlock{Type: "input", BlockID: "day", Label: text("Day"), Optional: true, Element: sdk.NewDatePickerBlockElement("day")},
		}},
	}
}

func (a *echo) command(c sdk.SlashCommand) any {
	_, err := a.api.OpenView(c.TriggerID, dialog(c.Text))
	a.note("command "+c.Command, c.TeamID, err)
	if err != nil {
		return map[string]any{"text": "no dialog: " + err.Error()}
	}
	return nil
}

func (a *echo) interaction(i sdk.InteractionCallback) any {
	a.note(strings.TrimSpace(string(i.Type)+" "+i.View.CallbackID), i.Team.ID, nil)
	switch i.Type { //nolint:exhaustive // the app knows two of them
	case sdk.InteractionTypeViewSubmission:
		v := i.View.State.Values
		if v["note"]["note"].Value == "bad" {
			return sdk.NewErrorsViewSubmissionResponse(map[string]string{"note": "Say it nicer."})
		}
		button := sdk.NewButtonBlockElement("ok", "case-1", text("Fine"))
		button.Confirm = sdk.NewConfirmationBlockObject(text("Sure?"), text("It cannot be undone."), text("Yes"), text("No"))
		_, _, err := a.api.PostMessage(slack.DefaultChannel, sdk.MsgOptionText("echo", false), sdk.MsgOptionBlocks(
			sdk.NewSectionBlock(sdk.NewTextBlockObject("mrkdwn", "<@"+i.User.ID+"> says: "+slackutilsx.EscapeMessage(v["note"]["note"].Value)+" / "+v["who"]["who"].SelectedUser+" / "+v["how"]["how"].SelectedOption.Value+" / "+v["day"]["day"].SelectedDate, false, false), nil, nil),
			sdk.NewActionBlock("buttons", button)))
		a.note("posted", i.Team.ID, err)
	case sdk.InteractionTypeBlockActions:
		_, _, _, err := a.api.UpdateMessage(i.Channel.ID, i.Message.Timestamp, sdk.MsgOptionText("done by "+i.User.ID+" of "+i.ActionCallback.BlockActions[0].Value, false), sdk.MsgOptionBlocks())
		a.note("updated", i.Team.ID, err)
		if i.ResponseURL != "" {
			err := sdk.PostWebhook(i.ResponseURL, &sdk.WebhookMessage{Text: "Only you see this.", ResponseType: "ephemeral"})
			a.note("whispered", i.Team.ID, err)
		}
	}
	return nil
}

func (a *echo) event(e slackevents.EventsAPIEvent) {
	home, ok := e.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent)
	if !ok {
		return
	}
	_, err := a.api.PublishViewContext(context.Background(), sdk.PublishViewContextRequest{UserID: home.User, View: sdk.HomeTabViewRequest{
		Type: "home", Blocks: sdk.Blocks{BlockSet: []sdk.Block{sdk.NewHeaderBlock(text("Your cases"))}},
	}})
	a.note("home "+home.Tab, e.TeamID, err)
}

// overHTTP serves the app at a request URL, checking signatures as the client
// does.
func (a *echo) overHTTP(t *testing.T, s *slack.Server) slack.URLs {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		v, err := sdk.NewSecretsVerifier(r.Header, slack.DefaultSigningSecret)
		if err == nil {
			_, _ = v.Write(body)
			err = v.Ensure()
		}
		if err != nil {
			a.note("refused", "", nil)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		a.serve(w, r, body)
	}))
	t.Cleanup(srv.Close)
	urls := slack.URLs{Commands: srv.URL + "/slash", Interactivity: srv.URL + "/act", Events: srv.URL + "/events"}
	require.NoError(t, s.SetURLs(urls))
	return urls
}

func (a *echo) serve(w http.ResponseWriter, r *http.Request, body []byte) {
	a.mu.Lock()
	delay := a.delay
	a.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return
	}
	form, _ := url.ParseQuery(string(body))
	var out any
	switch r.URL.Path {
	case "/slash":
		out = a.command(sdk.SlashCommand{
			Command: form.Get("command"), Text: form.Get("text"), TriggerID: form.Get("trigger_id"),
			TeamID: form.Get("team_id"), UserID: form.Get("user_id"), ResponseURL: form.Get("response_url"),
		})
	case "/act":
		var i sdk.InteractionCallback
		if err := json.Unmarshal([]byte(form.Get("payload")), &i); err != nil {
			a.note("garbled", "", err)
		}
		out = a.interaction(i)
	default:
		e, err := slackevents.ParseEvent(body, slackevents.OptionNoVerifyToken())
		if err != nil {
			a.note("garbled", "", err)
		}
		if v, ok := e.Data.(*slackevents.EventsAPIURLVerificationEvent); ok {
			out = map[string]string{"challenge": v.Challenge}
		}
		a.event(e)
	}
	if out != nil {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out)
	}
}

// overSocket runs the real Socket Mode client until the test ends.
func (a *echo) overSocket(t *testing.T, s *slack.Server) {
	client := socketmode.New(a.api)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = client.RunContext(ctx)
	}()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-client.Events:
				a.take(client, e)
			}
		}
	}()
	t.Cleanup(func() { stop(); s.Close(); <-ended })
	require.Eventually(t, func() bool { return s.Connections() > 0 }, 10*time.Second, 10*time.Millisecond)
}

func (a *echo) take(client *socketmode.Client, e socketmode.Event) {
	var out any
	switch e.Type {
	case socketmode.EventTypeSlashCommand:
		out = a.command(e.Data.(sdk.SlashCommand))
	case socketmode.EventTypeInteractive:
		out = a.interaction(e.Data.(sdk.InteractionCallback))
	case socketmode.EventTypeEventsAPI:
		_ = client.Ack(*e.Request)
		a.event(e.Data.(slackevents.EventsAPIEvent))
		return
	default:
		return
	}
	if out == nil {
		_ = client.Ack(*e.Request)
		return
	}
	_ = client.Ack(*e.Request, out)
}

// startApp starts a workspace with the app in it, over one of the transports.
func startApp(t *testing.T, o slack.Options, socket bool) (*slack.Server, *echo, string) {
	t.Helper()
	o.Commands = []slack.Command{{Name: "/echo", Description: "Say it again", Usage: "[text]"}}
	s, at := start(t, o)
	t.Cleanup(s.Close)
	s.SetBaseURL(at)
	a := &echo{api: sdk.New(slack.DefaultBotToken, sdk.OptionAPIURL(at+"/api/"), sdk.OptionAppLevelToken(slack.DefaultAppToken))}
	if socket {
		a.overSocket(t, s)
	} else {
		a.overHTTP(t, s)
	}
	return s, a, at
}
