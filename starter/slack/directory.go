package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"lastday/activities/slack/web"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/policy"
	"lastday/secret"
)

// who is the acting user as the transport vouches for them: ids, nothing else.
type who struct{ user, team, enterprise string }

// person is somebody a command or a dialog names.
type person struct {
	Subject offboarding.Subject
	Name    string
	UserID  string // in Slack; empty for somebody without an account there
	Zone    string // theirs in Slack; may be empty
}

// label is the person for people to read.
func (p person) label() string {
	if p.Name == "" {
		return string(p.Subject)
	}
	return p.Name + " (" + string(p.Subject) + ")"
}

// directory asks Slack who people are, and Okta which of its groups they are in.
// It keeps nothing but groups, for a minute at most.
type directory struct {
	web    *web.Client
	opt    Options
	groups groupCache

	mu   sync.Mutex
	team string // the workspace of the token, where the configuration names none
}

func newDirectory(c *web.Client, o Options) *directory {
	return &directory{web: c, opt: o, groups: groupCache{lists: map[string]memberList{}}}
}

// ruleClosed refuses somebody whose account in Slack is closed or not known.
const ruleClosed = "closed-account"

// denied is a person who may do nothing at all, before anything is known of
// what they want.
type denied struct {
	by        offboarding.Actor
	rule, why string
}

func (d denied) Error() string { return refusedText(d.rule, d.why) }

// foreigner is somebody of another workspace, as far as a request tells.
func foreigner(w who) denied {
	return denied{
		by:   offboarding.Actor{Door: offboarding.DoorSlack, ID: w.user, Foreign: true},
		rule: policy.RuleForeign, why: "this comes from another workspace than the one Lastday belongs to",
	}
}

// ours checks the workspace that a request comes from.
func (d *directory) ours(ctx context.Context, w who) error {
	want, err := d.home(ctx)
	if err != nil {
		return err
	}
	if want == w.team || (w.enterprise != "" && want == w.enterprise) {
		return nil
	}
	return foreigner(w)
}

// home is the id of the workspace or organisation that Lastday belongs to.
func (d *directory) home(ctx context.Context) (string, error) {
	if d.opt.TeamID != "" {
		return d.opt.TeamID, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.team != "" {
		return d.team, nil
	}
	api, err := d.web.With(d.opt.BotToken)
	if err != nil {
		return "", err
	}
	self, err := api.AuthTestContext(ctx)
	if err != nil {
		return "", web.Named("ask which workspace this is", err)
	}
	d.team = self.TeamID
	return d.team, nil
}

// actor finds out who looks at something or opens a dialog. The account is read
// anew each time, groups are at most a minute old. Somebody of whom Slack does
// not say enough, or whose account is closed, is an error: nothing is then done.
func (d *directory) actor(ctx context.Context, w who) (offboarding.Actor, *slack.User, error) {
	return d.resolve(ctx, w, false)
}

// actorNow is actor for an act that changes something: groups are read anew
// too, and one that cannot be read is an error.
func (d *directory) actorNow(ctx context.Context, w who) (offboarding.Actor, *slack.User, error) {
	return d.resolve(ctx, w, true)
}

func (d *directory) resolve(ctx context.Context, w who, fresh bool) (offboarding.Actor, *slack.User, error) {
	if err := d.ours(ctx, w); err != nil {
		return offboarding.Actor{}, nil, err
	}
	u, err := d.user(ctx, w.user)
	if err != nil {
		return offboarding.Actor{}, nil, err
	}
	if u.ID != w.user || u.Deleted {
		return offboarding.Actor{}, nil, denied{
			by:   offboarding.Actor{Door: offboarding.DoorSlack, ID: w.user},
			rule: ruleClosed, why: "your Slack account is closed or not known",
		}
	}
	home, err := d.home(ctx)
	if err != nil {
		return offboarding.Actor{}, nil, err
	}
	a := offboarding.Actor{
		Door: offboarding.DoorSlack, ID: u.ID, Name: nameOf(u),
		Guest:   u.IsRestricted || u.IsUltraRestricted,
		Bot:     u.IsBot || u.IsWorkflowBot || u.IsConnectorBot || u.ID == "USLACKBOT",
		Foreign: u.IsStranger || !belongs(u, home),
	}
	if a.Email, err = offboarding.ParseSubject(u.Profile.Email); err != nil {
		a.Email = "" // a bot, or somebody of elsewhere whose address is not shown
	}
	if a.Guest || a.Bot || a.Foreign {
		return a, u, nil // the policy refuses them whatever groups they are in
	}
	a.Groups, err = d.groupsOf(ctx, a, fresh)
	return a, u, err
}

// belongs reports whether the user is a member of the workspace or organisation.
func belongs(u *slack.User, home string) bool {
	return u.TeamID == home || u.Enterprise.EnterpriseID == home || slices.Contains(u.Enterprise.Teams, home)
}

// groupsOf are the actor's groups as far as the policy names any; fresh ones are
// read anew.
func (d *directory) groupsOf(ctx context.Context, a offboarding.Actor, fresh bool) ([]string, error) {
	var out []string
	for _, id := range d.opt.UserGroups {
		members, err := d.groups.members(id, time.Now(), fresh, func() ([]string, error) {
			api, err := d.web.With(d.opt.BotToken)
			if err != nil {
				return nil, err
			}
			list, err := api.GetUserGroupMembersContext(ctx, id)
			return list, web.Named("read user group "+id, err)
		})
		if err != nil {
			return nil, fmt.Errorf("it cannot be seen what you may do, so nothing was done: %s", plainError(err))
		}
		if slices.Contains(members, a.ID) {
			out = append(out, "slack:"+id)
		}
	}
	if d.opt.Okta == nil || len(d.opt.OktaNames) == 0 || a.Email == "" {
		return out, nil
	}
	mine, err := d.groups.members("okta:"+string(a.Email), time.Now(), fresh, func() ([]string, error) { return d.opt.Okta.Groups(ctx, a.Email) })
	if err != nil {
		return nil, fmt.Errorf("it cannot be seen what you may do, so nothing was done: %s", oktaError(err))
	}
	for _, n := range d.opt.OktaNames {
		if slices.Contains(mine, n) {
			out = append(out, "okta:"+n)
		}
	}
	return out, nil
}

// oktaError is an error of the directory's in words for the person who acts.
func oktaError(err error) string {
	var e *transport.Error
	if !errors.As(err, &e) {
		return "Okta does not say which groups you are in: " + plainError(err)
	}
	text := "Okta does not say which groups you are in (" + e.Op + ")"
	if e.Kind == transport.Refused || e.Kind == transport.Identity {
		text = cmp.Or(e.Detail, text)
	}
	if e.Fix != "" {
		text += "; " + e.Fix
	}
	return secret.Scrub(text)
}

// user reads one user.
func (d *directory) user(ctx context.Context, id string) (*slack.User, error) {
	api, err := d.web.With(d.opt.BotToken)
	if err != nil {
		return nil, err
	}
	u, err := api.GetUserInfoContext(ctx, id)
	if err != nil {
		return nil, web.Named("look up the user", err)
	}
	return u, nil
}

// personByID is a user picked or mentioned.
func (d *directory) personByID(ctx context.Context, id string) (person, error) {
	u, err := d.user(ctx, id)
	if err != nil {
		return person{}, err
	}
	return personOf(u)
}

func personOf(u *slack.User) (person, error) {
	s, err := offboarding.ParseSubject(u.Profile.Email)
	if err != nil {
		return person{}, fmt.Errorf("slack shows no work e-mail for %s; give the address instead", nameOf(u))
	}
	return person{Subject: s, Name: nameOf(u), UserID: u.ID, Zone: u.TZ}, nil
}

// personByEmail adds what Slack knows of an address; somebody without a Slack
// account is no error.
func (d *directory) personByEmail(ctx context.Context, s offboarding.Subject) (person, error) {
	p := person{Subject: s}
	api, err := d.web.With(d.opt.BotToken)
	if err != nil {
		return p, err
	}
	u, err := api.GetUserByEmailContext(ctx, string(s))
	switch {
	case web.Code(err) == "users_not_found":
		return p, nil
	case err != nil:
		return p, web.Named("look up the address", err)
	}
	// Slack also finds people by other addresses: the one that was given is meant.
	p.Name, p.UserID, p.Zone = nameOf(u), u.ID, u.TZ
	return p, nil
}

// maxMatches is how many people a name may fit and still be asked about.
const maxMatches = 10

var (
	errManyFit = errors.New("the name fits too many people: give the work e-mail, or pick the person from Slack's list while you type @")
	errHidden  = errors.New("the name also fits somebody whose e-mail Slack does not show: give the work e-mail of the one who is meant")
)

// personsByName finds everybody whom a typed name fits: a whole handle, display
// name or real name, or one word of it. Where it fits somebody whose address is
// not shown, it is not guessed who is meant: the error asks for the address.
func (d *directory) personsByName(ctx context.Context, name string) ([]person, error) {
	api, err := d.web.With(d.opt.BotToken)
	if err != nil {
		return nil, err
	}
	var out []person
	var hidden error
	pages := api.GetUsersPaginated(slack.GetUsersOptionLimit(200))
	for {
		next, err := pages.Next(ctx)
		switch {
		case pages.Done(err) && hidden != nil && len(out) > 0:
			return nil, errHidden
		case pages.Done(err):
			return out, hidden
		}
		if err != nil {
			return nil, web.Named("look through the members", err)
		}
		pages = next
		for i := range pages.Users {
			u := &pages.Users[i]
			if u.IsBot || u.ID == "USLACKBOT" || !fits(u, name) {
				continue
			}
			p, err := personOf(u)
			if err != nil {
				hidden = cmp.Or(hidden, err)
				continue
			}
			if out = append(out, p); len(out) > maxMatches {
				return nil, errManyFit
			}
		}
	}
}

func fits(u *slack.User, name string) bool {
	name = strings.TrimSpace(name)
	for _, n := range []string{u.Name, u.RealName, u.Profile.DisplayName, u.Profile.RealName} {
		if strings.EqualFold(n, name) || slices.ContainsFunc(strings.FieldsFunc(n, apart), func(w string) bool { return strings.EqualFold(w, name) }) {
			return true
		}
	}
	return false
}

func apart(r rune) bool { return r == ' ' || r == '.' || r == '_' || r == ',' }

func nameOf(u *slack.User) string {
	for _, n := range []string{u.Profile.RealName, u.RealName, u.Profile.DisplayName, u.Name} {
		if strings.TrimSpace(n) != "" {
			return line(n, 80)
		}
	}
	return u.ID
}
