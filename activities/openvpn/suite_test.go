package openvpn_test

import (
	"testing"

	"lastday/activities/activitytest"
	"lastday/activities/openvpn"
	"lastday/offboarding"
	sandbox "lastday/sandbox/openvpn"
	"lastday/sandbox/people"
	"lastday/secret"
)

func TestConformance(t *testing.T) {
	const password = "management-canary"
	t.Setenv("OPENVPN_TEST_PASSWORD", password)
	ref, err := secret.Parse("env:OPENVPN_TEST_PASSWORD")
	if err != nil {
		t.Fatal(err)
	}
	need(t)
	activitytest.Run(t, activitytest.Fixture{
		Classes: openvpn.Classes(),
		New: func(t *testing.T) activitytest.Subject {
			o := open(t, sandbox.Options{Password: password})
			o.conf.Password = ref
			o.conn = connect(t, o.conf)
			o.live(t, people.Jane.Email, sandbox.Phone, people.Admin.Email)
			return activitytest.Subject{
				Connector:  o.conn,
				Leaver:     offboarding.Person{Email: offboarding.Subject(people.Jane.Email)},
				Absent:     offboarding.Person{Email: "nobody@example.com"},
				Holds:      func() []string { return o.Holds(people.Jane.Email) },
				Others:     func() []string { return o.HoldsBesides(people.Jane.Email) },
				Bystanders: people.Staying(),
				Secrets:    []string{password},
			}
		},
	})
}
