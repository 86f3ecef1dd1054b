package slack

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"lastday/activities/slack/web"
	"lastday/activities/transport"
	"lastday/egress"
	"lastday/offboarding"
	"lastday/policy"
	"lastday/secret"
	"lastday/starter/cases"
	"lastday/starter/serve"
	"lastday/workflows"
)

// Desk starts, shows and steers cases; *cases.Client is one. Every change is
// checked against the policy where it is made, and a refusal names the rule.
type Desk interface {
	Offboard(ctx context.Context, d offboarding.Departure, again bool) (cases.Started, error)
	Plan(ctx context.Context, who offboarding.Subject) (offboarding.Case, error)
	Get(ctx context.Context, who offboarding.Subject) (offboarding.Case, error)
	List(ctx context.Context, limit int) ([]cases.Summary, error)
	Decide(ctx context.Context, who offboarding.Subject, d offboarding.Decision) (offboarding.Case, error)
	Cancel(ctx context.Context, who offboarding.Subject, reason string, by offboarding.Actor) (offboarding.Case, error)
	Reschedule(ctx context.Context, who offboarding.Subject, at time.Time, zone string, by offboarding.Actor) (offboarding.Case, error)
	Expedite(ctx context.Context, who offboarding.Subject, by offboarding.Actor) (offboarding.Case, error)
	Approve(ctx context.Context, who offboarding.Subject, a offboarding.Approval) (offboarding.Case, error)
	Release(ctx context.Context, by offboarding.Actor, reason string) (workflows.Released, error)
	// KeepRefusal keeps what the door itself has refused.
	KeepRefusal(ctx context.Context, who offboarding.Subject, r offboarding.Refusal) error
}

// Policy says who may do what; *policy.Policy is one. It is asked here for what
// starts no workflow, and to refuse before a dialog opens rather than after.
type Policy interface {
	Rule(q policy.Question) offboarding.Ruling
	// Who says in words who has to agree.
	Who(r offboarding.Requirement) string
}

// OktaGroups tells which groups of the directory a person is in, by name;
// *okta.Directory is one. Nothing is done for somebody about whom it gives an
// error.
type OktaGroups interface {
	Groups(ctx context.Context, email offboarding.Subject) ([]string, error)
}

// Options are what the door works with.
type Options struct {
	Conf serve.Slack
	// BotToken, BaseURL, AllowHTTP, PrivateAddresses, TeamID and Channel are those of
	// systems.slack.
	BotToken         secret.Ref
	BaseURL          string
	AllowHTTP        bool
	PrivateAddresses egress.Networks
	TeamID           string
	Channel          string
	// UserGroups are the ids (S…) of the Slack groups that the policy names.
	UserGroups []string
	// OktaNames are the names of the Okta groups that the policy names.
	OktaNames []string
	// Okta tells which groups somebody is in; nil: nobody is in any.
	Okta   OktaGroups
	Desk   Desk
	Policy Policy
	Log    *slog.Logger
}

// Door answers Slack. Safe for concurrent use.
type Door struct {
	opt    Options
	web    *web.Client
	answer *answerer
	people *directory
	queue  *queue
	looks  *looks // at the home, a list or a case, beside the rest
	// refusals keeps what was refused.
	refusals *keeper
	seen     *seen
	drafts   *drafts
	// connected is what the socket last said: nil if it is up.
	connected atomic.Pointer[error]
}

// methods are the Web API methods that the door calls.
var methods = []string{
	"auth.test", "apps.connections.open", "users.info", "users.list", "users.lookupByEmail",
	"usergroups.users.list", "views.open", "views.update", "views.publish", "chat.postMessage", "chat.postEphemeral",
}

// New builds the door. It makes no call and reads no secret.
func New(o Options) (*Door, error) {
	if o.Policy == nil {
		return nil, errors.New("serve.slack needs a policy: say who may request, approve, decide and see")
	}
	client, err := web.New(web.Options{Base: o.BaseURL, AllowHTTP: o.AllowHTTP, Private: o.PrivateAddresses, Methods: methods})
	if err != nil {
		return nil, err
	}
	answer, err := newAnswerer(o.Conf.ResponseBase, o.AllowHTTP, o.PrivateAddresses)
	if err != nil {
		return nil, err
	}
	d := &Door{
		opt: o, web: client, answer: answer, queue: newQueue(workers, waiting, o.Log),
		seen: newSeen(maxSeen), drafts: newDrafts(maxDrafts),
	}
	d.people = newDirectory(client, o)
	d.looks = newLooks(o.Log)
	d.refusals = newKeeper(maxRefusals, o.Log, func(ctx context.Context, who offboarding.Subject, r offboarding.Refusal) error {
		return d.opt.Desk.KeepRefusal(ctx, who, r)
	})
	down := errNotConnected
	d.connected.Store(&down)
	return d, nil
}

// Run works until the context ends: through the socket, or, where Slack calls
// by HTTP, on what Handler takes in. What is under way may then finish.
func (d *Door) Run(ctx context.Context) error {
	defer d.drain()
	if d.opt.Conf.Mode == serve.Socket {
		return d.runSocket(ctx)
	}
	<-ctx.Done()
	return nil
}

// drain lets what is under way finish, and refusals be kept, for at most
// drainFor and a moment.
func (d *Door) drain() {
	end := time.Now().Add(drainFor)
	looked := newGroup(1, func(int) { d.looks.queue.drain(lookFor) })
	d.queue.drain(drainFor)
	looked()
	d.refusals.drain(max(time.Until(end), time.Second))
}

// Health says what is wrong: no connection to Slack, or more work than fits.
func (d *Door) Health() error {
	if d.queue.full() {
		return errBusy
	}
	if d.opt.Conf.Mode == serve.Socket {
		return *d.connected.Load()
	}
	return nil
}

// actor finds out who looks at something or opens a dialog; see directory. A
// refusal of the person themself is kept.
func (d *Door) actor(ctx context.Context, w who, a policy.Action) (offboarding.Actor, *slack.User, error) {
	by, u, err := d.people.actor(ctx, w)
	return by, u, d.keepDenied(err, a)
}

// actorNow is actor for what changes something: groups are read anew.
func (d *Door) actorNow(ctx context.Context, w who, a policy.Action) (offboarding.Actor, *slack.User, error) {
	by, u, err := d.people.actorNow(ctx, w)
	return by, u, d.keepDenied(err, a)
}

func (d *Door) keepDenied(err error, a policy.Action) error {
	var no denied
	if errors.As(err, &no) {
		d.refuse("", offboarding.Refusal{By: no.by, Action: string(a), Rule: no.rule, Why: no.why})
	}
	return err
}

// api is Slack with the bot's token.
func (d *Door) api() (*slack.Client, error) { return d.web.With(d.opt.BotToken) }

var (
	errBusy         = errors.New("too much is going on at once; nothing was started: try again in a minute")
	errNotConnected = errors.New("there is no connection to Slack yet")
)

// plainError is an error in words for the person who acts.
func plainError(err error) string {
	var e *transport.Error
	if errors.As(err, &e) {
		text := "Slack did not answer as it should (" + e.Op + ")"
		if e.Fix != "" {
			text += "; " + e.Fix
		}
		return secret.Scrub(text)
	}
	return secret.Scrub(err.Error())
}
