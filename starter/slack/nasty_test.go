package slack

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/policy"
	"lastday/sandbox/slack/kit"
	"lastday/secret"
	"lastday/starter/serve"
)

var nasty = []string{
	"", " ", "Jane", "<!channel> <@U0123ABCD> <!here|x>", "*bold* _it_ ~no~ `code` ```x```", "\u202eevil\u2066 \u200b\u200f\ufeff",
	"👩‍👩‍👧‍👦🏳️‍🌈", "שלום עולם", "مرحبا", strings.Repeat("x", 5000), strings.Repeat("👍🏽", 1200), strings.Repeat("\n", 300), "a\x00b\x1b[31mc\r\nd",
	"\xff\xfe", "@channel @here @everyone", strings.Repeat("ŵ wide ", 900), `{"a":1}`, "<https://evil.example|click> & &amp;", "\u2028\u2029", "|-|-|",
}

// source makes cases out of nasty words.
type source struct{ *rand.Rand }

func (s source) text() string { return nasty[s.IntN(len(nasty))] + nasty[s.IntN(len(nasty))] }

func (s source) actor() offboarding.Actor {
	return offboarding.Actor{Door: offboarding.DoorSlack, ID: "U0123ABCD", Name: s.text()}
}

func (s source) system(i int) offboarding.SystemCase {
	c := offboarding.SystemCase{
		System: offboarding.System(fmt.Sprintf("system%d", i)), FoundAt: time.Now(), ContainedAt: time.Now(),
		Account: offboarding.Account{Found: s.IntN(4) > 0, ID: s.text(), Login: s.text()},
	}
	for g := range s.IntN(300) {
		c.Grants = append(c.Grants, offboarding.Grant{Class: offboarding.Class(fmt.Sprintf("class%d", g%40)), ID: s.text(), Label: s.text(), Removal: offboarding.Ask})
	}
	for n := range s.IntN(12) {
		need := offboarding.Need{System: c.System, Class: offboarding.Class(fmt.Sprintf("class%d", n)), What: s.text()}
		if n == 0 {
			need.Class = ""
		}
		c.Needs = append(c.Needs, need)
		c.Residuals = append(c.Residuals, offboarding.Residual{Class: need.Class, What: s.text()})
		c.Coverage = append(c.Coverage, offboarding.Coverage{Class: need.Class, Sight: offboarding.Blind, Reason: s.text()})
		c.Verdicts = append(c.Verdicts, offboarding.Verdict{Class: need.Class})
	}
	return c
}

func (s source) theCase() offboarding.Case {
	states := []offboarding.State{
		offboarding.AwaitingApproval, offboarding.Waiting, offboarding.Paused, offboarding.NeedsDecision,
		offboarding.Containing, offboarding.Verified, offboarding.Closed, offboarding.Finding,
	}
	who := offboarding.Subject("jane@example.com")
	if s.IntN(3) == 0 {
		who = offboarding.Subject(strings.Repeat("a", 240) + "@example.com")
	}
	c := offboarding.Case{
		ID: who.CaseID(), State: states[s.IntN(len(states))], Outcome: s.text(), Held: s.text(), Plan: "3f9c2a7d11e04b58", Due: time.Now(),
		Departure: offboarding.Departure{
			Subject: who, Kind: offboarding.Kind(s.text()), Reason: s.text(), Partner: s.text(), Note: s.text(), Urgent: s.IntN(2) == 0,
			Zone: "Asia/Kolkata", Successor: "sven@example.com", RequestedBy: s.actor(), At: time.Now(),
		},
	}
	for i := range s.IntN(13) {
		c.Systems = append(c.Systems, s.system(i))
	}
	for range s.IntN(20) {
		c.Ruling.Approvals = append(c.Ruling.Approvals, offboarding.Requirement{Rule: s.text(), From: s.text(), Why: s.text(), Count: 1 + s.IntN(9)})
		c.Approvals = append(c.Approvals, offboarding.Approval{By: s.actor(), Plan: c.Plan})
	}
	return c
}

func checkView(t *testing.T, v any, seed uint64) {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	problems, err := kit.View(raw)
	require.NoError(t, err)
	require.Empty(t, problems, "seed %d: %.3000s", seed, raw)
	require.LessOrEqual(t, len(raw), kit.ViewBytes)
	harmless(t, string(raw))
}

// harmless: nothing is parsed, nothing turns the text around, nobody is pinged.
func harmless(t *testing.T, raw string) {
	t.Helper()
	for _, bad := range []string{"\u202e", "\u2066", "\u200b", `"mrkdwn"`, "@channel", "@here", "@everyone", `"type":"user"`, `"type":"broadcast"`} {
		require.NotContains(t, raw, bad)
	}
}

type freely struct{}

func (freely) Rule(policy.Question) offboarding.Ruling { return offboarding.Ruling{} }
func (freely) Who(r offboarding.Requirement) string    { return fmt.Sprintf("%d of %s", r.Count, r.From) }

func offline(t testing.TB) *Door {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte("xapp-1"), 0o600))
	token, err := secret.Parse("file:" + path)
	require.NoError(t, err)
	d, err := New(Options{
		Conf: serve.Slack{Mode: serve.Socket, AppToken: token}, BaseURL: "http://127.0.0.1:1", Policy: freely{}, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return d
}

func TestAnyDialogKeepsSlacksLimits(t *testing.T) {
	d := offline(t)
	for seed := range uint64(60) {
		s := source{rand.New(rand.NewPCG(seed, 1))}
		c := s.theCase()
		f := fields{
			Email: string(c.Departure.Subject), When: whenTime, Date: "2030-01-15", Time: "10:00", Zone: s.text(), Kind: s.text(),
			Urgent: true, Reason: s.text(), Partner: s.text(), Note: s.text(),
		}
		p := person{Subject: c.Departure.Subject, Name: line(s.text(), 80), UserID: "U0123ABCD"}
		checkView(t, formView(f, s.text()), seed)
		dr := draft{User: "U0", Departure: c.Departure, Person: p, Fields: f, Again: true, Told: true, Planned: true}
		checkView(t, d.planView(dr, c, c.Ruling, c), seed)
		checkView(t, d.backView(dr, s.text()), seed)
		got, ok := d.kept(d.keep(dr, time.Now()), "U0", time.Now())
		require.True(t, ok)
		require.Equal(t, c.Departure.Subject, got.Departure.Subject)
		require.Equal(t, f.Email, got.Fields.Email)
		checkView(t, textView(s.text(), s.text()), seed)
		checkView(t, waitView(dialogTitle, "x"), seed)
		checkView(t, d.pickView(who{}, []person{p, {Subject: "b@example.com", Name: "B", UserID: "U0B"}}, f), seed)
		for act := range titles {
			target := ""
			if needs := c.Needs(); len(needs) > 0 {
				target = needs[0].Target()
			}
			checkView(t, actView(offboarding.Possible{Do: act, Target: target}, c, s.text()), seed)
		}
		home := slack.HomeTabViewRequest{Type: slack.VTHomeTab}
		var all []offboarding.Case
		for range 30 {
			all = append(all, c)
		}
		home.Blocks.BlockSet = append(homeHead(), append(caseSection(s.text(), all, ""), section(s.text()))...)
		checkView(t, home, seed)
		for _, text := range []string{s.text(), caseText(c), helpText} {
			raw, err := json.Marshal(ephemeral(text).Blocks)
			require.NoError(t, err)
			problems, err := kit.Message(raw)
			require.NoError(t, err)
			require.Empty(t, problems)
			harmless(t, string(raw))
			require.NotContains(t, ephemeral(text).Text, "<")
		}
	}
}

func TestOnlySlacksOwnAddressesAreAnswered(t *testing.T) {
	a, err := newAnswerer("", false, nil)
	require.NoError(t, err)
	require.True(t, a.allowed("https://hooks.slack.com/commands/T0/1/abc"))
	for _, bad := range []string{
		"", "http://hooks.slack.com/x", "https://hooks.slack.com.evil.example/x", "https://hooks.slack.com@evil.example/x",
		"https://u:p@hooks.slack.com/x", "https://hooks.slack.com:444/x", "https://hooks.slack.com/../x", "//hooks.slack.com/x",
		"https://169.254.169.254/x", "file:///etc/passwd", "https://hooks.slack.com/x#y", "::",
	} {
		require.False(t, a.allowed(bad), bad)
	}
	b, err := newAnswerer("http://127.0.0.1:80/base", false, nil)
	require.NoError(t, err)
	require.False(t, b.allowed("http://127.0.0.1:80/other"))
	require.True(t, b.allowed("http://127.0.0.1:80/base/x"))
	_, err = newAnswerer("http://slack.example", false, nil)
	require.Error(t, err)
}

func TestNothingIsTakenInTwiceAndTheTableIsBounded(t *testing.T) {
	s, now := newSeen(3), time.Now()
	require.True(t, s.first("a", now))
	require.False(t, s.first("a", now.Add(9*time.Minute)))
	require.True(t, s.first("b", now))
	require.True(t, s.first("c", now))
	require.False(t, s.first("d", now), "a full table takes nothing in")
	require.True(t, s.first("d", now.Add(seenFor)))
	require.True(t, s.first("a", now.Add(seenFor)))
}

func TestADraftIsItsOwnersAndIsTakenOnce(t *testing.T) {
	d, now := offline(t), time.Now()
	for name, note := range map[string]string{"sealed": "x", "in memory": noise(4000)} {
		t.Run(name, func(t *testing.T) {
			meta := d.keep(draft{User: "U1", Planned: true, Departure: offboarding.Departure{Subject: "jane@example.com", Note: note}}, now)
			require.Equal(t, name == "in memory", strings.HasPrefix(meta, inMemory))
			_, ok := d.kept(meta, "U2", now)
			require.False(t, ok, "somebody else's")
			_, ok = d.kept(meta, "U1", now.Add(2*draftFor))
			require.False(t, ok, "too old")
			dr, ok := d.kept(meta, "U1", now)
			require.True(t, ok)
			require.Equal(t, note, dr.Departure.Note)
			require.True(t, d.drafts.take(dr))
			require.False(t, d.drafts.take(dr), "once")
			again, ok := d.kept(meta, "U1", now)
			require.True(t, ok)
			require.True(t, again.spent, "nor shown again")
			require.Equal(t, offboarding.Subject("jane@example.com"), again.Departure.Subject)
			_, ok = d.kept(meta, "U2", now)
			require.False(t, ok, "nobody else hears of it")
			d.drafts.put(dr) // there was no room to work on it
			require.True(t, d.drafts.take(dr))
		})
	}
	few := newDrafts(2)
	for i, id := range []string{"first", "second", "third"} {
		few.put(draft{ID: id, Until: now.Add(time.Duration(i))})
	}
	_, ok := few.get("first")
	require.False(t, ok, "the oldest goes first")
}

func TestADialogSentAgainWithOtherWordsIsAnotherWord(t *testing.T) {
	on := offboarding.Possible{Do: offboarding.ActAttest, Target: "github/groups"}
	first := change{why: "seen"}.name("V1", on)
	require.Equal(t, first, change{why: "seen"}.name("V1", on), "the same dialog, delivered twice")
	for name, other := range map[string]string{
		"dialog": change{why: "seen"}.name("V2", on),
		"reason": change{why: "seen it"}.name("V1", on),
		"target": change{why: "seen"}.name("V1", offboarding.Possible{Do: offboarding.ActAttest, Target: "github/roles"}),
		"act":    change{why: "seen"}.name("V1", offboarding.Possible{Do: offboarding.ActWaive, Target: "github/groups"}),
		"time":   change{why: "seen", at: time.Unix(1, 0)}.name("V1", on),
		"until":  change{why: "seen", until: time.Unix(1, 0)}.name("V1", on),
		"plan":   change{why: "seen", plan: "3f9c"}.name("V1", on),
	} {
		require.NotEqual(t, first, other, name)
	}
}

// An organisation's install names no team in an interaction but the user's.
func TestTheTeamOfAnOrganisationsInteractionIsTheUsers(t *testing.T) {
	d := offline(t)
	d.opt.TeamID = "T1"
	of := func(team, user string) who {
		return actorOf(slack.InteractionCallback{Team: slack.Team{ID: team}, User: slack.User{ID: "U1", TeamID: user}})
	}
	require.False(t, d.foreign(of("", "T1")))
	require.True(t, d.foreign(of("", "T2")))
	require.True(t, d.foreign(of("T2", "T1")), "what Slack says of the place comes first")
}

// noise is text in which nothing comes twice.
func noise(n int) string {
	out := make([]rune, n)
	for i := range out {
		out[i] = rune(0x4e00 + (i*7919)%20_000)
	}
	return string(out)
}
