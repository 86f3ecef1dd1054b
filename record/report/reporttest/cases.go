// Package reporttest has cases as they really go, for the tests of whatever
// shows or exports them.
package reporttest

import (
	"fmt"
	"strings"
	"time"

	"lastday/offboarding"
)

// Asked is when all cases here were asked for, Due when access is to end.
var (
	Asked = time.Date(2026, 3, 2, 9, 12, 7, 0, time.UTC)
	Due   = time.Date(2026, 3, 16, 16, 0, 0, 0, time.UTC)
)

func due(d time.Duration) time.Time { return Due.Add(d) }

const ms = time.Millisecond

var (
	hanna = offboarding.Actor{Door: offboarding.DoorSlack, ID: "U0HANNA", Email: "hanna.hr@example.com", Name: "Hanna Ruiz", Groups: []string{"slack:S0HR"}}
	sven  = offboarding.Actor{Door: offboarding.DoorSlack, ID: "U0SVEN", Email: "sven.ek@example.com", Name: "Sven Ek", Groups: []string{"okta:Security"}}
)

// Verified is a case in five systems that waits for two weeks and then takes a
// second and a half.
func Verified() offboarding.Case {
	c := begun("0195a1b2-0000-7000-8000-000000000001", "jane.doe@example.com")
	c.Systems = []offboarding.SystemCase{okta(), github(), tailscale(), slack(), {
		System: "wireguard", Stage: offboarding.Confirming, FoundAt: due(9 * ms), ProvenAt: due(9 * ms),
		Account: offboarding.Account{System: "wireguard", Evidence: "no peer is labelled jane.doe@example.com; 41 others are"},
	}}
	c.Refusals = []offboarding.Refusal{{
		By: offboarding.Actor{Door: offboarding.DoorSlack, ID: "U0JANE", Email: "jane.doe@example.com", Name: "Jane"}, Action: "cancel",
		Rule: "not-the-leaver", Why: "nobody decides on their own departure", At: Asked.Add(26 * time.Hour),
	}}
	return ended(c, offboarding.Verified, 1640*ms)
}

// Waived is a case of which one class stays until a date, because a person
// accepts it, one is attested, and one left by the configuration.
func Waived() offboarding.Case {
	c := begun("0195a1b2-0000-7000-8000-000000000002", "omar.haddad@example.com")
	gh := github()
	gh.Observations[1] = offboarding.Observation{
		Class: offboarding.DeployKeys, Sight: offboarding.Present, At: due(1180 * ms), Credential: "observer",
		Present: []offboarding.Grant{{Class: offboarding.DeployKeys, ID: "911", Label: "build server, acme/site"}},
	}
	gh.Observations[2] = offboarding.Observation{Class: offboarding.AccessTokens, Sight: offboarding.Blind, At: due(1180 * ms), Reason: "the token may not list classic tokens"}
	gh.ProvenAt = time.Time{}
	sl := slack()
	sl.Grants = append(sl.Grants, offboarding.Grant{Class: offboarding.Apps, ID: "A1", Label: "standup bot", Closes: offboarding.StepRevoke, Removal: offboarding.Report})
	sl.Coverage = append(sl.Coverage, offboarding.Coverage{Class: offboarding.Apps, Sight: offboarding.Present})
	sl.Observations = append(sl.Observations, offboarding.Observation{
		Class: offboarding.Apps, Sight: offboarding.Present, At: due(900 * ms), Credential: "primary",
		Present: []offboarding.Grant{{Class: offboarding.Apps, ID: "A1", Label: "standup bot", Removal: offboarding.Report}},
	})
	sl.ProvenAt = time.Time{}
	c.Decisions = []offboarding.Decision{
		{Verb: offboarding.Waive, System: "github", Class: offboarding.DeployKeys, Reason: "the build server needs this key until it moves", Until: due(30 * 24 * time.Hour), By: sven, At: due(3 * time.Hour)},
		{Verb: offboarding.Attest, System: "github", Class: offboarding.AccessTokens, Reason: "looked in the organization's settings: none is left", By: sven, At: due(3*time.Hour + 5*time.Minute)},
	}
	c.Systems = []offboarding.SystemCase{okta(), gh, sl}
	for i := range c.Systems {
		c.Systems[i].Verdicts = offboarding.Judge(c.Systems[i], c.Decisions)
	}
	return ended(c, offboarding.Closed, 3*time.Hour+5*time.Minute+2*time.Second)
}

// Cancelled is a case that a person stopped when one system was cut.
func Cancelled() offboarding.Case {
	c := begun("0195a1b2-0000-7000-8000-000000000003", "li.wei@example.com")
	o := okta()
	o.Stage, o.Actions, o.Observations, o.RevokedAt, o.ProvenAt = offboarding.Containing, o.Actions[:2], nil, time.Time{}, time.Time{}
	o.Verdicts = offboarding.Judge(o, nil)
	gh := github()
	gh.Stage, gh.Actions, gh.Observations, gh.Residuals, gh.Verdicts = offboarding.Waiting, nil, nil, nil, nil
	gh.ContainedAt, gh.RevokedAt, gh.ProvenAt = time.Time{}, time.Time{}, time.Time{}
	gh.Verdicts = offboarding.Judge(gh, nil)
	c.Systems = []offboarding.SystemCase{o, gh}
	c.Orders = []offboarding.Order{{Do: "cancel", By: hanna, Reason: "the contract was renewed this minute", At: due(70 * ms)}}
	c = ended(c, offboarding.Cancelled, 90*ms)
	c.Outcome = "cancelled by hanna.hr@example.com: the contract was renewed this minute; cut already and not given back: okta (2 changes)"
	return c
}

// Open is a case that waits for a person.
func Open() offboarding.Case {
	c := begun("0195a1b2-0000-7000-8000-000000000004", "priya.nair@example.com")
	gh := offboarding.SystemCase{
		System: "github", Stage: offboarding.NeedsDecision,
		Needs: []offboarding.Need{{System: "github", What: "GitHub does not answer: try again with retry github, or attest", Since: due(time.Hour)}},
	}
	c.Systems = []offboarding.SystemCase{okta(), gh}
	c.State, c.Revision, c.NotedAt = offboarding.NeedsDecision, 4, due(time.Hour)
	c.ContainedAt, c.RevokedAt, c.ProvenAt = due(61*ms), due(304*ms), time.Time{}
	return c
}

// Planned is a case that nothing has happened in yet.
func Planned() offboarding.Case {
	c := begun("0195a1b2-0000-7000-8000-000000000005", "tomas.novak@example.com")
	c.Approvals, c.State, c.Revision, c.NotedAt = nil, offboarding.AwaitingApproval, 1, Asked.Add(time.Minute)
	return c
}

// Hostile is a case in which everybody whose words are kept attacks the reader.
func Hostile() offboarding.Case {
	const nasty = "<script>alert(1)</script><img src=x onerror=alert(2)>&quot; ]]> \u202egnp.exe \x1b[31m\x00\u0007 {{.Title}} </text></svg><svg onload=alert(3)> {nb} ${x} 王芳 שלום مرحبا 👩\u200d💻 \U000e0041 \xff\xfe"
	c := Waived()
	c.RunID = "0195a1b2-0000-7000-8000-000000000006"
	long := make([]byte, 10_000)
	for i := range long {
		long[i] = 'W'
	}
	c.Departure.Reason, c.Departure.Note, c.Departure.Partner, c.Outcome = nasty, nasty, nasty, nasty
	// Who somebody is comes through JSON, so it is always UTF-8.
	c.Departure.RequestedBy = offboarding.Actor{Door: offboarding.Door(strings.ToValidUTF8(nasty, "?")), ID: strings.ToValidUTF8(nasty, "?"), Name: nasty}
	for i := range c.Systems {
		s := &c.Systems[i]
		s.Account.Login, s.Account.Status, s.Account.Evidence, s.Account.Admin = nasty, nasty, nasty, nasty
		for j := range s.Grants {
			s.Grants[j].Label = nasty
		}
		for j := range s.Actions {
			s.Actions[j].Do, s.Actions[j].Answer, s.Actions[j].RequestID = nasty, string(long), nasty
		}
		for j := range s.Observations {
			s.Observations[j].Reason = nasty
		}
	}
	for i := range 300 {
		c.Systems[0].Grants = append(c.Systems[0].Grants, offboarding.Grant{Class: offboarding.Groups, ID: fmt.Sprint(i), Label: fmt.Sprintf("group %d %s", i, nasty), Closes: offboarding.StepRevoke})
	}
	c.Systems[0].Grants[3].Label = string(long)
	c.Systems[0].System, c.Systems[0].Account.System = "<i>okta</i>", "<i>okta</i>"
	c.Systems[0].Verdicts = offboarding.Judge(c.Systems[0], c.Decisions)
	for i := range c.Decisions {
		c.Decisions[i].Reason = nasty
		c.Decisions[i].By.Name = nasty
	}
	c.Systems[1].Residuals = []offboarding.Residual{{Class: nasty, What: nasty}, {Class: offboarding.AccessTokens, What: string(long), Ends: due(50 * 365 * 24 * time.Hour)}}
	return c
}

// begun is a case whose time has come.
func begun(run string, subject offboarding.Subject) offboarding.Case {
	const plan = "7f3a9c01d2e4b586"
	return offboarding.Case{
		ID: subject.CaseID(), RunID: run, Plan: plan,
		Departure: offboarding.Departure{
			Subject: subject, At: Due, Zone: "Europe/Berlin", Kind: offboarding.Resignation, Reason: "moves to Rome", Partner: "Northwind",
			Successor: "tom.field@example.com", RequestedBy: hanna, RequestedAt: Asked, RequestID: "r-1",
		},
		Ruling: offboarding.Ruling{Approvals: []offboarding.Requirement{{
			Rule: "two-eyes", From: "security", Members: []string{"okta:Security"}, Count: 1, Within: 72 * time.Hour, Expired: offboarding.ExpiryRemind,
		}}},
		Approvals: []offboarding.Approval{
			{By: sven, Plan: "0000aaaabbbbcccc", Reason: "as planned", At: Asked.Add(40 * time.Minute)},
			{By: sven, Plan: plan, Reason: "with the new account too", At: Asked.Add(2 * time.Hour)},
		},
		StartedAt: Asked.Add(80 * ms), Due: Due, Deadline: due(4 * time.Hour),
	}
}

func ended(c offboarding.Case, state offboarding.State, after time.Duration) offboarding.Case {
	c.State, c.EndedAt, c.Revision, c.NotedAt = state, due(after), 9, due(after)
	_, c.Outcome = offboarding.Conclude(c.Systems)
	c.ContainedAt = offboarding.Latest(c.Systems, func(s offboarding.SystemCase) time.Time { return s.ContainedAt })
	c.RevokedAt = offboarding.Latest(c.Systems, func(s offboarding.SystemCase) time.Time { return s.RevokedAt })
	c.ProvenAt = offboarding.Latest(c.Systems, func(s offboarding.SystemCase) time.Time { return s.ProvenAt })
	return c
}
