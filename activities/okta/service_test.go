package okta_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"lastday/activities"
	"lastday/activities/okta"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/sandbox/faults"
	sandbox "lastday/sandbox/okta"
	"lastday/sandbox/people"
	"lastday/secret"
)

const (
	writer  = "0oaServiceApp0000001"
	watcher = "0oaServiceApp0000002"
)

// service is an org whose two credentials are service apps.
func service(t *testing.T, changes ...change) (*org, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	o := newOrg(t, sandbox.Options{Apps: []sandbox.ServiceApp{
		{ClientID: writer, Key: &key.PublicKey, Scopes: append(okta.WriteScopes(), "okta.apps.manage")},
		{ClientID: watcher, Key: &key.PublicKey, Scopes: okta.ReadScopes()},
	}}, append([]change{func(c *okta.Config) {
		pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		c.Credential = okta.Credential{ClientID: writer, PrivateKeyID: "k1", PrivateKey: pemRef(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))}
		c.Observer = okta.Credential{ClientID: watcher, PrivateKey: pemRef(t, "PRIVATE KEY", pkcs8)}
	}}, changes...)...)
	return o, key
}

func pemRef(t *testing.T, kind string, der []byte) secret.Ref {
	t.Helper()
	return ref(t, string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
}

func TestServiceAppCutsAndObserves(t *testing.T) {
	o, _ := service(t)
	wantProven(t, o.cut(jane))
	if left := o.Left(jane); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	tokens := 0
	for _, c := range o.Faults().Calls() {
		if strings.HasPrefix(c.Path, "/oauth2/") {
			tokens++
			if c.Path != "/oauth2/v1/token" {
				t.Errorf("the assertion travels in the URL: %s", c.Path)
			}
		}
	}
	if tokens != 2 {
		t.Errorf("%d tokens were fetched for two credentials", tokens)
	}
}

// Trap: the SDK puts the client assertion into the URL, and so into errors,
// and its token call ignores the context.
func TestTokenEndpointDownLeaksNothingAndHonoursTheContext(t *testing.T) {
	o, _ := service(t)
	for _, kind := range kinds {
		o.fault("POST /oauth2/v1/token", kind, 0)
		began := time.Now()
		_, err := o.connect(serviceOf(o)).Find(brief(t, 2*stepTime(faults.AppliedHang)), offboarding.Person{Email: jane})
		if err != nil && (strings.Contains(err.Error(), "eyJ") || strings.Contains(err.Error(), "PRIVATE")) {
			t.Errorf("%s: %v", kind, err)
		}
		if time.Since(began) > 20*time.Second {
			t.Errorf("%s took %s", kind, time.Since(began))
		}
		o.Faults().Clear()
	}
}

// serviceOf gives a new connector the configuration of the org's own, with no
// token kept.
func serviceOf(o *org) change {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		o.t.Fatal(err)
	}
	return func(c *okta.Config) {
		c.Credential = okta.Credential{ClientID: writer, PrivateKey: pemRef(o.t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))}
		c.Observer = okta.Credential{}
	}
}

func TestServiceAppWithTheWrongKeyOrScope(t *testing.T) {
	o, key := service(t)
	for name, f := range map[string]change{
		"wrong key": serviceOf(o),
		"wrong scope": func(c *okta.Config) {
			c.Credential = okta.Credential{ClientID: watcher, PrivateKey: pemRef(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))}
		},
		"no PEM": func(c *okta.Config) {
			c.Credential = okta.Credential{ClientID: writer, PrivateKey: ref(t, "hello canary")}
		},
	} {
		_, err := o.connect(f).Find(t.Context(), offboarding.Person{Email: jane})
		if !transport.IsKind(err, transport.Unauthorized) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A scope too few: the class is blind, and the scope is named.
	few := o.connect(func(c *okta.Config) {
		c.Credential = okta.Credential{ClientID: watcher, PrivateKey: pemRef(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), Scopes: []string{"okta.users.read", "okta.groups.read"}}
		c.Observer = okta.Credential{}
	})
	a, err := few.Find(t.Context(), offboarding.Person{Email: jane})
	if err != nil {
		t.Fatal(err)
	}
	inv, err := few.Inventory(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range inv.Coverage {
		if (c.Class == offboarding.AdminRoles) != (c.Sight == offboarding.Blind && strings.Contains(c.Reason, "okta.roles.read")) && c.Class != offboarding.APITokens {
			t.Errorf("%+v", c)
		}
	}
}

func TestRefusedTokenIsFetchedAnew(t *testing.T) {
	o, _ := service(t)
	a := o.find(jane)
	o.Faults().ForgetCalls()
	o.fault("GET *", faults.Unauthorized, 1)
	if _, err := o.conn.Inventory(t.Context(), a); !transport.IsKind(err, transport.Unauthorized) {
		t.Fatalf("got %v", err)
	}
	// Another of the calls under way may have fetched it already.
	o.inventory(a)
	if !slices.ContainsFunc(o.Faults().Calls(), func(c faults.Call) bool { return c.Path == "/oauth2/v1/token" }) {
		t.Error("the refused token was used again")
	}
}

func TestServiceAppNeedsAControlUser(t *testing.T) {
	_, err := okta.New(okta.Config{BaseURL: "https://example.okta.com", Credential: okta.Credential{ClientID: writer, PrivateKey: ref(t, "x")}})
	if err == nil || !strings.Contains(err.Error(), "control_users") {
		t.Errorf("got %v", err)
	}
}

func TestCheckNamesWhatIsMissingAndWhatIsTooMuch(t *testing.T) {
	o, key := service(t)
	o.conn = o.connect(func(c *okta.Config) {
		c.Credential = okta.Credential{ClientID: writer, PrivateKey: pemRef(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), Scopes: []string{"okta.users.manage", "okta.groups.manage", "okta.apps.manage"}}
		c.Observer = okta.Credential{APIToken: ref(t, sandbox.DefaultToken)}
		c.ControlUsers = []string{people.Robot.Email}
	})
	for _, want := range []string{
		"bad primary credential: lacks okta.roles.manage", "warning primary credential: has okta.apps.manage",
		"warning observer credential: its owner lastday@example.com may write", "warning devices: no control user shows anything",
		"bad primary credential: api-tokens stays blind", "warning primary credential: the System Log cannot be read",
		"ok observer credential: reaches",
	} {
		o.wantFinding(want)
	}

	o = newOrg(t, sandbox.Options{})
	found, err := o.conn.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Level != activities.OK {
			t.Errorf("%+v", f)
		}
	}
	if o.writes() > 0 {
		t.Error("a check wrote something")
	}
	o.conn = o.connect(func(c *okta.Config) {
		c.Credential, c.ControlUsers = okta.Credential{APIToken: ref(t, sandbox.DefaultReadOnlyToken)}, []string{"gone@example.com"}
	})
	o.wantFinding("bad primary credential: its owner " + sandbox.ObserverEmail + " may only read")
	o.wantFinding("bad primary credential: control user gone@example.com is not to be seen")
	o.fault("*", faults.Unauthorized, 0)
	o.wantFinding("bad observer credential: ")
}

func (o *org) wantFinding(want string) {
	o.t.Helper()
	found, err := o.conn.Check(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	for _, f := range found {
		if strings.HasPrefix(string(f.Level)+" "+f.What, want) {
			return
		}
	}
	o.t.Errorf("no finding %q in %+v", want, found)
}
