package offboarding_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

func two(members ...string) []offboarding.Requirement {
	return []offboarding.Requirement{{Rule: "r", From: "security", Members: members, Count: 2}}
}

func TestTwoApprovalsAreOfTwoPeople(t *testing.T) {
	d := offboarding.Departure{Subject: "jane@example.com", RequestedBy: slacker("U9", "hanna@example.com")}
	sven := slacker("U1", "sven@example.com")
	for name, c := range map[string]struct {
		second  offboarding.Actor
		missing int
	}{
		"a colleague":                  {slacker("U2", "mo@example.com"), 0},
		"the same after a new address": {slacker("U1", "sven.new@example.com"), 1},
		"the same under a +tag":        {slacker("U2", "sven+2@example.com"), 1},
		"who asked, renamed":           {slacker("U9", "h.new@example.com"), 1},
		"who asked, under a +tag":      {slacker("U8", "Hanna+x@example.com"), 1},
		"who leaves":                   {slacker("U3", "jane@example.com"), 1},
		"who leaves, under a +tag":     {slacker("U3", "jane+x@example.com"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			given := []offboarding.Approval{{By: sven, Plan: "p"}, {By: c.second, Plan: "p"}}
			left := 0
			for _, r := range offboarding.Missing(two("slack:SEC"), given, "p", d) {
				left += r.Count
			}
			require.Equal(t, c.missing, left)
		})
	}
}

// inGitHub is a plan in one system.
func inGitHub(change func(*offboarding.SystemCase)) []offboarding.SystemCase {
	s := offboarding.SystemCase{
		System: "github", Account: offboarding.Account{Found: true, ID: "1"},
		Grants: []offboarding.Grant{{Class: offboarding.Membership, ID: "acme", Closes: offboarding.StepContain}},
	}
	change(&s)
	return []offboarding.SystemCase{s}
}

func TestWhoIsOrMayBeAnAdministrator(t *testing.T) {
	grant := func(c offboarding.Class) func(*offboarding.SystemCase) {
		return func(s *offboarding.SystemCase) { s.Grants = append(s.Grants, offboarding.Grant{Class: c, ID: "7"}) }
	}
	sees := func(c offboarding.Class, how offboarding.Sight) func(*offboarding.SystemCase) {
		return func(s *offboarding.SystemCase) { s.Coverage = []offboarding.Coverage{{Class: c, Sight: how}} }
	}
	for name, c := range map[string]struct {
		change func(*offboarding.SystemCase)
		admin  bool
	}{
		"a member":                           {func(*offboarding.SystemCase) {}, false},
		"an owner":                           {func(s *offboarding.SystemCase) { s.Account.Admin = "owner of acme" }, true},
		"somebody whose role cannot be read": {func(s *offboarding.SystemCase) { s.Account.Admin = "its role cannot be read" }, true},
		"an admin role":                      {grant(offboarding.AdminRoles), true},
		"an organisation's role":             {grant(offboarding.Roles), true},
		"a group":                            {grant(offboarding.Groups), false},
		"roles out of sight":                 {sees(offboarding.Roles, offboarding.Blind), true},
		"admin roles out of sight":           {sees(offboarding.AdminRoles, offboarding.Blind), true},
		"roles that were seen to be none":    {sees(offboarding.Roles, offboarding.Absent), false},
		"a plan that has no roles":           {sees(offboarding.Roles, offboarding.NotOffered), false},
		"something else out of sight":        {sees(offboarding.DeployKeys, offboarding.Blind), false},
		"no account": {func(s *offboarding.SystemCase) {
			s.Account = offboarding.Account{Admin: "owner of acme"}
		}, false},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.admin, offboarding.FactsOf(inGitHub(c.change)).Admin) })
	}
}

func TestThePersonsAddressesComeFromEverySystemThatKnowsThem(t *testing.T) {
	account := func(found bool, email string, more ...string) offboarding.SystemCase {
		return offboarding.SystemCase{Account: offboarding.Account{Found: found, ID: "1", Email: email, Emails: more}}
	}
	f := offboarding.FactsOf([]offboarding.SystemCase{
		account(true, "Jane.Doe@example.com", "j.miller@Example.com"), account(true, ""),
		account(true, "jane.doe@example.com", "jd@example.com"), account(false, "somebody@example.com", "else@example.com"),
	})
	require.Equal(t, []string{"j.miller@example.com", "jane.doe@example.com", "jd@example.com"}, f.Addresses)
	require.Empty(t, offboarding.FactsOf(nil).Addresses)
}

func TestWhatMakesAPlanAnother(t *testing.T) {
	d := offboarding.Departure{Subject: "jane@example.com", At: time.Date(2030, 5, 1, 15, 0, 0, 0, time.UTC)}
	hash := func(change func(*offboarding.SystemCase)) string { return offboarding.PlanHash(d, inGitHub(change)) }
	before := hash(func(*offboarding.SystemCase) {})
	for name, c := range map[string]struct {
		change  func(*offboarding.SystemCase)
		another bool
	}{
		"a member who becomes an owner": {func(s *offboarding.SystemCase) { s.Account.Admin = "owner of acme" }, true},
		"roles that go out of sight": {func(s *offboarding.SystemCase) {
			s.Coverage = []offboarding.Coverage{{Class: offboarding.Roles, Sight: offboarding.Blind}}
		}, true},
		"another account":      {func(s *offboarding.SystemCase) { s.Account.ID = "2" }, true},
		"a new kind of access": {func(s *offboarding.SystemCase) { s.Grants[0].Class = offboarding.Groups }, true},
		"one more of its kind": {func(s *offboarding.SystemCase) { s.Grants = append(s.Grants, s.Grants[0]) }, false},
		"a session": {func(s *offboarding.SystemCase) {
			s.Grants = append(s.Grants, offboarding.Grant{Class: offboarding.Sessions})
		}, false},
		"an alias": {func(s *offboarding.SystemCase) { s.Account.Emails = []string{"jd@example.com"} }, false},
		"something else unseen": {func(s *offboarding.SystemCase) {
			s.Coverage = []offboarding.Coverage{{Class: offboarding.DeployKeys, Sight: offboarding.Blind}}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if c.another {
				require.NotEqual(t, before, hash(c.change))
			} else {
				require.Equal(t, before, hash(c.change))
			}
		})
	}
	owner := func(org string) string {
		return hash(func(s *offboarding.SystemCase) { s.Account.Admin = "owner of " + org })
	}
	require.NotEqual(t, owner("acme"), owner("acme, acme-labs"))
}
