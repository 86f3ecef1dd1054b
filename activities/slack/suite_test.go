package slack_test

import (
	"slices"
	"testing"

	"lastday/activities/activitytest"
	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
)

// TestConformance runs the suite that every connector passes. Without SCIM
// Contain is a person's, so that only the way with SCIM goes through it.
func TestConformance(t *testing.T) {
	activitytest.Run(t, activitytest.Fixture{
		Classes: []offboarding.Class{offboarding.Login, offboarding.Sessions},
		ReadOps: []string{
			"POST /api/auth.test", "POST /api/users.lookupByEmail", "POST /api/users.info", "POST /api/users.list",
		},
		New: func(t *testing.T) activitytest.Subject {
			w := newWorld(t, sandbox.Options{PageSize: 4})
			return activitytest.Subject{
				Connector: w.connector(t),
				Leaver:    jane,
				Absent:    offboarding.Person{Email: "nobody@example.com"},
				Protected: offboarding.Person{Email: offboarding.Subject(people.Robot.Email)},
				Holds:     func() []string { return w.Holds(people.Jane.Email) },
				Others: func() (out []string) {
					for _, p := range append(people.Staff(9)[1:], people.Admin, people.Robot) {
						out = append(out, w.Holds(p.Email)...)
					}
					slices.Sort(out)
					return out
				},
				Bystanders: people.Staying(),
				Faults:     w.Faults(),
				Secrets:    []string{sandbox.DefaultBotToken, sandbox.DefaultScimToken},
			}
		},
	})
}
