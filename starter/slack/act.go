package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lastday/offboarding"
	"lastday/starter/cases"
	"lastday/starter/when"
)

// Blocks of an act's dialog.
const (
	inVerb   = "verb"
	inTarget = "target"
	inUntil  = "until"
	inWhy    = "why"
)

const maxWhy = 1000

// meta is what an act's dialog carries: which act on which case, the hash of the
// plan it showed, and those of the questions. All are checked when it comes back.
type meta struct {
	Act  string            `json:"a"`
	Plan string            `json:"p,omitempty"`
	Asks map[string]string `json:"q,omitempty"` // by target
}

// change is what somebody said in an act's dialog.
type change struct {
	id    string // the same for one press, however often it is delivered
	why   string
	plan  string
	at    time.Time
	zone  string
	until time.Time
}

var titles = map[offboarding.Act]string{
	offboarding.ActApprove: "Approve the plan", offboarding.ActReject: "Reject the plan", offboarding.ActRelease: "Release",
	offboarding.ActExpedite: "Begin now", offboarding.ActReschedule: "Reschedule", offboarding.ActCancel: "Cancel the case",
	offboarding.ActRetry: "Try again", offboarding.ActAttest: "Attest", offboarding.ActWaive: "Waive", offboarding.ActDecide: "Decide",
}

func titleOf(a offboarding.Act) string {
	if t := titles[a]; t != "" {
		return t
	}
	return "Lastday"
}

var explanations = map[offboarding.Act]string{
	offboarding.ActApprove:    "You agree, under your name, to the plan as it is below. If it changes you are asked again.",
	offboarding.ActReject:     "The case ends here, and nothing is cut.",
	offboarding.ActRelease:    "The brake holds every departure that begins now, because there are more than usual. Two people must release them.",
	offboarding.ActReschedule: "Access ends at another time. Who agreed to the earlier one is asked again.",
	offboarding.ActCancel:     "Nothing more is cut. What is cut already is not given back by itself.",
	offboarding.ActRetry:      "Lastday tries again; what it asks before removing is then removed.",
	offboarding.ActAttest:     "You have looked yourself, and say under your name that the access is gone.",
	offboarding.ActWaive:      "You accept under your name that the access stays, until the day you give.",
	offboarding.ActDecide:     "Choose what it is about, and what to do.",
}

// actView asks for what an act needs: always a reason, but to an approval.
func actView(p offboarding.Possible, c offboarding.Case, zone string) slack.ModalViewRequest {
	dep := c.Departure
	blocks := []slack.Block{header(string(dep.Subject)), section(explanations[p.Do])}
	m := meta{Act: p.Token(c.ID)}
	switch p.Do {
	case offboarding.ActApprove, offboarding.ActReject:
		m.Plan = c.Plan
		blocks = append(blocks, section(strings.Join(caseSummary(c), "\n")),
			section("What will be taken away:\n"+strings.Join(shorten(planLines(c), 30), "\n")), small("Plan "+c.Plan))
	case offboarding.ActReschedule:
		blocks = append(blocks, section("Now: "+dueText(dep)))
		day, clock := "", ""
		own := orElse(dep.Zone, zone)
		if loc, err := offboarding.LoadZone(own); err == nil && !c.Due.IsZero() {
			day, clock = c.Due.In(loc).Format(time.DateOnly), c.Due.In(loc).Format("15:04")
		} else {
			own = "UTC"
		}
		blocks = append(blocks, input(inDate, "New last day", "", false, dateInput(day)), input(inTime, "Time", "", false, timeInput(clock)),
			input(inZone, "Time zone", "", false, selectInput(zoneOptions(zone, own)[1:], own)))
	case offboarding.ActRetry, offboarding.ActAttest, offboarding.ActWaive, offboarding.ActDecide:
		asks, shown := needBlocks(p, c)
		m.Asks, blocks = asks, append(blocks, shown...)
	case offboarding.ActRelease, offboarding.ActExpedite, offboarding.ActCancel:
	}
	if p.Do != offboarding.ActReschedule {
		blocks = append(blocks, input(inWhy, "Why?", "it is kept with your name", p.Do == offboarding.ActApprove, textInput("", maxWhy, true)))
	}
	v := modal(titleOf(p.Do), blocks)
	b, err := json.Marshal(m)
	if err != nil {
		return textView(titleOf(p.Do), "This cannot be shown.")
	}
	v.CallbackID, v.PrivateMetadata, v.Submit = callAct, string(b), plain(line(titleOf(p.Do), 24))
	return v
}

// caseSummary is the request in words.
func caseSummary(c offboarding.Case) []string {
	return append(summary(draft{Departure: c.Departure, Person: person{Subject: c.Departure.Subject}}), "Asked for by: "+c.Departure.RequestedBy.String())
}

// actSubmitted takes in an act's dialog.
func (d *Door) actSubmitted(w who, v slack.View) any {
	var m meta
	p, caseID, err := offboarding.Possible{}, "", json.Unmarshal([]byte(v.PrivateMetadata), &m)
	if err == nil {
		p, caseID, err = offboarding.ParseToken(m.Act)
	}
	if err != nil {
		view := textView("Lastday", "This dialog is none of Lastday's. Nothing was done.")
		return slack.NewUpdateViewSubmissionResponse(&view)
	}
	in := values{v.State}
	if p.Do == offboarding.ActDecide {
		p.Do, p.Target = verbOf(in.choice(inVerb)), in.choice(inTarget)
	}
	if wrong := checkAct(p, in); len(wrong) > 0 {
		return slack.NewErrorsViewSubmissionResponse(wrong)
	}
	answer, external := submitted(titleOf(p.Do), "One moment …")
	s := &screen{door: d, who: w, external: external, view: v.ID, title: titleOf(p.Do)}
	s.about, _ = offboarding.CaseSubject(caseID)
	ch := change{why: clean(in.text(inWhy), maxWhy), plan: m.Plan}
	return d.work(answer, firstInput(p), s, func(ctx context.Context) {
		actor, user, err := d.actorNow(ctx, w, actions[p.Do])
		if err != nil {
			s.say(ctx, notDone(err))
			return
		}
		if err := ch.times(p, in, user.TZ); err != nil {
			s.say(ctx, plainError(err))
			return
		}
		c, err := d.caseNow(ctx, p, caseID)
		if err == nil {
			err = m.sameQuestion(p, c)
		}
		if err != nil {
			s.say(ctx, plainError(err))
			return
		}
		ch.id = ch.name(v.ID, p)
		d.do(ctx, s, actor, c, p, ch)
	})
}

// name is the same for one dialog sent twice, and another for one that was
// changed before it was sent again: what it says then is not what was done.
func (ch change) name(dialog string, p offboarding.Possible) string {
	words := []string{string(p.Do), p.Target, ch.why, ch.plan, ch.at.UTC().String(), ch.zone, ch.until.UTC().String()}
	return "dialog " + dialog + " " + shortHash(words...)
}

// notDone is an error from before anything was tried.
func notDone(err error) string {
	text := plainError(err)
	if strings.Contains(text, "othing was done") {
		return text
	}
	return strings.TrimRight(text, ".") + ". Nothing was done."
}

// firstInput is a block at which Slack can show an error.
func firstInput(p offboarding.Possible) string {
	if p.Do == offboarding.ActReschedule {
		return inDate
	}
	return inWhy
}

// checkAct finds what can be seen to be wrong at once.
func checkAct(p offboarding.Possible, in values) map[string]string {
	wrong := map[string]string{}
	switch p.Do {
	case offboarding.ActReschedule:
		for _, block := range []string{inDate, inTime} {
			if in.date(block)+in.clock(block) == "" {
				wrong[block] = "Give the day and the time."
			}
		}
		return wrong
	case offboarding.ActRetry, offboarding.ActAttest, offboarding.ActWaive:
		if _, _, err := offboarding.ParseTarget(p.Target); err != nil {
			wrong[inTarget] = "Choose what it is about."
		}
		if p.Do == offboarding.ActWaive && in.date(inUntil) == "" {
			wrong[inUntil] = "Give the day until which it may stay."
		}
	case offboarding.ActApprove:
		return wrong
	case offboarding.ActReject, offboarding.ActRelease, offboarding.ActCancel, offboarding.ActExpedite:
	default:
		wrong[inVerb] = "Choose what to do."
	}
	if strings.TrimSpace(in.text(inWhy)) == "" {
		wrong[inWhy] = "Say why: it is kept with your name."
	}
	return wrong
}

// times reads the day and the time, in the zone chosen or the person's own.
func (ch *change) times(p offboarding.Possible, in values, zone string) error {
	here, err := offboarding.LoadZone(orElse(in.choice(inZone), orElse(zone, "UTC")))
	switch p.Do {
	case offboarding.ActReschedule:
		if err != nil {
			break // in another zone it would be another time
		}
		ch.at, ch.zone, err = when.Parse(in.date(inDate)+" "+in.clock(inTime)+" "+here.String(), time.Now(), here)
	case offboarding.ActWaive:
		if err != nil {
			here = time.UTC // a day, in a zone that Slack knows and we do not
		}
		ch.until, err = when.Until(in.date(inUntil), time.Now(), here)
	default:
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w. Nothing was changed", err)
	}
	return nil
}

// actWithin is how long somebody waits to hear what came of an act.
const actWithin = 25 * time.Second

// do makes the change, and tells what came of it. The case's workflow checks it
// against the policy, and its refusal names the rule.
func (d *Door) do(ctx context.Context, s *screen, by offboarding.Actor, c offboarding.Case, p offboarding.Possible, ch change) {
	call, cancel := context.WithTimeout(cases.OnCase(cases.Once(ctx, "slack "+ch.id), c.ID), actWithin)
	defer cancel()
	who := c.Departure.Subject
	var err error
	after := c
	told := ""
	switch p.Do {
	case offboarding.ActApprove, offboarding.ActReject:
		after, err = d.opt.Desk.Approve(call, who, offboarding.Approval{By: by, Reject: p.Do == offboarding.ActReject, Reason: ch.why, Plan: ch.plan})
	case offboarding.ActRelease:
		told, err = d.release(call, by, ch.why)
	case offboarding.ActExpedite:
		after, err = d.opt.Desk.Expedite(call, who, by)
	case offboarding.ActReschedule:
		after, err = d.opt.Desk.Reschedule(call, who, ch.at, ch.zone, by)
	case offboarding.ActCancel:
		after, err = d.opt.Desk.Cancel(call, who, ch.why, by)
	case offboarding.ActRetry, offboarding.ActAttest, offboarding.ActWaive:
		word := offboarding.Decision{Verb: offboarding.Verb(p.Do), Reason: ch.why, Until: ch.until, By: by}
		if word.System, word.Class, err = offboarding.ParseTarget(p.Target); err == nil {
			after, err = d.opt.Desk.Decide(call, who, word)
		} else {
			err = &offboarding.Denied{Why: err.Error()}
		}
	case offboarding.ActDecide:
		err = &offboarding.Denied{Why: "say what to do: try again, attest or waive"}
	}
	if err != nil {
		d.opt.Log.Warn("not done", "id", by.ID, "action", p.Do, "case", caseTag(who), "error", kindOf(err))
		s.say(ctx, failedText(p.Do, who, err))
		return
	}
	if told == "" {
		told = "Done. " + caseLine(after) + "."
	}
	s.say(ctx, told)
}

// failedText says "not done" only where that is certain.
func failedText(do offboarding.Act, who offboarding.Subject, err error) string {
	switch {
	case !certainlyNot(err):
		// Not in the error's words: they may speak of the last try only.
		return "There was no clear answer. " + uncertain(who)
	case errors.Is(err, offboarding.ErrEnded) && do != offboarding.ActRelease:
		return "Not done: " + endedText(who)
	}
	return "Not done: " + plainError(err)
}

// certainlyNot reports whether an error says that nothing was done: the case
// itself, or that there is none, said so. After any other error it may be that
// only the answer was lost.
func certainlyNot(err error) bool {
	var denied *offboarding.Denied
	return errors.As(err, &denied) || errors.Is(err, offboarding.ErrEnded) || errors.Is(err, offboarding.ErrNoCase)
}

// endedText is ErrEnded for people who have no command line.
func endedText(who offboarding.Subject) string {
	return fmt.Sprintf("the case of %s has ended. An operator can open a new one.", who)
}

func (d *Door) release(ctx context.Context, by offboarding.Actor, why string) (string, error) {
	r, err := d.opt.Desk.Release(ctx, by, why)
	if err != nil {
		return "", err
	}
	if r.Missing > 0 {
		return fmt.Sprintf("Noted. %d more must release before the departures go on.", r.Missing), nil
	}
	return "Done. The departures that were held go on.", nil
}
