package tailscale_test

import (
	"strings"
	"testing"

	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/tailscale"
)

func TestWhoAdministersTheTailnetIsSaid(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	for role, says := range map[string]string{
		"member": "", "auditor": "", "": "its role in the tailnet cannot be read",
		"owner": "owner of the tailnet", "admin": "admin of the tailnet", "it-admin": "it-admin of the tailnet",
		"network-admin": "network-admin of the tailnet", "billing-admin": "billing-admin of the tailnet",
		"a-new-admin": "a-new-admin of the tailnet",
	} {
		t.Run(role, func(t *testing.T) {
			conn := twisted(t, o, "/users", func(s string) string {
				return strings.ReplaceAll(s, `"role":"network-admin"`, `"role":"`+role+`"`)
			})
			a, err := conn.Find(t.Context(), offboarding.Person{Email: offboarding.Subject(people.Jane.Email)})
			if err != nil || a.Admin != says {
				t.Errorf("%q %v", a.Admin, err)
			}
		})
	}
}
