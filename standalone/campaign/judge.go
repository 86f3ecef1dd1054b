package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lastday/offboarding"
)

// judge holds what cases and messages say against what is true.
func (s *site) judge(out *result) {
	out.states = map[string]int{}
	for _, l := range s.leavers {
		switch {
		case l.failed != nil:
			out.lost = append(out.lost, fmt.Sprintf("%s: %v", l.Email, l.failed))
			continue
		case l.id == "":
			out.states["not begun"]++
			out.open = append(out.open, l.Email+": no case was ever begun")
			continue
		case !l.over:
			out.states["open"]++
			out.open = append(out.open, l.Email+l.plotted())
			continue
		}
		out.states[string(l.end.State)]++
		held := slices.Concat(l.atEnd, s.firm.Holds(l.Email))
		for _, f := range falsely(l.end, held) {
			out.falsely = append(out.falsely, l.Email+": "+f+l.plotted())
		}
	}
	s.messages(out)
	out.doubled = append(out.doubled, s.calls.Doubled()...)
	for mail, before := range s.stayers {
		if now := s.firm.Holds(mail); !slices.Equal(before, now) {
			out.bystanders = append(out.bystanders, fmt.Sprintf("%s held %v, and holds %v", mail, before, now))
		}
	}
	out.calls, out.faults = s.calls.Sums()
}

func (l *leaver) plotted() string {
	if l.plot == nil {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", l.plot.system, l.plot.name)
}

// falsely lists what a case says is gone, and is not: as a whole, class by
// class, and of systems said not to know the person.
func falsely(c offboarding.Case, held []string) []string {
	var out []string
	for _, h := range held {
		system, rest, _ := strings.Cut(h, ": ")
		class, _, _ := strings.Cut(rest, "/")
		if c.State == offboarding.Verified || c.State == offboarding.NothingFound {
			out = append(out, fmt.Sprintf("is called %s and holds %s", c.State, h))
		}
		for _, s := range c.Systems {
			if string(s.System) != system {
				continue
			}
			if !s.Account.Found && s.Verified() {
				out = append(out, fmt.Sprintf("is called unknown to %s and holds %s", system, h))
			}
			for _, v := range s.Verdicts {
				if string(v.Class) == class && v.Verified() {
					out = append(out, fmt.Sprintf("%s/%s is called %s and is there: %s (%s)", system, class, v.Proof, h, v.Note))
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// messages checks that each case has one message, which says what the case says.
func (s *site) messages(out *result) {
	byCase := map[string][]string{}
	for _, m := range s.firm.Slack.Messages() {
		if key, ok := m.Metadata["case"].(string); ok {
			byCase[key] = append(byCase[key], m.Text)
		}
	}
	out.posted = s.firm.Slack.PostCount()
	for _, l := range s.leavers {
		texts := byCase[l.id+" "+l.run]
		delete(byCase, l.id+" "+l.run)
		if len(texts) > 1 {
			out.doubled = append(out.doubled, fmt.Sprintf("%d messages about %s", len(texts), l.Email))
		}
		if len(texts) == 0 && l.over {
			out.untold = append(out.untold, l.Email)
		}
		for _, text := range texts {
			if strings.Contains(text, "is verified") && l.end.State != offboarding.Verified {
				out.falsely = append(out.falsely, fmt.Sprintf("%s: the message says verified, and the case is %s", l.Email, l.end.State))
			}
		}
	}
	for key, texts := range byCase {
		out.others = append(out.others, key+": "+texts[0])
	}
}

// writeCases leaves every case as it ended, with what a vendor was wrong about,
// in the folder that is kept.
func (s *site) writeCases() error {
	if s.orders.keep == "" {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "cases.jsonl"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write cases: %w", err)
	}
	defer f.Close()
	to := json.NewEncoder(f)
	for _, l := range s.leavers {
		if err := to.Encode(map[string]any{"person": l.Email, "wrong": l.plotted(), "held": l.atEnd, "case": l.end}); err != nil {
			return fmt.Errorf("write cases: %w", err)
		}
	}
	return nil
}
