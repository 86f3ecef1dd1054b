package tailscale_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lastday/activities"
	"lastday/activities/tailscale"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/tailscale"
)

func TestJaneIsCutAndReadBack(t *testing.T) {
	for name, c := range map[string]struct {
		o      sandbox.Options
		change func(*testing.T) func(*tailscale.Config)
		looks  string
	}{
		"API key alone":           {looks: "primary", change: func(*testing.T) func(*tailscale.Config) { return nil }},
		"API key and observer":    {looks: "observer", change: withObserver},
		"OAuth client":            {looks: "primary", change: withClient},
		"keys listed by id alone": {looks: "observer", change: withObserver, o: sandbox.Options{BareKeys: true}},
		"tailnet and control device": {looks: "primary", change: func(*testing.T) func(*tailscale.Config) {
			return func(c *tailscale.Config) { c.Tailnet, c.ControlDevice = sandbox.Tailnet, sandbox.ControlDevice }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, c.o, c.change(t))
			a := o.find(t, people.Jane.Email)
			if !a.Found || a.Protected != "" || a.Status != "active" {
				t.Fatalf("account %+v", a)
			}
			inv := o.inventory(t, a)
			var got []string
			for _, g := range inv.Grants {
				got = append(got, string(g.Class)+"/"+g.ID)
			}
			slices.Sort(got)
			if want := o.Holds(people.Jane.Email); !slices.Equal(got, want) || len(want) != 6 {
				t.Fatalf("inventory %v\nwant      %v", got, want)
			}
			if len(inv.Residuals) != 1 || !strings.Contains(inv.Residuals[0].What, "phone") {
				t.Errorf("residuals %+v, want the offline phone", inv.Residuals)
			}
			for _, act := range o.cut(t, a, inv.Grants) {
				if answer := map[bool]string{true: "200, while it was not connected to the control plane", false: "200"}[strings.Contains(act.Do, "phone")]; act.Answer != answer || act.RequestID == "" || act.At.IsZero() {
					t.Errorf("action %+v", act)
				}
			}
			if left := o.Holds(people.Jane.Email); len(left) != 0 {
				t.Fatalf("still holds %v", left)
			}
			for class, obs := range o.observe(t, a) {
				if !obs.Proves() || obs.Sight != offboarding.Absent || obs.Credential != c.looks {
					t.Errorf("%s: %+v", class, obs)
				}
			}
		})
	}
}

func TestKeysAreDeletedBeforeDevices(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	o.cut(t, a, o.inventory(t, a).Grants)
	seenDevice := false
	for _, w := range o.writes() {
		switch {
		case strings.Contains(w, "/device/"):
			seenDevice = true
		case strings.Contains(w, "/keys/") && seenDevice:
			t.Fatalf("a key is deleted after a device: %v", o.writes())
		}
	}
	if !seenDevice {
		t.Fatal("no device was deleted")
	}
}

func TestEachStepTwiceHasOneEffect(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	grants := o.inventory(t, a).Grants
	o.cut(t, a, grants)
	once := o.writes()
	for _, act := range o.cut(t, a, grants) {
		if act.Answer != activities.AlreadyAbsent && act.Answer != activities.AlreadyDone {
			t.Errorf("second time: %+v", act)
		}
	}
	if twice := o.writes(); !slices.Equal(once, twice) {
		t.Errorf("the second time wrote again: %v", twice[len(once):])
	}
	if inv := o.inventory(t, a); len(inv.Grants) != 0 {
		t.Errorf("grants after: %+v", inv.Grants)
	}
}

func TestPersonDeletedMeanwhile(t *testing.T) {
	for name, change := range map[string]func(*tailscale.Config){"primary": nil, "observer": withObserver(t)} {
		t.Run(name, func(t *testing.T) {
			o := open(t, sandbox.Options{}, change)
			a := o.find(t, people.Jane.Email)
			grants := o.inventory(t, a).Grants
			post(t, o, "/api/v2/users/"+a.ID+"/delete")
			for _, act := range o.cut(t, a, grants) {
				if act.Class != tailscale.TaggedDevices && act.Answer != activities.AlreadyAbsent {
					t.Errorf("%+v", act)
				}
			}
			for class, obs := range o.observe(t, a) {
				if !obs.Proves() {
					t.Errorf("%s: %+v", class, obs)
				}
			}
		})
	}
}

func TestAbsentPersonIsNotFoundWithAControl(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, "nobody@example.com")
	if a.Found || a.ID != "" || !strings.Contains(a.Evidence, "the same list shows user ") {
		t.Errorf("account %+v", a)
	}
	if _, err := o.conn.Observe(t.Context(), a); !transport.IsKind(err, transport.Identity) {
		t.Errorf("observe without an account: %v", err)
	}
}

func TestLoginMatchesWithoutRegardToCase(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	if a := o.find(t, strings.ToUpper(people.Jane.Email)); !a.Found {
		t.Errorf("not found: %+v", a)
	}
	a, err := o.conn.Find(t.Context(), offboarding.Person{
		Email: "j.doe@example.org", Logins: map[offboarding.System]string{tailscale.System: people.Jane.Email},
	})
	if err != nil || !a.Found {
		t.Errorf("by vouched login: %+v %v", a, err)
	}
	_, err = o.conn.Find(t.Context(), offboarding.Person{
		Email: offboarding.Subject(people.Jane.Email), Logins: map[offboarding.System]string{tailscale.System: people.Staff(2)[1].Email},
	})
	if !transport.IsKind(err, transport.Identity) {
		t.Errorf("two users match: %v", err)
	}
}

func TestAPersonIsFoundUnderAnAlias(t *testing.T) {
	o := open(t, sandbox.Options{}, withObserver(t))
	const alias = "jane.miller@example.com"
	if !o.Rename(people.Jane.Email, alias) {
		t.Fatal("nobody was renamed")
	}
	if a := o.find(t, people.Jane.Email); a.Found {
		t.Fatalf("found without the alias: %+v", a)
	}
	jane := offboarding.Person{Email: offboarding.Subject(people.Jane.Email), Emails: []string{"Jane.Miller@Example.com"}}
	a, err := o.conn.Find(t.Context(), jane)
	if err != nil || !a.Found || a.Login != alias {
		t.Fatalf("%+v %v", a, err)
	}
	o.cut(t, a, o.inventory(t, a).Grants)
	if left := o.Holds(alias); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	for class, obs := range o.observe(t, a) {
		if !obs.Proves() {
			t.Errorf("%s: %+v", class, obs)
		}
	}
	jane.Emails = append(jane.Emails, people.Staff(2)[1].Email)
	_, err = o.conn.Find(t.Context(), jane)
	if !transport.IsKind(err, transport.Identity) || !strings.Contains(err.Error(), alias) || !strings.Contains(err.Error(), people.Staff(2)[1].Email) {
		t.Errorf("two users match: %v", err)
	}
}

func TestAbsenceNeedsALoginOfTheSameDomain(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	person := offboarding.Person{Email: "jane.doe@example.org"}
	_, err := o.conn.Find(t.Context(), person)
	if !transport.IsKind(err, transport.Identity) || !strings.Contains(err.Error(), "no login of domain example.org") || !strings.Contains(err.Error(), "are of domain example.com") {
		t.Errorf("another domain: %v", err)
	}
	person.Emails = []string{"jd@example.com"}
	if a, err := o.conn.Find(t.Context(), person); err != nil || a.Found || !strings.Contains(a.Evidence, "the same list shows user ") || !strings.Contains(a.Evidence, "jd@example.com") {
		t.Errorf("an alias of the logins' domain: %+v %v", a, err)
	}
	// Everybody signs in with GitHub, Jane too, under a name nobody told.
	hub := twisted(t, o, "/users", func(s string) string { return strings.ReplaceAll(s, "@example.com", "@github") })
	if a, err := hub.Find(t.Context(), offboarding.Person{Email: offboarding.Subject(people.Jane.Email)}); !transport.IsKind(err, transport.Identity) {
		t.Errorf("a tailnet of GitHub logins: %+v %v", a, err)
	}
}

func TestProtectedUsersAreRefusedBeforeAnyWrite(t *testing.T) {
	auditor := "audrey.auditor@example.com"
	for name, c := range map[string]struct{ email, why string }{
		"owner":                    {people.Admin.Email, "owner"},
		"primary token's owner":    {people.Robot.Email, "primary API key"},
		"observer's token's owner": {auditor, "observer API key"},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, sandbox.Options{}, func(c *tailscale.Config) {
				c.Observer = tailscale.Credential{APIKey: credential(t, sandbox.DefaultReadOnlyKey)}
			})
			a := o.find(t, c.email)
			if !strings.Contains(a.Protected, c.why) {
				t.Fatalf("protected: %q, want %q", a.Protected, c.why)
			}
			a.Protected = ""
			j := activities.NewJournal(1, nil, nil)
			if err := o.conn.Contain(t.Context(), a, j); !transport.IsKind(err, transport.Protected) {
				t.Errorf("contain: %v", err)
			}
			grants := []offboarding.Grant{{Class: offboarding.Devices, ID: "n0000002CNTRL"}}
			if err := o.conn.Revoke(t.Context(), a, grants, j); err == nil {
				t.Error("revoke of a protected user went through")
			}
			if w := o.writes(); len(w) != 0 || len(j.Actions()) != 0 {
				t.Errorf("wrote %v", w)
			}
		})
	}
}

func TestProvisionedUsersAreLeftToTheIdentityProvider(t *testing.T) {
	for _, how := range []string{tailscale.SuspendByAPI, tailscale.SuspendByIDP} {
		t.Run(how, func(t *testing.T) {
			o := open(t, sandbox.Options{Provisioned: true}, func(c *tailscale.Config) { c.Suspend = how })
			a := o.find(t, people.Jane.Email)
			acts := o.cut(t, a, o.inventory(t, a).Grants)
			if got := acts[0].Answer; !strings.HasPrefix(got, "refused: 403") && !strings.HasPrefix(got, "not called") {
				t.Errorf("suspend is journaled as %q", got)
			}
			if left := o.Holds(people.Jane.Email); len(left) != 1 || !strings.HasPrefix(left[0], "login/") {
				t.Errorf("left %v, want the login alone", left)
			}
			login := o.observe(t, a)[offboarding.Login]
			if login.Sight != offboarding.Present || !strings.Contains(login.Reason, "identity provider") {
				t.Errorf("login %+v", login)
			}
		})
	}
}

func TestTaggedServersAreNoDevicesOfTheirUser(t *testing.T) {
	o := open(t, sandbox.Options{}, func(c *tailscale.Config) { c.TaggedDevices = "" })
	a := o.find(t, people.Jane.Email)
	for _, g := range o.inventory(t, a).Grants {
		runner := strings.Contains(g.Label, "ci-runner")
		if runner != (g.Class == tailscale.TaggedDevices) || runner && g.Removal != offboarding.Ask {
			t.Errorf("grant %+v", g)
		}
		if runner {
			g.Class = offboarding.Devices
			err := o.conn.Revoke(t.Context(), a, []offboarding.Grant{g}, activities.NewJournal(1, nil, nil))
			if !transport.IsKind(err, transport.Identity) || len(o.writes()) != 0 {
				t.Errorf("a server went as a device: %v, wrote %v", err, o.writes())
			}
		}
	}
}

func TestALiveKeyBringsADeletedDeviceBack(t *testing.T) {
	o := open(t, sandbox.Options{AutoRejoin: time.Millisecond}, withObserver(t))
	a := o.find(t, people.Jane.Email)
	grants := o.inventory(t, a).Grants
	devices := slices.DeleteFunc(slices.Clone(grants), func(g offboarding.Grant) bool { return g.Class != offboarding.Devices })
	o.cut(t, a, devices)
	wait(t, "the devices to be back", func() bool {
		back := 0
		for _, h := range o.Holds(people.Jane.Email) {
			if strings.HasPrefix(h, "devices/") {
				back++
			}
		}
		return back == len(devices)
	})
	if obs := o.observe(t, a)[offboarding.Devices]; obs.Sight != offboarding.Present {
		t.Errorf("devices that came back: %+v", obs)
	}
	o.cut(t, a, grants) // the first inventory: its device ids are out of date
	if n := o.Rejoin(people.Jane.Email); n != 0 {
		t.Errorf("%d devices came back without a key", n)
	}
	if left := o.Holds(people.Jane.Email); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestSomebodyElsesGrantIsRefusedBeforeAnyWrite(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	other := o.inventory(t, o.find(t, people.Staff(2)[1].Email)).Grants
	mine := closedByRevoke(o.inventory(t, a).Grants)
	for _, g := range append(closedByRevoke(other), offboarding.Grant{Class: offboarding.AuthKeys, ID: "kOfficeCNTRL"}) {
		err := o.conn.Revoke(t.Context(), a, append(slices.Clone(mine), g), activities.NewJournal(1, nil, nil))
		if !transport.IsKind(err, transport.Identity) || len(o.writes()) != 0 {
			t.Errorf("%s/%s: %v, wrote %v", g.Class, g.ID, err, o.writes())
		}
	}
}
