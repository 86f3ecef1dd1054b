package okta

import (
	"context"
	"fmt"
	"net/url"
	"time"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"

	"lastday/activities/transport"
	"lastday/offboarding"
)

const (
	// logLate is how long the System Log may lag behind before a missing event
	// stops being a reason to wait.
	logLate = 5 * time.Minute
	// logKept is how long Okta keeps events, less a day.
	logKept = 89 * 24 * time.Hour
)

// trail is what the System Log says about a user's sessions.
type trail struct {
	unread  string    // why it could not be read; empty if it was
	event   string    // the last event that ended sessions
	ended   time.Time // when; zero for none
	started time.Time // the user's last sign-in; zero for none
}

// logEvent is the part of an event that counts. The SDK's own type would lose
// a page to one field of an unexpected shape.
type logEvent struct {
	UUID      string    `json:"uuid"`
	Type      string    `json:"eventType"`
	Published time.Time `json:"published"`
	Outcome   struct {
		Result string `json:"result"`
	} `json:"outcome"`
	Actor struct {
		ID string `json:"id"`
	} `json:"actor"`
	Target []struct {
		ID string `json:"id"`
	} `json:"target"`
}

func (e logEvent) isAbout(id string) bool {
	for _, t := range e.Target {
		if t.ID == id {
			return e.Outcome.Result == "SUCCESS"
		}
	}
	return false
}

// events reads the System Log between two times of the vendor's clock. A query
// without an end would be a polling one, whose pages never end.
func (c *client) events(ctx context.Context, since, until time.Time, filter string) ([]logEvent, error) {
	const form = "2006-01-02T15:04:05.000Z"
	q := url.Values{
		"since": {since.UTC().Format(form)}, "until": {until.UTC().Format(form)},
		"filter": {filter}, "limit": {"1000"}, "sortOrder": {"ASCENDING"},
	}
	return list[logEvent](ctx, c, call{"read System Log", "okta.logs.read"}, "/api/v1/logs?"+q.Encode())
}

// follow reads what the log says about the sessions of a user who is stopped:
// from a day before the status changed, since the clearing comes first.
func (c *client) follow(ctx context.Context, u *sdk.User, clock time.Time) (trail, error) {
	since := clock.Add(-logKept)
	if u.StatusChanged != nil && u.StatusChanged.Add(-24*time.Hour).After(since) {
		since = u.StatusChanged.Add(-24 * time.Hour)
	}
	filter := fmt.Sprintf(`(target.id eq "%[1]s" or actor.id eq "%[1]s") and (eventType eq "user.session.clear" or eventType eq "user.session.start" or eventType eq "user.lifecycle.suspend" or eventType eq "user.lifecycle.deactivate")`, u.Id)
	events, err := c.events(ctx, since, clock.Add(time.Second), filter)
	switch {
	case status(err, 403):
		return trail{unread: "the credential lacks okta.logs.read"}, nil
	case transport.IsKind(err, transport.Limited):
		return trail{unread: "its rate limit is used up"}, nil
	case err != nil:
		return trail{}, err
	}
	var t trail
	for _, e := range events {
		switch {
		case e.Published.IsZero():
			return trail{}, invalid(call{what: "read System Log"}, "an event in the answer has no time")
		case e.Type == "user.session.start":
			if e.Actor.ID == u.Id && e.Outcome.Result == "SUCCESS" && e.Published.After(t.started) {
				t.started = e.Published
			}
		case e.isAbout(u.Id) && !e.Published.Before(t.ended):
			t.ended, t.event = e.Published, e.Type+" "+e.UUID
		}
	}
	return t, nil
}

// deletion is the log's event of a user's deletion, empty for none.
func (c *client) deletion(ctx context.Context, id string) (string, error) {
	now := time.Now()
	filter := fmt.Sprintf(`target.id eq "%s" and (eventType eq "user.lifecycle.delete.initiated" or eventType eq "user.lifecycle.delete.completed")`, id)
	events, err := c.events(ctx, now.Add(-logKept), now.Add(time.Minute), filter)
	for _, e := range events {
		if e.isAbout(id) {
			return e.Type + " " + e.UUID, nil
		}
	}
	return "", err
}

// sessions judges the class that Okta has no list of. A status that keeps the
// user out has ended every session (Okta's user lifecycle); the System Log
// shows the event, which may come late and is waited for.
func (o *observation) sessions() offboarding.Observation {
	at := o.about(offboarding.Sessions)
	status := o.user.Status
	switch {
	case !stopped(status):
		at.Sight, at.Present = offboarding.Present, []offboarding.Grant{sessionGrant()}
		at.Reason = fmt.Sprintf("the account is %s, and Okta does not list sessions", status)
	case o.control() == "":
		at.Sight, at.Reason = offboarding.Blind, o.why
	case !o.trail.started.IsZero() && o.trail.started.After(o.trail.ended):
		at.Sight, at.Present = offboarding.Present, []offboarding.Grant{sessionGrant()}
		at.Reason = "the System Log shows a sign-in at " + o.trail.started.UTC().Format(time.RFC3339) + ", after sessions were ended"
	case o.trail.unread != "":
		at.Sight, at.Control = offboarding.Absent, o.control()
		at.Reason = fmt.Sprintf("status %s, which ends every session; the System Log could not be read: %s", status, o.trail.unread)
	case o.trail.event != "":
		at.Sight, at.Logged = offboarding.Absent, true
		at.Control = fmt.Sprintf("System Log event %s of %s; %s", o.trail.event, o.trail.ended.UTC().Format(time.RFC3339), o.control())
		at.Reason = "status " + status
	case o.user.StatusChanged != nil && o.clock.Sub(*o.user.StatusChanged) < logLate:
		at.Sight = offboarding.Blind
		at.Reason = "the System Log does not show yet that sessions were ended; its events can be late"
	default:
		at.Sight, at.Control = offboarding.Absent, o.control()
		at.Reason = fmt.Sprintf("status %s, which ends every session; the System Log, kept for 90 days, shows no event", status)
	}
	return at
}
