package okta_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"lastday/activities/okta"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/sandbox/faults"
	sandbox "lastday/sandbox/okta"
	"lastday/sandbox/people"
)

var janesGroups = []string{"Engineering", "Northwind Outsourcing", "Okta Application Admins", "VPN Users"}

func (o *org) directory(changes ...change) *okta.Directory {
	o.t.Helper()
	c := okta.Config{
		BaseURL: o.url, ControlUsers: []string{people.Admin.Email},
		Credential: okta.Credential{APIToken: ref(o.t, sandbox.DefaultToken)},
		Observer:   okta.Credential{APIToken: ref(o.t, sandbox.DefaultReadOnlyToken)},
	}
	for _, f := range changes {
		f(&c)
	}
	d, err := okta.NewDirectory(c)
	if err != nil {
		o.t.Fatal(err)
	}
	return d
}

func (o *org) wantGroups(d *okta.Directory, email string, want ...string) {
	o.t.Helper()
	got, err := d.Groups(o.t.Context(), offboarding.Subject(email))
	if err != nil || !slices.Equal(got, want) {
		o.t.Errorf("groups of %s: %v, %v; want %v", email, got, err, want)
	}
}

func TestGroupsArePagedAndSorted(t *testing.T) {
	o := newOrg(t, sandbox.Options{PageSize: 1})
	d := o.directory()
	if calls := o.Faults().Calls(); len(calls) > 0 {
		t.Errorf("building it made %d calls", len(calls))
	}
	o.wantGroups(d, jane, janesGroups...)
	o.wantGroups(d, "Jane.Doe@Example.com", janesGroups...)
	o.wantGroups(d, "nobody.here@example.com")
	o.Join(jane, "Contoso Services")
	o.wantGroups(d, jane, append([]string{"Contoso Services"}, janesGroups...)...)
	if o.writes() > 0 {
		t.Error("it wrote something")
	}
}

func TestOnlyOktasOwnGroupsCount(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	o.AddGroup("OKTA_GROUP", "Security", people.Admin.Email)
	o.AddGroup("APP_GROUP", "Security", jane)
	o.AddGroup("BUILT_IN", "Okta Administrators", jane)
	o.Join(jane, "Domain Users")
	o.wantGroups(o.directory(), jane, janesGroups...)
	got, err := o.directory().Groups(t.Context(), offboarding.Subject(people.Admin.Email))
	if err != nil || !slices.Contains(got, "Security") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestAPersonIsFoundByLoginOrEmail(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	o.SetProfile(jane, "login", "JDoe@corp.example.com")
	o.wantGroups(o.directory(), jane, janesGroups...)
	o.wantGroups(o.directory(), "jdoe@corp.example.com", janesGroups...)
	o.SetProfile(people.Staff(2)[1].Email, "email", jane)
	if got, err := o.directory().Groups(t.Context(), jane); !transport.IsKind(err, transport.Identity) || len(got) > 0 {
		t.Errorf("the address of two users: %v, %v", got, err)
	}
	if _, err := o.directory().Groups(t.Context(), "me"); !transport.IsKind(err, transport.Identity) {
		t.Errorf("me: %v", err)
	}
}

func TestOnlyAnActiveAccountHasGroups(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	for _, status := range []string{"STAGED", "PROVISIONED", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "SUSPENDED", "DEPROVISIONED"} {
		o.SetStatus(jane, status)
		got, err := o.directory().Groups(t.Context(), jane)
		if !transport.IsKind(err, transport.Refused) || len(got) > 0 || !strings.Contains(err.Error(), status) {
			t.Errorf("%s: %v, %v", status, got, err)
		}
	}
	o.SetStatus(jane, "ACTIVE")
	o.wantGroups(o.directory(), jane, janesGroups...)
}

func TestAnotherAnswerIsNoMembership(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	other := people.Staff(3)[2].Email
	for name, change := range map[string]func(path string, body []byte) []byte{
		"another's record": func(_ string, body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(jane), []byte(other))
		},
		"leaves": func(_ string, body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(`"status":"ACTIVE"`), []byte(`"transitioningToStatus":"DEPROVISIONED","status":"ACTIVE"`))
		},
		"no Everyone": func(_ string, body []byte) []byte {
			return bytes.ReplaceAll(body, []byte("BUILT_IN"), []byte(`OKTA_GROUP`))
		},
		"no type": func(_ string, body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(`"type":"OKTA_GROUP"`), []byte(`"kind":"OKTA_GROUP"`))
		},
		"no name": func(_ string, body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(`"name":"Engineering"`), []byte(`"name":""`))
		},
		"null": func(path string, body []byte) []byte {
			if strings.HasSuffix(path, "/groups") {
				return []byte("null")
			}
			return body
		},
		"a null group": func(path string, body []byte) []byte {
			if strings.HasSuffix(path, "/groups") {
				return append([]byte("[null,"), body[1:]...)
			}
			return body
		},
	} {
		at := o.between(func(r *http.Request, _ http.Header, body []byte) []byte { return change(r.URL.Path, body) })
		d := o.directory(func(c *okta.Config) { c.BaseURL = at })
		if got, err := d.Groups(t.Context(), jane); err == nil || len(got) > 0 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestNoFaultMakesAMember has every read go wrong in every way, always or once:
// nobody becomes a member by it, and a member's list is whole or an error.
func TestNoFaultMakesAMember(t *testing.T) {
	for _, kind := range kinds {
		o := newOrg(t, sandbox.Options{PageSize: 2})
		d := o.directory()
		for _, op := range []string{"*", "GET /api/v1/users", "GET /api/v1/users/{id}", "GET /api/v1/users/{id}/groups"} {
			for _, times := range []int{0, 1} {
				o.fault(op, kind, times)
				for email, want := range map[string][]string{jane: janesGroups, "nobody.here@example.com": nil} {
					got, err := d.Groups(brief(t, stepTime(kind)), offboarding.Subject(email))
					// A user whom neither question finds is in no group.
					unseen := len(got) == 0 && (kind == faults.EmptyList) && op != "GET /api/v1/users/{id}/groups"
					if (err == nil && !slices.Equal(got, want) && !unseen) || (err != nil && len(got) > 0) {
						t.Errorf("%s %s %d: %s: %v, %v", op, kind, times, email, got, err)
					}
					if err != nil && (strings.Contains(err.Error(), sandbox.DefaultReadOnlyToken) || strings.Contains(err.Error(), "decide retry")) {
						t.Errorf("%s %s: %v", op, kind, err)
					}
				}
				o.Faults().Clear()
			}
		}
		o.wantGroups(d, jane, janesGroups...)
	}
}

func TestGroupsAreReadWithTheObserver(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	primary := func(c *okta.Config) { c.APIToken = ref(t, "wrong") }
	o.wantGroups(o.directory(primary), jane, janesGroups...)
	o.wantGroups(o.directory(func(c *okta.Config) { c.Observer = okta.Credential{} }), jane, janesGroups...)
	if _, err := o.directory(primary, func(c *okta.Config) { c.Observer = okta.Credential{} }).Groups(t.Context(), jane); !transport.IsKind(err, transport.Unauthorized) {
		t.Errorf("got %v", err)
	}
	if _, err := okta.NewDirectory(okta.Config{BaseURL: "https://example.okta.com"}); err == nil {
		t.Error("no credential is an error")
	}
}

func TestMissingGroups(t *testing.T) {
	o := newOrg(t, sandbox.Options{PageSize: 1})
	got, err := o.directory().Missing(t.Context(), []string{"Engineering", "engineering", "Domain Users", "Everyone", `No "such" one`})
	if want := []string{"engineering", "Domain Users", "Everyone", `No "such" one`}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	o.fault("GET /api/v1/groups", faults.Forbidden, 0)
	if _, err := o.directory().Missing(t.Context(), []string{"Engineering"}); err == nil || !strings.Contains(err.Error(), "give the observer credential okta.groups.read") {
		t.Errorf("got %v", err)
	}
}
