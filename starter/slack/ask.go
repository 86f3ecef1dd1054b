package slack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"lastday/offboarding"
)

// verbOf is one of the words on a need; empty for any other.
func verbOf(choice string) offboarding.Act {
	verbs := []offboarding.Act{offboarding.ActRetry, offboarding.ActAttest, offboarding.ActWaive}
	if a := offboarding.Act(choice); slices.Contains(verbs, a) {
		return a
	}
	return ""
}

// question is what a case asks about a target; empty if nothing.
func question(c offboarding.Case, target string) string {
	var out []string
	for _, n := range c.Needs() {
		if n.Target() == target {
			out = append(out, n.What)
		}
	}
	return strings.Join(out, "\n")
}

// needBlocks say what waits, and ask which of it is meant where that is open.
// asks are the hashes of the questions shown, by target.
func needBlocks(p offboarding.Possible, c offboarding.Case) (asks map[string]string, out []slack.Block) {
	asks = map[string]string{}
	if p.Do != offboarding.ActDecide {
		asks[p.Target] = shortHash(question(c, p.Target))
		for _, n := range c.Needs() {
			if n.Target() == p.Target {
				out = append(out, section(n.Target()+": "+n.What))
			}
		}
	} else {
		out = append(out, targetBlocks(c, asks)...)
	}
	if p.Do == offboarding.ActWaive || p.Do == offboarding.ActDecide {
		out = append(out, input(inUntil, "Until when may it stay?", "for waive only", p.Do == offboarding.ActDecide, dateInput("")))
	}
	return asks, out
}

// maxAsks bounds what the questions' hashes take of a dialog's metadata.
const maxAsks = 2000

// targetBlocks let one of many needs be chosen, and what to do about it.
func targetBlocks(c offboarding.Case, asks map[string]string) []slack.Block {
	var targets []*slack.OptionBlockObject
	size := 0
	for _, n := range c.Needs() {
		t := n.Target()
		if _, known := asks[t]; known || len(t) > 75 || len(targets) == 100 || size+len(t)+20 > maxAsks {
			continue
		}
		size += len(t) + 20
		asks[t] = shortHash(question(c, t))
		o := option(t, t)
		o.Description = plain(line(n.What, 75))
		targets = append(targets, o)
	}
	verbs := []*slack.OptionBlockObject{
		option(string(offboarding.ActRetry), "Try again"), option(string(offboarding.ActAttest), "Attest: it is gone, I have looked"),
		option(string(offboarding.ActWaive), "Waive: it stays, until the day below"),
	}
	var out []slack.Block
	if len(targets) > 0 {
		out = append(out, input(inTarget, "What is it about?", "", false, selectInput(targets, "")))
	}
	return append(out, input(inVerb, "What to do?", "", false, radioInput(verbs, "")))
}

// sameQuestion refuses a word on something else than the dialog asked about.
func (m meta) sameQuestion(p offboarding.Possible, c offboarding.Case) error {
	if verbOf(string(p.Do)) == "" {
		return nil
	}
	now := question(c, p.Target)
	if m.Asks[p.Target] == shortHash(now) {
		return nil
	}
	return fmt.Errorf("what %s waits for has changed since you looked. It is now: %s. Nothing was done: look again", p.Target, strings.TrimRight(line(now, 1000), "."))
}

// shortHash tells words apart that nobody chooses to be alike.
func shortHash(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:6])
}
