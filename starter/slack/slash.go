package slack

import (
	"context"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lastday/offboarding"
	"lastday/policy"
	"lastday/starter/when"
)

// verb is what a command asks for.
type verb int

const (
	verbOffboard verb = iota
	verbStatus
	verbList
	verbHelp
)

// order is a command as it was typed.
type order struct {
	verb verb
	whom mention
	when string // the words after the person
}

// mention is how a person was named: one of the three, or none.
type mention struct {
	userID string // picked from Slack's list
	email  offboarding.Subject
	name   string // typed
}

func (m mention) none() bool { return m == mention{} }

var (
	mentioned = regexp.MustCompile(`^<@([UW][A-Z0-9]{1,20})(?:\|[^<>]*)?>`)
	mailed    = regexp.MustCompile(`^<mailto:([^<>|]+)(?:\|[^<>]*)?>`)
)

const maxCommand = 1000

// readOrder reads the text of a command. The error says what to type instead.
func readOrder(text string) (order, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxCommand {
		return order{}, fmt.Errorf("the command is longer than %d characters; see /offboard help", maxCommand)
	}
	first, rest, _ := strings.Cut(text, " ")
	var o order
	switch strings.ToLower(first) {
	case "":
		return o, nil
	case "help", "?":
		return order{verb: verbHelp}, nil
	case "list":
		return order{verb: verbList}, nil
	case "status":
		o.verb, text = verbStatus, strings.TrimSpace(rest)
		if text == "" {
			return order{}, errors.New("of whom? Type /offboard status @jane, or /offboard list for all")
		}
	}
	var err error
	if o.whom, text, err = readMention(text); err != nil {
		return order{}, err
	}
	o.when = strings.TrimSpace(text)
	if o.verb == verbStatus && o.when != "" {
		return order{}, errors.New("/offboard status takes one person; for a name in two words give the work e-mail")
	}
	return o, nil
}

// readMention reads the person at the beginning of a text and gives the rest.
func readMention(text string) (mention, string, error) {
	if m := mentioned.FindStringSubmatch(text); m != nil {
		return mention{userID: m[1]}, text[len(m[0]):], nil
	}
	if m := mailed.FindStringSubmatch(text); m != nil {
		s, err := offboarding.ParseSubject(html.UnescapeString(m[1]))
		return mention{email: s}, text[len(m[0]):], err
	}
	first, rest, _ := strings.Cut(text, " ")
	first = html.UnescapeString(first)
	name, at := strings.CutPrefix(first, "@")
	if !at && strings.Contains(first, "@") {
		s, err := offboarding.ParseSubject(first)
		return mention{email: s}, rest, err
	}
	if name = clean(name, 80); name == "" || strings.ContainsAny(name, "<>|") {
		return mention{}, "", errors.New("type a person as @jane or jane@example.com; see /offboard help")
	}
	return mention{name: name}, rest, nil
}

const helpText = `/offboard – fill in who leaves, when and why; you see the plan before anything happens
/offboard @jane – the same for Jane
/offboard jane@example.com tomorrow 17:00 Europe/Berlin – with the time at which access ends
/offboard status @jane – how Jane's case stands
/offboard list – all cases that you may see
/offboard help – this

A case's own message in the channel has buttons for what can be done with it. Times may be: now, today 17:00, tomorrow, friday 18:00, in 2 hours, 2026-12-01 17:00, each with a time zone after it.`

// command takes in /offboard. What it gives back is the answer of the first
// three seconds; the rest is worked on after that.
func (d *Door) command(c slack.SlashCommand) any {
	o, err := readOrder(c.Text)
	if err != nil {
		return ephemeral(err.Error())
	}
	if o.verb == verbHelp {
		return ephemeral(helpText)
	}
	w := who{user: c.UserID, team: c.TeamID, enterprise: c.EnterpriseID}
	// look is for what changes nothing; offboard has a screen of its own.
	look := func(do func(context.Context, *screen)) bool {
		return d.looks.add(w.user, "", func(ctx context.Context) {
			s := &screen{door: d, who: w, response: c.ResponseURL}
			defer s.rescue(ctx)
			do(ctx, s)
		})
	}
	var ok bool
	switch o.verb {
	case verbStatus:
		ok = look(func(ctx context.Context, s *screen) { d.status(ctx, s, o.whom) })
	case verbList:
		ok = look(d.list)
	default:
		ok = d.queue.add(func(ctx context.Context) { d.offboard(ctx, w, o, c.TriggerID, c.ResponseURL) })
	}
	if !ok {
		return ephemeral(errBusy.Error())
	}
	return nil
}

// offboard opens the dialog: empty, or with the person and the time.
func (d *Door) offboard(ctx context.Context, w who, o order, trigger, response string) {
	s := d.opening(ctx, w, trigger, response, dialogTitle)
	defer s.rescue(ctx)
	actor, user, err := d.actor(ctx, w, policy.Request)
	if err != nil {
		s.say(ctx, plainError(err))
		return
	}
	if no := d.never(policy.Question{Action: policy.Request, Actor: actor}); no != "" {
		s.say(ctx, no)
		return
	}
	var f fields
	if o.when != "" {
		if err := f.at(o.when, time.Now(), user.TZ); err != nil {
			s.say(ctx, err.Error())
			return
		}
	}
	if o.whom.none() {
		s.show(ctx, formView(f, user.TZ))
		return
	}
	fitting, err := d.find(ctx, o.whom)
	switch {
	case err != nil:
		s.say(ctx, plainError(err))
	case len(fitting) == 0:
		s.say(ctx, fmt.Sprintf("Nobody here is called %q. Give the work e-mail, or pick the person from the list that Slack shows while you type @.", o.whom.name))
	case len(fitting) > 1:
		s.show(ctx, d.pickView(w, fitting, f))
	default:
		d.showForm(ctx, s, actor, fitting[0], f, user.TZ)
	}
}

// showForm shows the form for a person, unless it is their own case.
func (d *Door) showForm(ctx context.Context, s *screen, actor offboarding.Actor, p person, f fields, zone string) {
	if no := d.never(policy.Question{Action: policy.Request, Actor: actor, Departure: offboarding.Departure{Subject: p.Subject, RequestedBy: actor}}); no != "" {
		s.say(ctx, no)
		return
	}
	f.name(p)
	s.show(ctx, formView(f, zone))
}

// name puts a person into the fields.
func (f *fields) name(p person) {
	if f.User, f.Email = p.UserID, ""; p.UserID == "" {
		f.Email = string(p.Subject)
	}
}

// at puts the words of a time into the fields, which know no seconds: the next
// full minute then. An hour that comes twice can be told in UTC only.
func (f *fields) at(words string, now time.Time, zone string) error {
	here, err := offboarding.LoadZone(orElse(zone, "UTC"))
	if err != nil {
		here = time.UTC
	}
	due, named, err := when.Parse(words, now, here)
	if err != nil {
		return err
	}
	if due.IsZero() {
		f.When = whenNow
		return nil
	}
	loc, err := offboarding.LoadZone(orElse(named, "UTC"))
	if err != nil {
		loc = time.UTC
	}
	if full := due.Truncate(time.Minute); full.Before(due) {
		due = full.Add(time.Minute)
	}
	f.wall(due, loc)
	if again, _, err := f.due(person{}, zone, now); err != nil || !again.Equal(due) {
		f.wall(due, time.UTC)
	}
	return nil
}

// wall puts an instant into the fields as clocks in the zone show it.
func (f *fields) wall(at time.Time, loc *time.Location) {
	at = at.In(loc)
	f.When, f.Date, f.Time, f.Zone = whenTime, at.Format(time.DateOnly), at.Format("15:04"), loc.String()
}

// find gives the people whom a mention fits.
func (d *Door) find(ctx context.Context, m mention) ([]person, error) {
	switch {
	case m.userID != "":
		p, err := d.people.personByID(ctx, m.userID)
		return []person{p}, err
	case m.email != "":
		p, err := d.people.personByEmail(ctx, m.email)
		return []person{p}, err
	}
	return d.people.personsByName(ctx, m.name)
}

// never is refused for a request of which little is known yet: only the rules
// that no file can lift count, since others may depend on what is not filled in.
func (d *Door) never(q policy.Question) string {
	if policy.BuiltIn(d.opt.Policy.Rule(q).Refused) {
		return d.refused(q)
	}
	return ""
}

// refused asks the policy, and says no in words that name the rule; empty if
// nothing speaks against it.
func (d *Door) refused(q policy.Question) string {
	r := d.opt.Policy.Rule(q)
	if r.Refused == "" {
		return ""
	}
	return d.refuse(q.Departure.Subject, offboarding.Refusal{By: q.Actor, Action: string(q.Action), Rule: r.Refused, Why: r.Why})
}
