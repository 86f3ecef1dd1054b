package slack

import (
	"context"
	"slices"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"lastday/activities/slack/web"
	"lastday/offboarding"
	"lastday/policy"
)

const (
	actionRefresh = "lastday.refresh"
	actionOpen    = "lastday.open"
)

// event takes in an event of the Events API: somebody opens the app's home.
func (d *Door) event(e slackevents.EventsAPIEvent) {
	opened, ok := e.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent)
	if !ok || opened.Tab == "messages" {
		return
	}
	w := whoOf(e)
	if !d.looks.add(w.user, homeLook, func(ctx context.Context) { d.home(ctx, w, "") }) {
		d.opt.Log.Warn("there was no room to show the home", "id", w.user)
	}
}

// home shows somebody what concerns them. It is published for them alone. Where
// that fails, a press is answered in a dialog; trigger opens it.
func (d *Door) home(ctx context.Context, w who, trigger string) {
	s := &screen{door: d, who: w, trigger: trigger, title: "Lastday"}
	if trigger != "" {
		defer s.rescue(ctx)
	}
	actor, _, err := d.actor(ctx, w, policy.See)
	var blocks []slack.Block
	if err == nil {
		blocks, err = d.homeBlocks(ctx, actor)
	}
	if err != nil {
		blocks = append(homeHead(), section(slowError(err)))
	}
	if err := d.publish(ctx, w, blocks); err != nil {
		d.opt.Log.Warn("the home could not be shown", "id", w.user, "error", kindOf(err))
		if trigger != "" {
			s.say(ctx, "The home could not be shown. "+plainError(err))
		}
	}
}

func (d *Door) publish(ctx context.Context, w who, blocks []slack.Block) error {
	api, err := d.api()
	if err != nil {
		return err
	}
	_, err = api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: w.user, View: slack.HomeTabViewRequest{
		Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks[:min(len(blocks), 100)]},
	}})
	return web.Named("publish home", err)
}

func homeHead() []slack.Block {
	return []slack.Block{
		header("Lastday"),
		slack.NewActionBlock(
			"home",
			slack.NewButtonBlockElement(actionOpen, "open", plain("Offboard somebody")).WithStyle(slack.StylePrimary),
			slack.NewButtonBlockElement(actionRefresh, "refresh", plain("Refresh")),
		),
	}
}

func (d *Door) homeBlocks(ctx context.Context, by offboarding.Actor) ([]slack.Block, error) {
	if no := d.never(policy.Question{Action: policy.See, Actor: by}); no != "" {
		return []slack.Block{header("Lastday"), section(no)}, nil
	}
	seen, err := d.visible(ctx, by)
	if err != nil {
		return nil, err
	}
	var mine, waiting, next []offboarding.Case
	for _, c := range seen.cases {
		if c.Departure.RequestedBy.ID == by.ID && c.Departure.RequestedBy.Door == by.Door {
			mine = append(mine, c)
		}
		if d.waitsFor(by, c) {
			waiting = append(waiting, c)
		}
		if c.Movable() {
			next = append(next, c)
		}
	}
	slices.SortFunc(next, func(a, b offboarding.Case) int { return a.Due.Compare(b.Due) })
	out := homeHead()
	none := []string{"Nothing waits for you.", "No departure is planned.", "You have asked for none."}
	if gap := seen.gap(); gap != "" {
		out = append(out, section(gap))
		none = []string{"None of those that were looked at.", "None of those that were looked at.", "None of those that were looked at."}
	}
	out = append(out, caseSection("What waits for you", waiting, none[0])...)
	out = append(out, caseSection("Next departures", next, none[1])...)
	return append(out, caseSection("Cases that you asked for", mine, none[2])...), nil
}

// waitsFor reports whether the case waits for a word that the actor may give.
func (d *Door) waitsFor(by offboarding.Actor, c offboarding.Case) bool {
	facts := offboarding.FactsOf(c.Systems)
	may := func(a policy.Action) bool {
		q := policy.Question{Action: a, Actor: by, Departure: c.Departure, Plan: &facts}
		if a == policy.Release {
			q.Departure, q.Plan = offboarding.Departure{}, nil
		}
		return d.may(q)
	}
	for _, p := range offboarding.PossibleActs(c) {
		switch p.Do {
		case offboarding.ActApprove:
			if rule, _ := notAnApprover(by, c); rule == "" && may(policy.Approve) {
				return true
			}
		case offboarding.ActRelease:
			if may(policy.Release) {
				return true
			}
		case offboarding.ActRetry, offboarding.ActDecide:
			if may(policy.Decide) {
				return true
			}
		default: // what one may do without being waited for
		}
	}
	return false
}

// eachSection is how many cases a part of the home lists.
const eachSection = 20

func caseSection(title string, all []offboarding.Case, none string) []slack.Block {
	out := []slack.Block{slack.NewDividerBlock(), header(title)}
	if len(all) == 0 {
		return append(out, section(none))
	}
	lines := make([]string, 0, len(all))
	for _, c := range all {
		lines = append(lines, "• "+caseLine(c))
	}
	lines = shorten(lines, eachSection)
	for len(lines) > 0 {
		n := min(len(lines), 10)
		out = append(out, section(strings.Join(lines[:n], "\n")))
		lines = lines[n:]
	}
	return out
}
