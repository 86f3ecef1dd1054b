package slack

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"lastday/offboarding"
)

// maxRequest bounds a request. A dialog comes back whole, with at most 250 kB.
const maxRequest = 512 << 10

// Handler answers Slack's requests at /slack/commands, /slack/interactivity and
// /slack/events. What is not signed with the app's secret, is older than five
// minutes, was there before, or is of another workspace, is refused and has no
// effect.
func (d *Door) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /slack/commands", d.signed(d.serveCommand))
	mux.HandleFunc("POST /slack/interactivity", d.signed(d.serveInteraction))
	mux.HandleFunc("POST /slack/events", d.signed(d.serveEvent))
	return mux
}

// refusal is an answer with a status; why goes to the log only, say to whoever
// asked.
type refusal struct {
	status   int
	why, say string
}

func (r refusal) Error() string { return r.why }

// signed lets only genuine requests through, once.
func (d *Door) signed(next func(http.ResponseWriter, *http.Request, []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := d.genuine(w, r)
		if err == nil {
			err = next(w, r, body)
		}
		var no refusal
		switch {
		case err == nil:
			return
		case errors.As(err, &no):
			d.opt.Log.Warn("a request was refused", "path", r.URL.Path, "reason", no.why)
			http.Error(w, cmp.Or(no.say, http.StatusText(no.status)), no.status)
		default:
			d.opt.Log.Warn("a request could not be read", "path", r.URL.Path, "error", kindOf(err))
			http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		}
	}
}

func (d *Door) genuine(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return nil, refusal{status: http.StatusRequestEntityTooLarge, why: "it is too large"}
	}
	secret, err := d.opt.Conf.SigningSecret.Value()
	if err != nil {
		return nil, refusal{status: http.StatusServiceUnavailable, why: err.Error()}
	}
	verifier, err := slack.NewSecretsVerifier(r.Header, secret)
	if err != nil {
		return nil, refusal{status: http.StatusUnauthorized, why: "the signature's headers: " + err.Error()}
	}
	if _, err := verifier.Write(body); err != nil || verifier.Ensure() != nil {
		return nil, refusal{status: http.StatusUnauthorized, why: "the signature is wrong"}
	}
	sum := sha256.Sum256([]byte(r.Header.Get("X-Slack-Request-Timestamp") + "\x00" + string(body)))
	if !d.seen.first("signed "+hex.EncodeToString(sum[:]), time.Now()) {
		return nil, refusal{status: http.StatusConflict, why: "it was there before"}
	}
	return body, nil
}

// form reads a body that must be a form.
func form(r *http.Request, body []byte) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, refusal{status: http.StatusUnsupportedMediaType, why: "it is no form"}
	}
	return url.ParseQuery(string(body))
}

func (d *Door) serveCommand(w http.ResponseWriter, r *http.Request, body []byte) error {
	if _, err := form(r, body); err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c, err := slack.SlashCommandParse(r)
	if err != nil {
		return err
	}
	if err := d.workspace(who{c.UserID, c.TeamID, c.EnterpriseID}, "command", c.TriggerID, c.ResponseURL); err != nil {
		return err
	}
	if !d.once("command", c.TriggerID) {
		return reply(w, nil)
	}
	return reply(w, d.command(c))
}

func (d *Door) serveInteraction(w http.ResponseWriter, r *http.Request, body []byte) error {
	values, err := form(r, body)
	if err != nil {
		return err
	}
	var c slack.InteractionCallback
	if err := json.Unmarshal([]byte(values.Get("payload")), &c); err != nil {
		return refusal{status: http.StatusBadRequest, why: "the payload is not an interaction"}
	}
	if err := d.workspace(actorOf(c), string(c.Type), c.TriggerID, c.ResponseURL); err != nil {
		return err
	}
	if !d.once(string(c.Type), c.TriggerID) {
		return reply(w, nil)
	}
	return reply(w, d.interaction(c))
}

func (d *Door) serveEvent(w http.ResponseWriter, r *http.Request, body []byte) error {
	var outer struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
		EventID   string `json:"event_id"`
	}
	if err := json.Unmarshal(body, &outer); err != nil {
		return refusal{status: http.StatusBadRequest, why: "it is no event"}
	}
	if outer.Type == slackevents.URLVerification {
		return reply(w, map[string]string{"challenge": outer.Challenge})
	}
	e, err := slackevents.ParseEvent(body, slackevents.OptionNoVerifyToken())
	if err != nil {
		return reply(w, nil) // of a kind that nobody asked for
	}
	if err := d.workspace(whoOf(e), "event", outer.EventID, ""); err != nil {
		return err
	}
	if d.once("event", outer.EventID) {
		d.event(e)
	}
	return reply(w, nil)
}

// workspace refuses a request of another workspace, where the configuration
// says which is ours; else it is seen when the person is looked up.
func (d *Door) workspace(w who, kind, id, response string) error {
	if !d.foreign(w) {
		return nil
	}
	no := refusal{status: http.StatusForbidden, why: "it is of another workspace", say: foreigner(w).Error()}
	if d.once(kind, id) {
		d.refuseForeign(w, kind, response)
	}
	return no
}

// refuseForeign keeps the refusal, and tells the person where there is an
// address for it. What it gives back is what is told.
func (d *Door) refuseForeign(w who, kind, response string) string {
	no := foreigner(w)
	text := d.refuse("", offboarding.Refusal{By: no.by, Action: kind, Rule: no.rule, Why: no.why})
	if response != "" {
		d.queue.add(func(ctx context.Context) { // where there is no room it is kept all the same
			if err := d.answer.post(ctx, response, text); err != nil {
				d.opt.Log.Warn("an answer could not be posted", "error", kindOf(err))
			}
		})
	}
	return text
}

func (d *Door) foreign(w who) bool {
	want := d.opt.TeamID
	return want != "" && want != w.team && want != w.enterprise
}

// once reports whether an id that Slack gives to one act is new. Without one
// nothing tells two deliveries apart, and it is not taken in.
func (d *Door) once(kind, id string) bool {
	return id != "" && d.seen.first(kind+" "+id, time.Now())
}

// reply answers 200, with JSON where there is something to say.
func reply(w http.ResponseWriter, v any) error {
	if v == nil {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(b) // whoever asked has gone
	return nil
}

// whoOf is whoever an event is of, as far as it is known here.
func whoOf(e slackevents.EventsAPIEvent) who {
	w := who{team: e.TeamID, enterprise: e.EnterpriseID}
	if opened, ok := e.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent); ok {
		w.user = opened.User
	}
	return w
}
