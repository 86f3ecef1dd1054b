package tailscale_test

import (
	"testing"

	"lastday/activities/activitytest"
	"lastday/activities/tailscale"
	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/tailscale"
)

func TestSuite(t *testing.T) {
	for name, change := range map[string]func(*testing.T) func(*tailscale.Config){
		"API key and observer": withObserver,
		"OAuth client":         withClient,
	} {
		t.Run(name, func(t *testing.T) {
			activitytest.Run(t, activitytest.Fixture{
				Classes: tailscale.Classes(),
				ReadOps: []string{"POST /api/v2/oauth/token"},
				New: func(t *testing.T) activitytest.Subject {
					o := open(t, sandbox.Options{}, change(t))
					return activitytest.Subject{
						Connector: o.conn,
						Leaver:    offboarding.Person{Email: offboarding.Subject(people.Jane.Email)},
						Absent:    offboarding.Person{Email: "nobody@example.com"},
						Protected: offboarding.Person{Email: offboarding.Subject(people.Admin.Email)},
						Holds:     func() []string { return o.Holds(people.Jane.Email) },
						Others:    func() []string { return o.HoldsBesides(people.Jane.Email) },
						Faults:    o.Faults(),
						Secrets: []string{
							sandbox.DefaultAPIKey, sandbox.DefaultClientSecret, sandbox.ReadOnlyClientSecret,
							"tskey-token-" + sandbox.DefaultClientID, "tskey-token-" + sandbox.ReadOnlyClientID,
						},
					}
				},
			})
		})
	}
}
