// Package web is how Lastday uses slack-go: every answer of Slack's Web API
// passes one place that takes nothing for success but an object with ok true,
// and turns everything else into a *transport.Error. It knows no departure.
package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"lastday/activities/transport"
	"lastday/egress"
	"lastday/offboarding"
	"lastday/secret"
)

// System is the name of Slack in errors and records.
const System offboarding.System = "slack"

// DefaultBase is where Slack's Web API lives, without the /api/ part.
const DefaultBase = "https://slack.com"

// Options configure a client.
type Options struct {
	// Base is the URL in front of /api/; empty is DefaultBase.
	Base      string
	AllowHTTP bool
	// Private are further networks that Slack may live in.
	Private egress.Networks
	// Methods are the only methods that may be called, such as "users.info".
	Methods []string
}

// Client calls Slack's Web API. It has a connection pool of its own and keeps
// nothing of any answer. Safe for concurrent use.
type Client struct {
	http *http.Client
	base string
}

// New builds a client and makes no call. An unusable base URL is an error that
// says why.
func New(o Options) (*Client, error) {
	if o.Base == "" {
		o.Base = DefaultBase
	}
	allow := make([]string, 0, len(o.Methods))
	for _, m := range o.Methods {
		allow = append(allow, "POST /api/"+m)
	}
	h, err := transport.Client(transport.Options{
		System: System, Base: o.Base, AllowHTTP: o.AllowHTTP, Private: o.Private, Allow: allow,
		Limit: limited,
	})
	if err != nil {
		return nil, err
	}
	return &Client{http: h, base: strings.TrimRight(o.Base, "/")}, nil
}

// With reads the token, so that a rotated one is taken up, and gives the SDK's
// client for it. The SDK joins URL and method without a slash of its own.
func (c *Client) With(token secret.Ref) (*slack.Client, error) { return c.with(token) }

func (c *Client) with(token secret.Ref, more ...slack.Option) (*slack.Client, error) {
	value, err := token.Value()
	if err != nil {
		return nil, &transport.Error{
			Kind: transport.Unauthorized, System: System, Op: "read token", Err: err,
			Fix: "look at the slack section of the configuration",
		}
	}
	more = append(more, slack.OptionAPIURL(c.base+"/api/"), slack.OptionHTTPClient(strict{c.http}))
	return slack.New(value, more...), nil
}

// WithApp is With for an app that opens its own connection to Slack: the
// app-level token (xapp-…) is used for that, the bot token for all else.
func (c *Client) WithApp(bot, app secret.Ref) (*slack.Client, error) {
	api, err := app.Value()
	if err != nil {
		return nil, &transport.Error{
			Kind: transport.Unauthorized, System: System, Op: "read app-level token", Err: err,
			Fix: "look at serve.slack.app_token in the configuration",
		}
	}
	return c.with(bot, slack.OptionAppLevelToken(api))
}

// Code is Slack's own word for an error, such as "users_not_found"; empty if
// err does not come from Slack.
func Code(err error) string {
	var e slack.SlackErrorResponse
	if errors.As(err, &e) {
		return e.Err
	}
	return ""
}

// Named puts what was being done into an error that has only the method, and
// classifies what did not come through the client.
func Named(op string, err error) error {
	if err == nil {
		return nil
	}
	var e *transport.Error
	if errors.As(err, &e) {
		out := *e
		out.Op = op + " (" + strings.TrimPrefix(e.Op, "POST /api/") + ")"
		return &out
	}
	return transport.Classify(System, op, err)
}

// strict stands between slack-go and the wire. slack-go takes {} and
// {"ok":false} without an error word for success, and loses the request id.
type strict struct{ next *http.Client }

// Do implements the interface that slack-go wants of an HTTP client.
func (s strict) Do(r *http.Request) (*http.Response, error) {
	resp, err := s.next.Do(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	if e := judge(resp, body); e != nil {
		e.System, e.Op, e.Status = System, r.Method+" "+r.URL.Path, resp.StatusCode
		e.RequestID = transport.RequestID(resp.Header)
		if e.Status == http.StatusOK {
			e.Status = 0
		}
		return nil, e
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// envelope is what every answer of the Web API has.
type envelope struct {
	OK       *bool  `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"`
	Provided string `json:"provided"`
}

func judge(resp *http.Response, body []byte) *transport.Error {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		if resp.StatusCode != http.StatusOK {
			return &transport.Error{Kind: transport.Unavailable, Detail: "not an answer of Slack's API"}
		}
		return &transport.Error{Kind: transport.Invalid, Detail: "the answer is not the JSON this call gives: " + err.Error()}
	}
	switch {
	case e.OK != nil && *e.OK && resp.StatusCode == http.StatusOK:
		return nil
	case e.Error == "":
		return &transport.Error{Kind: transport.Invalid, Detail: "the answer says neither that it worked nor why it did not"}
	}
	kind, fix := meaning(e)
	return &transport.Error{
		Kind: kind, Detail: secret.Scrub(e.Error), Fix: fix,
		Err: slack.SlackErrorResponse{Err: e.Error, Needed: e.Needed, Provided: e.Provided},
	}
}

var (
	credential = []string{
		"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission",
		"not_allowed_token_type", "access_denied", "org_login_required", "team_access_not_granted",
		"enterprise_is_restricted", "two_factor_setup_required", "accesslimited",
	}
	passing  = []string{"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
	refusing = []string{"ekm_access_denied", "restricted_action", "is_archived", "cant_update_message", "cant_delete_message", "edit_window_closed", "message_not_found", "no_text", "msg_too_long", "msg_blocks_too_long", "metadata_too_large"}
)

// meaning sorts Slack's error words; one it does not know is tried again until
// the case's deadline.
func meaning(e envelope) (transport.Kind, string) {
	switch {
	case e.Error == "missing_scope":
		return transport.Unauthorized, "add the scope " + e.Needed + " to the Slack app, install it again, then decide retry"
	case slices.Contains(credential, e.Error):
		return transport.Unauthorized, "the Slack token is refused: renew it, then decide retry"
	case e.Error == "not_in_channel":
		return transport.Refused, "invite the app into the channel (/invite @app), then decide retry"
	case e.Error == "channel_not_found":
		return transport.Refused, "look at slack.channel: it is the id of a channel in this workspace, and a private channel must have the app as a member"
	case e.Error == "user_not_found", e.Error == "users_not_found", e.Error == "user_not_visible":
		return transport.Identity, "look at the person's account in Slack"
	case slices.Contains(passing, e.Error):
		return transport.Unavailable, ""
	case slices.Contains(refusing, e.Error), strings.HasPrefix(e.Error, "restricted_action"), strings.HasPrefix(e.Error, "invalid_"):
		return transport.Refused, "see the error's page in Slack's API documentation"
	}
	return transport.Unavailable, ""
}
