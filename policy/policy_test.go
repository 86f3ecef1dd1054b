package policy_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/policy"
)

var (
	owner = &offboarding.Facts{Classes: []string{"github/organization-roles"}, Admin: true, Accounts: []string{}}
	plain = &offboarding.Facts{Classes: []string{"okta/login"}, Accounts: []string{}}
)

func TestTheOrderOfEvaluation(t *testing.T) {
	p := build(t, house())
	partner := leaving(func(d *offboarding.Departure) { d.Kind = offboarding.PartnerContract })
	guest := sam
	guest.Guest = true
	for name, c := range map[string]struct {
		who  offboarding.Actor
		d    offboarding.Departure
		plan *offboarding.Facts
		rule string
	}{
		"a built-in rule before may":       {guest, partner, owner, policy.RuleGuest},
		"may before refuse":                {mo, partner, owner, "may.request"},
		"refuse in the order of the file":  {hanna, partner, owner, "last-owner"},
		"the next where the first is past": {sam, partner, owner, "no-partner"},
		"a rule of the plan waits for it":  {hanna, leaving(nil), nil, ""},
		"the others do not":                {hanna, partner, nil, "no-partner"},
		"nothing refuses":                  {hanna, leaving(nil), plain, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := ask(p, c.who, policy.Request, c.d, c.plan)
			require.Equal(t, c.rule, r.Refused)
			require.Equal(t, c.rule == policy.RuleGuest, policy.BuiltIn(r.Refused))
		})
	}
}

func TestARefusalSaysWhoMayInstead(t *testing.T) {
	p := build(t, house())
	r := ask(p, mo, policy.Approve, leaving(nil), nil)
	require.Equal(t, "may.approve", r.Refused)
	require.Equal(t, "the policy does not allow approve to mo@example.com; ask somebody of hr or security", r.Why)

	require.Equal(t, "security alone", ask(p, hanna, policy.Request, leaving(nil), owner).Why)
}

func TestAnActionLeftOutIsAllowedToNobody(t *testing.T) {
	p := build(t, policy.Config{May: map[policy.Action]string{policy.Request: "true"}})
	for _, do := range slicesWithout(policy.Actions(), policy.Request) {
		require.Equal(t, "may."+string(do), ask(p, hanna, do, leaving(nil), nil).Refused)
	}
}

func TestTheCommandLineIsInNoGroup(t *testing.T) {
	c := house()
	c.May[policy.Cancel] = "actor.memberOf('hr') || actor.door == 'command'"
	c.May[policy.Decide] = "actor.email == 'hanna.hr@example.com' || 'okta:Security' in actor.groups"
	p := build(t, c)
	for _, door := range []offboarding.Door{offboarding.DoorCommand, offboarding.DoorFile} {
		claimed := offboarding.Actor{Door: door, Email: hanna.Email, Groups: []string{"okta:Security"}, ID: "U1"}
		r := ask(p, claimed, policy.Request, leaving(nil), nil)
		require.Equal(t, "may.request", r.Refused)
		require.Contains(t, r.Why, "actor.door == '"+string(door)+"'")
		require.Equal(t, "may.decide", ask(p, claimed, policy.Decide, leaving(nil), nil).Refused)
	}
	require.Empty(t, ask(p, console, policy.Cancel, leaving(nil), nil).Refused)
	require.Empty(t, ask(p, hanna, policy.Decide, leaving(nil), nil).Refused)
}

func TestWhoAskedIsKnownByWhatADoorVouchesFor(t *testing.T) {
	p := build(t, policy.Config{May: map[policy.Action]string{policy.Cancel: "actor.same(departure.requested_by)"}})
	may := func(by, asked offboarding.Actor) bool {
		return ask(p, by, policy.Cancel, leaving(func(d *offboarding.Departure) { d.RequestedBy = asked }), nil).Refused == ""
	}
	require.True(t, may(hanna, hanna))
	require.True(t, may(personio, personio))
	require.False(t, may(mo, hanna))
	renamed, tagged := hanna, hanna
	renamed.Email, tagged.Email = "h.new@example.com", "Hanna.HR+x@example.com"
	require.True(t, may(renamed, hanna), "one id is one person")
	tagged.ID = "U77"
	require.True(t, may(tagged, hanna), "a +tag is no other person")
	require.False(t, may(console, console), "a name is nobody's proof")
	require.False(t, may(console, personio), "two of whom nothing is known are not one")
	claimed := offboarding.Actor{Door: offboarding.DoorCommand, Email: hanna.Email}
	require.False(t, may(claimed, hanna))
}

func TestARuleLeavesLookingAndStoppingAloneUnlessItSpeaksOfThem(t *testing.T) {
	c := policy.Config{May: everything("true"), Refuse: []policy.Refuse{{Rule: "mo-nothing", When: "actor.email == 'mo@example.com'"}}}
	free := []policy.Action{policy.See, policy.Cancel, policy.Freeze}
	p := build(t, c)
	for _, do := range free {
		require.Empty(t, ask(p, mo, do, leaving(nil), nil).Refused, do)
	}
	for _, do := range slicesWithout(policy.Actions(), free...) {
		require.Equal(t, "mo-nothing", ask(p, mo, do, leaving(nil), nil).Refused, do)
	}
	c.Refuse[0].When += " && action != ''"
	p = build(t, c)
	for _, do := range policy.Actions() {
		require.Equal(t, "mo-nothing", ask(p, mo, do, leaving(nil), nil).Refused, do)
	}
}

func TestARuleOfAPersonDoesNotSpeakOfTheBrake(t *testing.T) {
	p := build(t, policy.Config{May: everything("true"), Refuse: []policy.Refuse{
		{Rule: "of-a-departure", When: "departure.subject == '' && action != ''"},
		{Rule: "of-a-plan", When: "!plan.admin && action != ''"},
	}})
	for _, do := range []policy.Action{policy.Release, policy.Freeze, policy.Unfreeze} {
		require.Empty(t, ask(p, mo, do, offboarding.Departure{}, &offboarding.Facts{}).Refused, do)
	}
}

func TestApprovalsComeSortedWithTheirMembers(t *testing.T) {
	p := build(t, house())
	d := leaving(func(d *offboarding.Departure) { d.Kind, d.Bulk = offboarding.Dismissal, true })
	early := ask(p, hanna, policy.Request, d, nil)
	require.Len(t, early.Approvals, 1, "the plan is not known yet")

	r := ask(p, hanna, policy.Request, d, &offboarding.Facts{Admin: true})
	require.Empty(t, r.Refused)
	require.Equal(t, []offboarding.Requirement{
		{Rule: "admin", Why: "mind", From: "security", Members: []string{"ann@example.com", "okta:Security"}, Count: 2, Within: 24 * time.Hour, Expired: offboarding.ExpiryRemind},
		{Rule: "z-bulk", From: "hr", Members: []string{"hanna.hr@example.com", "slack:S0HR00001"}, Count: 1, Within: 24 * time.Hour, Expired: offboarding.ExpiryRemind},
	}, r.Approvals)
	require.Equal(t, "2 people of security (ann@example.com or the Okta group Security)", p.Who(r.Approvals[0]))
	require.Equal(t, "1 person of hr (hanna.hr@example.com or the Slack group S0HR00001)", p.Who(r.Approvals[1]))
	require.Empty(t, ask(p, hanna, policy.Reschedule, d, plain).Approvals, "the request alone has approvals")

	r.Approvals[0].Members[0] = "changed"
	require.Equal(t, "ann@example.com", ask(p, hanna, policy.Request, d, &offboarding.Facts{Admin: true}).Approvals[0].Members[0])
}

func TestAnEmergencyIsForThoseWhomTheFileLets(t *testing.T) {
	c := house()
	c.May[policy.Emergency] = "actor.memberOf('security')"
	p := build(t, c)
	urgent := leaving(func(d *offboarding.Departure) { d.Urgent, d.Bulk = true, true })

	r := ask(p, sam, policy.Request, urgent, nil)
	require.True(t, r.Emergency)
	require.Len(t, r.Approvals, 1, "they are asked for after")

	r = ask(p, hanna, policy.Request, urgent, nil)
	require.Empty(t, r.Refused)
	require.False(t, r.Emergency)
	require.Len(t, r.Approvals, 1)
	require.Contains(t, r.Why, "may.emergency")

	require.False(t, ask(p, sam, policy.Request, leaving(nil), nil).Emergency, "it is not urgent")

	c.May[policy.Request], c.May[policy.Emergency] = "true", "true"
	require.False(t, ask(build(t, c), personio, policy.Request, urgent, nil).Emergency, "no program decides that")

	c.Refuse = append(c.Refuse, policy.Refuse{Rule: "never-first", When: "action == 'emergency'"})
	r = ask(build(t, c), sam, policy.Request, urgent, nil)
	require.False(t, r.Emergency)
	require.Contains(t, r.Why, "never-first")
}

func TestWhatCannotBeEvaluatedRefuses(t *testing.T) {
	const fails = "actor.groups[7] == 'okta:Security'"
	slow := "plan.classes.all(a, plan.classes.all(b, plan.classes.all(c, a == b + c)))"
	many := &offboarding.Facts{Classes: make([]string, 500)}
	for name, c := range map[string]struct {
		change func(*policy.Config)
		plan   *offboarding.Facts
		rule   string
	}{
		"may":                {func(c *policy.Config) { c.May[policy.Request] = fails }, nil, "may.request"},
		"a negated may":      {func(c *policy.Config) { c.May[policy.Request] = "!(" + fails + ")" }, nil, "may.request"},
		"refuse":             {func(c *policy.Config) { c.Refuse = []policy.Refuse{{Rule: "r", When: fails}} }, nil, "r"},
		"approvals":          {func(c *policy.Config) { c.Approvals = []policy.Approval{{Rule: "a", When: fails, From: "hr"}} }, nil, "a"},
		"one that runs away": {func(c *policy.Config) { c.Refuse = []policy.Refuse{{Rule: "slow", When: slow}} }, many, "slow"},
	} {
		t.Run(name, func(t *testing.T) {
			conf := house()
			c.change(&conf)
			r := ask(build(t, conf), hanna, policy.Request, leaving(nil), c.plan)
			require.Equal(t, c.rule, r.Refused)
			require.Contains(t, r.Why, "could not be evaluated")
		})
	}
	conf := house()
	conf.May[policy.Emergency] = fails
	r := ask(build(t, conf), hanna, policy.Request, leaving(func(d *offboarding.Departure) { d.Urgent = true }), nil)
	require.Empty(t, r.Refused, "the departure itself goes on, with its approvals first")
	require.False(t, r.Emergency)
	require.Contains(t, r.Why, "could not be evaluated")
}

func TestAMayThatNeedsThePlanWaitsForIt(t *testing.T) {
	c := house()
	c.May[policy.Cancel] = "!plan.admin"
	p := build(t, c)
	require.Equal(t, "may.cancel", ask(p, hanna, policy.Cancel, leaving(nil), nil).Refused)
	require.Empty(t, ask(p, hanna, policy.Cancel, leaving(nil), plain).Refused)
	require.Equal(t, "may.cancel", ask(p, hanna, policy.Cancel, leaving(nil), owner).Refused)
}

func TestDatesOfADepartureAtOnce(t *testing.T) {
	c := house()
	c.Approvals = []policy.Approval{{Rule: "short", When: "departure.at - departure.requested_at < duration('24h')", From: "hr"}}
	p := build(t, c)
	asked := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		at, asked time.Time
		need      int
	}{
		"at once":                   {time.Time{}, asked, 1},
		"at once, and asked unsaid": {time.Time{}, time.Time{}, 1},
		"tomorrow evening":          {asked.Add(32 * time.Hour), asked, 0},
		"asked unsaid":              {asked, time.Time{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := ask(p, hanna, policy.Request, leaving(func(d *offboarding.Departure) { d.At, d.RequestedAt = tc.at, tc.asked }), nil)
			require.Empty(t, r.Refused)
			require.Len(t, r.Approvals, tc.need)
		})
	}
}

func TestTheBrakeIsReleasedByItsGroup(t *testing.T) {
	c := house()
	c.May[policy.Release] = "true"
	c.Brake = policy.Brake{Directory: 130, Release: policy.Quorum{From: "security", Count: 3}}
	p := build(t, c)
	require.Equal(t, policy.RuleBrakeRelease, ask(p, hanna, policy.Release, offboarding.Departure{}, nil).Refused)
	require.Equal(t, policy.RuleBrakeRelease, ask(p, console, policy.Release, offboarding.Departure{}, nil).Refused)
	require.Empty(t, ask(p, sam, policy.Release, offboarding.Departure{}, nil).Refused)
	require.Equal(t, offboarding.Requirement{Rule: policy.RuleBrakeRelease, From: "security", Members: []string{"ann@example.com", "okta:Security"}, Count: 3}, p.Release())
	require.Equal(t, 20, p.Brake().PerHour)
	require.Equal(t, 6, p.Brake().PerDay())
	require.Equal(t, 1, policy.Brake{Percent: 5, Directory: 3}.PerDay(), "of three people one may leave")
	require.Equal(t, 0, policy.Brake{Percent: 5}.PerDay())
}

func TestWithoutAPolicyTheCommandLineAloneActs(t *testing.T) {
	for name, c := range map[string]policy.Config{"none": {}, "a brake alone": {Brake: policy.Brake{PerHour: 3}}} {
		t.Run(name, func(t *testing.T) {
			p := build(t, c)
			require.True(t, p.Open())
			for _, do := range policy.Actions() {
				require.Equal(t, offboarding.Ruling{}, ask(p, console, do, leaving(nil), owner))
				for _, who := range []offboarding.Actor{hanna, {Door: offboarding.DoorFile, Name: "x"}} {
					r := ask(p, who, do, leaving(nil), owner)
					require.Equal(t, policy.RuleNoPolicy, r.Refused)
					require.Contains(t, r.Why, "docs/policy.md")
				}
			}
			require.Equal(t, policy.RuleNoPolicy, ask(p, personio, policy.Request, leaving(nil), nil).Refused)
		})
	}
	require.False(t, build(t, house()).Open())

	none := build(t, policy.Config{})
	require.Zero(t, none.Brake(), "without a policy nothing is bounded")
	require.Zero(t, none.Brake().PerDay())
	require.Equal(t, 2, none.Release().Count, "two people all the same, where something is held")
	require.Equal(t, 20, build(t, house()).Brake().PerHour)
	require.Equal(t, 5, build(t, policy.Config{Brake: policy.Brake{PerHour: 3}}).Brake().Percent)
}

func TestADoorLearnsWhichGroupsToLookUp(t *testing.T) {
	c := house()
	c.Refuse = append(c.Refuse, policy.Refuse{Rule: "interns", When: "'okta:Interns' in actor.groups"})
	require.Equal(t, []string{"okta:Interns", "okta:Security", "slack:S0HR00001"}, build(t, c).Groups())
}

func TestALongGroupIsToldShort(t *testing.T) {
	p := build(t, house())
	r := offboarding.Requirement{From: "all", Count: 1, Members: []string{"a@x.de", "b@x.de", "c@x.de", "d@x.de", "e@x.de", "f@x.de", "g@x.de"}}
	require.Equal(t, "1 person of all (a@x.de, b@x.de, c@x.de, d@x.de, e@x.de or 2 more)", p.Who(r))
	require.Equal(t, "2 people", p.Who(offboarding.Requirement{Count: 2}))
}

func TestManyMayAskAtOnce(t *testing.T) {
	p := build(t, house())
	d := leaving(func(d *offboarding.Departure) { d.Kind, d.Bulk = offboarding.Dismissal, true })
	want := ask(p, hanna, policy.Request, d, &offboarding.Facts{Admin: true})
	got := make([]offboarding.Ruling, 64)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i] = ask(p, hanna, policy.Request, d, &offboarding.Facts{Admin: true}) })
	}
	wg.Wait()
	for _, r := range got {
		require.Equal(t, want, r)
	}
}
