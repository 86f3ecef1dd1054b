package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"lastday/activities/slack/web"
	"lastday/egress"
)

// runSocket keeps a connection to Slack until the context ends. slack-go
// reconnects by itself; where it gives up, because a token is refused, it is
// tried again: the token may be replaced meanwhile.
func (d *Door) runSocket(ctx context.Context) error {
	wait := time.Second
	for {
		err := d.connectSocket(ctx)
		if ctx.Err() != nil {
			return nil
		}
		d.disconnected(err)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		wait = min(2*wait, time.Minute)
	}
}

func (d *Door) disconnected(err error) {
	if err == nil {
		err = errNotConnected
	}
	d.opt.Log.Warn("no connection to Slack", "error", kindOf(err))
	err = fmt.Errorf("there is no connection to Slack: %s", plainError(err))
	d.connected.Store(&err)
}

func (d *Door) connectSocket(ctx context.Context) error {
	api, err := d.web.WithApp(d.opt.BotToken, d.opt.Conf.AppToken)
	if err != nil {
		return err
	}
	dialer, err := d.dialer()
	if err != nil {
		return err
	}
	client := socketmode.New(
		api, socketmode.OptionDialer(dialer), socketmode.OptionReadLimit(maxRequest*2),
		socketmode.OptionLog(log.New(io.Discard, "", 0)),
	)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	for {
		select {
		case err := <-ended:
			return err
		case e := <-client.Events:
			d.envelope(ctx, client, e)
		}
	}
}

// envelope takes in what came over the socket.
func (d *Door) envelope(ctx context.Context, client *socketmode.Client, e socketmode.Event) {
	switch e.Type {
	case socketmode.EventTypeHello:
		var up error
		d.connected.Store(&up)
	case socketmode.EventTypeConnecting:
		down := errNotConnected
		d.connected.Store(&down)
	case socketmode.EventTypeConnectionError, socketmode.EventTypeInvalidAuth:
		if ctx.Err() != nil {
			return // it was ended here
		}
		var err error
		if failed, ok := e.Data.(*slack.ConnectionErrorEvent); ok {
			err = failed.ErrorObj
		}
		d.disconnected(web.Named("open the connection", err))
	case socketmode.EventTypeIncomingError:
		d.opt.Log.Info("the connection to Slack has ended; the next one is made")
	case socketmode.EventTypeErrorBadMessage, socketmode.EventTypeErrorWriteFailed:
		d.opt.Log.Warn("a message from Slack could not be read, or an answer not sent", "kind", e.Type)
	case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
		if e.Request == nil {
			return
		}
		if err := client.AckCtx(ctx, e.Request.EnvelopeID, d.received(e)); err != nil && ctx.Err() == nil {
			d.opt.Log.Warn("an answer could not be sent", "error", kindOf(err))
		}
	default: // connected, but not greeted yet
	}
}

// received works out the answer of the first three seconds.
func (d *Door) received(e socketmode.Event) any {
	switch v := e.Data.(type) {
	case slack.SlashCommand:
		w := who{v.UserID, v.TeamID, v.EnterpriseID}
		switch {
		case !d.once("command", v.TriggerID):
		case d.foreign(w):
			return ephemeral(d.refuseForeign(w, "command", ""))
		default:
			return d.command(v)
		}
	case slack.InteractionCallback:
		w := actorOf(v)
		switch {
		case !d.once(string(v.Type), v.TriggerID):
		case d.foreign(w):
			d.refuseForeign(w, string(v.Type), v.ResponseURL)
		default:
			return d.interaction(v)
		}
	case slackevents.EventsAPIEvent:
		outer, ok := v.Data.(*slackevents.EventsAPICallbackEvent)
		w := whoOf(v)
		switch {
		case !ok || !d.once("event", outer.EventID):
		case d.foreign(w):
			d.refuseForeign(w, "event", "")
		default:
			d.event(v)
		}
	}
	return nil
}

var errOtherHost = errors.New("slack names a host for the connection that is not Slack's; it was not called")

// dialer opens a socket to Slack only: to a host of slack.com by TLS, or, for a
// base URL of one's own, to its host and in its scheme.
func (d *Door) dialer() (*websocket.Dialer, error) {
	base, err := url.Parse(orElse(d.opt.BaseURL, web.DefaultBase))
	if err != nil {
		return nil, fmt.Errorf("slack.base_url: %w", err)
	}
	way, err := egress.New(egress.Options{Key: privateKey, Base: base.String(), Private: d.opt.PrivateAddresses})
	if err != nil {
		return nil, err
	}
	return &websocket.Dialer{
		NetDialContext:   way.DialContext,
		HandshakeTimeout: 15 * time.Second, WriteBufferSize: 32 << 10,
		// Asked before every connection, with the socket's scheme as http or https.
		Proxy: func(r *http.Request) (*url.URL, error) {
			host := strings.ToLower(r.URL.Hostname())
			own := strings.EqualFold(host, base.Hostname()) && (r.URL.Scheme == "https" || base.Scheme == "http")
			if !own && (r.URL.Scheme != "https" || !strings.HasSuffix(host, ".slack.com")) {
				return nil, errOtherHost
			}
			return way.Proxy(r)
		},
	}, nil
}
