package github_test

import (
	"slices"
	"strings"
	"testing"

	"lastday/activities/activitytest"
	"lastday/activities/github"
	"lastday/offboarding"
	sandbox "lastday/sandbox/github"
	"lastday/sandbox/people"
)

func TestConnector(t *testing.T) {
	activitytest.Run(t, activitytest.Fixture{
		Classes: github.Classes(),
		ReadOps: []string{"POST /graphql", "POST /app/installations/{installation_id}/access_tokens"},
		New: func(t *testing.T) activitytest.Subject {
			r := newRig(t, sandbox.Options{}, twoOrgs)
			r.sv.SetRole(sandbox.Labs, people.Robot.GitHubLogin, "member")
			r.sv.SetRole(sandbox.Labs, "lastday-observer", "member")
			return activitytest.Subject{
				Connector: r.c,
				Leaver:    jane(),
				Absent:    offboarding.Person{Email: "nobody.here@example.com"},
				Protected: offboarding.Person{ // now the only owner of acme-labs
					Email:  offboarding.Subject(people.Admin.Email),
					Logins: map[offboarding.System]string{github.System: people.Admin.GitHubLogin},
				},
				Holds: func() []string { return heldInTwoOrgs(r) },
				Others: func() []string {
					var out []string
					for _, p := range append(people.Staff(staff)[1:], people.Admin, people.Robot) {
						out = append(out, r.sv.Holds(p.Email)...)
					}
					for _, email := range []string{"zoe@contractor.example", "max@contractor.example", "new.hire@example.com"} {
						out = append(out, r.sv.Holds(email)...)
					}
					return out
				},
				Bystanders: people.Staying(),
				Faults:     r.sv.Faults(),
			}
		},
	})
}

// twoOrgs leaves the third organisation out: it has nothing that the others
// have not, and the fault tables are long.
func twoOrgs(c *github.Config) { c.Organizations = []string{sandbox.Acme, sandbox.Labs} }

func heldInTwoOrgs(r *rig) []string {
	return slices.DeleteFunc(r.janeHolds(), func(h string) bool { return strings.Contains(h, "/"+sandbox.Partners) })
}
