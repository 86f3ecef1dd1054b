package okta_test

import (
	"crypto/x509"
	"strings"
	"testing"

	"lastday/activities/okta"
	"lastday/offboarding"
	sandbox "lastday/sandbox/okta"
	"lastday/sandbox/people"
)

func TestWhoAdministersTheOrgIsSaid(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	plain := people.Staff(2)[1].Email
	if a := o.find(plain); a.Admin != "" {
		t.Errorf("a user without roles: %q", a.Admin)
	}
	if a := o.find(people.Admin.Email); !strings.Contains(a.Admin, "Super") {
		t.Errorf("a super administrator: %q", a.Admin)
	}
	o.Promote(plain, "HELP_DESK_ADMIN", "Help Desk Administrator")
	helps := o.find(plain).Admin
	if helps != "Help Desk Administrator" {
		t.Errorf("one role: %q", helps)
	}
	o.Promote(plain, "SUPER_ADMIN", "Super Administrator")
	if got := o.find(plain).Admin; got != "Help Desk Administrator, Super Administrator" {
		t.Errorf("two roles: %q", got)
	}
}

func TestRolesThatTheCredentialMayNotReadAreNotNone(t *testing.T) {
	o, key := service(t)
	few := o.connect(func(c *okta.Config) {
		c.Credential = okta.Credential{
			ClientID: watcher, PrivateKey: pemRef(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)),
			Scopes: []string{"okta.users.read", "okta.groups.read"},
		}
		c.Observer = okta.Credential{}
	})
	a, err := few.Find(t.Context(), offboarding.Person{Email: offboarding.Subject(people.Staff(2)[1].Email)})
	if err != nil || a.Admin != "its admin roles cannot be read" {
		t.Errorf("%q %v", a.Admin, err)
	}
}
