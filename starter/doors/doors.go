// Package doors opens the front doors that a configuration has, on one server:
// Slack, and the hook for HR systems. The starter and the standalone process
// both use it.
package doors

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"lastday/activities"
	"lastday/activities/okta"
	"lastday/config"
	"lastday/offboarding"
	"lastday/policy"
	"lastday/record/bundle"
	"lastday/record/setup"
	"lastday/starter/cases"
	"lastday/starter/hook"
	"lastday/starter/pages"
	"lastday/starter/pages/signin"
	"lastday/starter/reader"
	"lastday/starter/serve"
	"lastday/starter/slack"
)

// Open builds the server with every configured door; Start starts it. It makes
// no call and reads no secret.
// The ledger is nil where no record is kept; there are no pages then.
func Open(f config.File, c *cases.Client, l *setup.Ledger, log *slog.Logger) (*serve.Server, error) {
	s := serve.New(f.Serve, log)
	p, err := policy.New(f.Policy)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	if f.Serve.Slack != nil {
		d, err := openSlack(f, c, p, log)
		if err != nil {
			return nil, err
		}
		s.Add("slack", d)
		if f.Serve.Slack.Mode == serve.HTTP {
			s.Mount("/slack/", d.Handler())
		}
	}
	if len(f.Hooks.Sources) > 0 {
		options := []hook.Option{hook.WithLog(log)}
		if m, err := f.Messenger(); err != nil {
			return nil, err
		} else if m != nil {
			options = append(options, hook.WithReporter(reporter{m}))
		}
		h, err := hook.New(f.Hooks, c, time.Now, options...)
		if err != nil {
			return nil, err
		}
		s.Mount(hook.Path, h)
		s.Mount(hook.Path+"/", h)
	}
	if f.Serve.Codec != nil && c.Codec() != nil {
		who, err := signin.NewBearer(f.Serve.Pages.OIDC, f.Serve.Codec.Audience, place(f), time.Now, log)
		if err != nil {
			return nil, err
		}
		s.Mount(reader.Base+"/", reader.Handler(*f.Serve.Codec, c.Codec(), who, log))
	}
	if l != nil {
		h, err := pages.New(f.Serve.Pages, pages.Options{
			Record: l, PublicKey: l.PublicKey, Place: place(f), Log: log,
			Export: func(ctx context.Context, w io.Writer, id string) error {
				return bundle.Write(ctx, w, l, id, bundle.Options{Key: l.PublicKey})
			},
		})
		if err != nil {
			return nil, err
		}
		s.Mount(pages.Base, h)
		s.Mount(pages.Base+"/", h)
	}
	return s, nil
}

// place is where requests come in, and what at it is for callers from outside.
func place(f config.File) signin.Place {
	at := signin.Place{Listen: f.Serve.Listen}
	switch {
	case len(f.Hooks.Sources) > 0:
		at.Strangers = "the hook for HR systems"
	case f.Serve.Slack != nil && f.Serve.Slack.Mode == serve.HTTP:
		at.Strangers = "what Slack calls"
	}
	return at
}

func openSlack(f config.File, c *cases.Client, p *policy.Policy, log *slog.Logger) (*slack.Door, error) {
	if p.Open() {
		return nil, fmt.Errorf("serve.slack needs a policy: without one nobody in Slack may do anything; write the section policy, see docs/policy.md")
	}
	conf := *f.Systems.Slack
	o := slack.Options{
		Conf: *f.Serve.Slack, BotToken: conf.BotToken, BaseURL: conf.BaseURL, AllowHTTP: conf.AllowHTTP,
		PrivateAddresses: conf.PrivateAddresses,
		TeamID:           conf.TeamID, Desk: c, Policy: p, Log: log,
	}
	for _, g := range p.Groups() {
		if id, ok := strings.CutPrefix(g, "slack:"); ok {
			o.UserGroups = append(o.UserGroups, id)
		} else if name, ok := strings.CutPrefix(g, "okta:"); ok {
			o.OktaNames = append(o.OktaNames, name)
		}
	}
	switch {
	case len(o.OktaNames) == 0:
	case f.Systems.Okta == nil:
		log.Warn("the policy names Okta groups, and systems.okta is not configured: nobody is in them", "groups", o.OktaNames)
	default:
		directory, err := okta.NewDirectory(*f.Systems.Okta)
		if err != nil {
			return nil, fmt.Errorf("set up okta's groups: %w", err)
		}
		o.Okta = directory
	}
	return slack.New(o)
}

// reporter puts what an HR system told and nobody acted on into the channel.
type reporter struct{ channel activities.Messenger }

// Report implements hook.Reporter. The same report makes one message.
func (r reporter) Report(ctx context.Context, what hook.Report) error {
	_, err := r.channel.Tell(ctx, activities.Telling{
		Key: fmt.Sprintf("hook %s %s %s", what.Source, what.Subject, what.Why), Since: time.Now().Add(-24 * time.Hour),
		Attempt: 1, Doubt: true,
		Notice: offboarding.Notice{
			Headline: "Somebody must look: " + string(what.Subject),
			Facts:    []string{"told by " + what.Source},
			Footer:   what.Why,
		},
	})
	return err
}
