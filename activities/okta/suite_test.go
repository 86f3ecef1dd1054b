package okta_test

import (
	"testing"

	"lastday/activities/activitytest"
	"lastday/activities/okta"
	"lastday/offboarding"
	sandbox "lastday/sandbox/okta"
	"lastday/sandbox/people"
)

func TestConnector(t *testing.T) {
	activitytest.Run(t, activitytest.Fixture{
		Classes:    okta.Classes(),
		Unlistable: []offboarding.Class{offboarding.Sessions},
		New: func(t *testing.T) activitytest.Subject {
			o := newOrg(t, sandbox.Options{})
			return activitytest.Subject{
				Connector: o.conn,
				Leaver:    offboarding.Person{Email: jane},
				Absent:    offboarding.Person{Email: "nobody.here@example.com"},
				Protected: offboarding.Person{Email: offboarding.Subject(people.Robot.Email)},
				Holds:     func() []string { return o.Left(jane) },
				Others: func() []string {
					var out []string
					for _, mail := range []string{people.Admin.Email, people.Robot.Email, sandbox.ObserverEmail, people.Staff(2)[1].Email, people.Staff(11)[10].Email} {
						out = append(out, o.Left(mail)...)
					}
					return out
				},
				Bystanders: people.Staying(),
				Faults:     o.Faults(),
				Secrets:    []string{sandbox.DefaultToken, sandbox.DefaultReadOnlyToken},
			}
		},
	})
}
