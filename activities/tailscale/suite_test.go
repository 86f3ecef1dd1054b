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
		"OAuth client, and an auditor's API key to observe": func(t *testing.T) func(*tailscale.Config) {
			return func(c *tailscale.Config) {
				withClient(t)(c)
				c.Observer = tailscale.Credential{APIKey: credential(t, sandbox.DefaultReadOnlyKey)}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			activitytest.Run(t, activitytest.Fixture{
				Classes: tailscale.Classes(),
				ReadOps: []string{"POST /api/v2/oauth/token"},
				New: func(t *testing.T) activitytest.Subject {
					o := open(t, sandbox.Options{}, change(t))
					return activitytest.Subject{
						Connector:  o.conn,
						Leaver:     offboarding.Person{Email: offboarding.Subject(people.Jane.Email)},
						Absent:     offboarding.Person{Email: "nobody@example.com"},
						Protected:  offboarding.Person{Email: offboarding.Subject(people.Admin.Email)},
						Holds:      func() []string { return o.Holds(people.Jane.Email) },
						Others:     func() []string { return o.HoldsBesides(people.Jane.Email) },
						Bystanders: people.Staying(),
						Faults:     o.Faults(),
						Secrets: []string{
							sandbox.DefaultAPIKey, sandbox.DefaultReadOnlyKey, sandbox.DefaultClientSecret, sandbox.ReadOnlyClientSecret,
							"tskey-token-" + sandbox.DefaultClientID, "tskey-token-" + sandbox.ReadOnlyClientID,
						},
					}
				},
			})
		})
	}
}
