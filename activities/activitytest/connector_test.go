package activitytest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

var classes = []offboarding.Class{"login", "groups", "deploy-keys"}

// flaw is one thing that a connector may get wrong.
type flaw string

const (
	none            flaw = ""
	listsWithWrites flaw = "suspends while it finds"
	skipsClass      flaw = "skips a class"
	skipsReadback   flaw = "does not read a class back"
	hidesGrant      flaw = "does not list a grant"
	trustsItself    flaw = "calls its own writes a proof"
	noControl       flaw = "takes an empty answer for a proof"
	believesEmpty   flaw = "takes an empty search for an absent person"
	cutsProtected   flaw = "cuts the owner of its token"
	cutsOthers      flaw = "removes what others hold"
	tellsToken      flaw = "puts its token into errors"
	anyID           flaw = "takes any id"
	failsWhenGone   flaw = "fails when a thing is gone already"
	noAlready       flaw = "says it did what it found done"
	deaf            flaw = "does not hear a cancellation"
	plainErrors     flaw = "returns errors of no kind"
	skipsRevoke     flaw = "leaves a class alone"
	forgetsRemoval  flaw = "reads grants back without their setting"
)

// connector is a right one but for its flaw.
type connector struct {
	flaw   flaw
	client *http.Client
	base   string
}

func newConnector(base string, f flaw) *connector {
	client, err := transport.Client(transport.Options{
		System: "toy", Base: base,
		Allow:     []string{"GET /people", "GET /people/{id}/things", "POST /people/{id}/suspend", "DELETE /things/{id}"},
		Authorize: func(r *http.Request) error { r.Header.Set("Authorization", token); return nil },
	})
	if err != nil {
		panic(err)
	}
	return &connector{flaw: f, client: client, base: base}
}

func (c *connector) System() offboarding.System { return "toy" }

func (c *connector) is(f flaw) bool { return c.flaw == f }

func (c *connector) call(ctx context.Context, method, path string, out any) (int, error) {
	if c.is(deaf) {
		ctx = context.WithoutCancel(ctx)
	}
	op := method + " " + path
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, nil)
	if err != nil {
		return 0, &transport.Error{Kind: transport.Identity, System: "toy", Op: method, Err: err}
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, c.spoil(transport.Classify("toy", op, err))
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return resp.StatusCode, nil
	case resp.StatusCode >= 300:
		return resp.StatusCode, c.spoil(&transport.Error{Kind: transport.Unauthorized, System: "toy", Op: op, Status: resp.StatusCode})
	case out == nil:
		return resp.StatusCode, nil
	}
	return resp.StatusCode, c.spoil(transport.Classify("toy", op, json.NewDecoder(resp.Body).Decode(out)))
}

type plainError string

func (e plainError) Error() string { return string(e) }

func (c *connector) spoil(err error) error {
	switch {
	case err == nil:
		return nil
	case c.is(tellsToken):
		return &transport.Error{Kind: transport.Unavailable, System: "toy", Op: "call with " + token}
	case c.is(plainErrors):
		return plainError(err.Error())
	}
	return err
}

type person struct {
	ID        string `json:"id"`
	Mail      string `json:"mail"`
	Suspended bool   `json:"suspended"`
}

func (c *connector) people(ctx context.Context) ([]person, error) {
	var list []person
	_, err := c.call(ctx, http.MethodGet, "/people", &list)
	if err == nil && len(list) == 0 && !c.is(believesEmpty) {
		err = c.spoil(&transport.Error{Kind: transport.Invalid, System: "toy", Op: "GET /people", Detail: "nobody there"})
	}
	return list, err
}

func (c *connector) Find(ctx context.Context, p offboarding.Person) (offboarding.Account, error) {
	list, err := c.people(ctx)
	if err != nil {
		return offboarding.Account{}, err
	}
	for _, x := range list {
		if x.Mail != string(p.Email) {
			continue
		}
		a := offboarding.Account{System: "toy", Found: true, ID: x.ID, Login: x.Mail}
		if x.ID == "p3" {
			a.Protected = "owns the token"
		}
		if c.is(listsWithWrites) {
			_, err = c.call(ctx, http.MethodPost, "/people/"+x.ID+"/suspend", nil)
		}
		return a, err
	}
	return offboarding.Account{System: "toy", Evidence: "the list of people has others"}, nil
}

func (c *connector) Inventory(ctx context.Context, a offboarding.Account) (offboarding.Inventory, error) {
	seen, err := c.see(ctx, a)
	if err != nil {
		return offboarding.Inventory{}, err
	}
	var inv offboarding.Inventory
	for _, o := range seen {
		if c.is(skipsClass) && o.Class == "deploy-keys" {
			continue
		}
		if c.is(hidesGrant) && o.Class == "deploy-keys" {
			o.Sight, o.Present = offboarding.Absent, nil
		}
		inv.Coverage = append(inv.Coverage, offboarding.Coverage{Class: o.Class, Sight: o.Sight})
		inv.Grants = append(inv.Grants, o.Present...)
	}
	return inv, nil
}

var idPattern = regexp.MustCompile(`^p[0-9]+$`)

func (c *connector) check(a offboarding.Account) error {
	if !idPattern.MatchString(a.ID) && !c.is(anyID) {
		return &transport.Error{Kind: transport.Identity, System: "toy", Op: "check account"}
	}
	if a.ID == "p3" && !c.is(cutsProtected) {
		return &transport.Error{Kind: transport.Protected, System: "toy", Op: "check account"}
	}
	return nil
}

// see reads every class, and somebody else's things by the same call.
func (c *connector) see(ctx context.Context, a offboarding.Account) ([]offboarding.Observation, error) {
	if err := c.check(a); err != nil && !transport.IsKind(err, transport.Protected) {
		return nil, err
	}
	list, err := c.people(ctx)
	if err != nil {
		return nil, err
	}
	var mine, control []thing
	if _, err := c.call(ctx, http.MethodGet, "/people/"+a.ID+"/things", &mine); err != nil {
		return nil, err
	}
	if _, err := c.call(ctx, http.MethodGet, "/people/p2/things", &control); err != nil {
		return nil, err
	}
	out := make([]offboarding.Observation, 0, len(classes))
	for _, class := range classes {
		o := offboarding.Observation{Class: class, Sight: offboarding.Absent, At: time.Now(), Credential: "primary"}
		for _, x := range list {
			if class == "login" && x.ID == a.ID && !x.Suspended {
				o.Present = append(o.Present, offboarding.Grant{Class: class, ID: x.ID, Label: x.Mail, Closes: offboarding.StepContain})
			}
		}
		for _, x := range mine {
			if x.Class == class {
				o.Present = append(o.Present, offboarding.Grant{Class: class, ID: x.ID, Label: x.ID, Closes: offboarding.StepRevoke, Removal: offboarding.Ask})
			}
		}
		if len(o.Present) > 0 {
			o.Sight = offboarding.Present
		}
		if class == "login" || len(control) > 0 || c.is(noControl) {
			o.Control = "ada@example.com"
		}
		out = append(out, o)
	}
	return out, nil
}

func (c *connector) Contain(ctx context.Context, a offboarding.Account, j *activities.Journal) error {
	if err := c.check(a); err != nil {
		return err
	}
	list, err := c.people(ctx)
	if err != nil {
		return err
	}
	for _, x := range list {
		if x.ID != a.ID {
			continue
		}
		act := offboarding.Action{Do: "suspend", Class: "login", ID: a.ID, At: time.Now(), Answer: activities.AlreadyDone}
		if !x.Suspended || c.is(noAlready) {
			status, err := c.call(ctx, http.MethodPost, "/people/"+a.ID+"/suspend", nil)
			if err != nil {
				return err
			}
			act.Answer = strconv.Itoa(status)
		}
		j.Done(act)
	}
	return nil
}

func (c *connector) Revoke(ctx context.Context, a offboarding.Account, grants []offboarding.Grant, j *activities.Journal) error {
	if err := c.check(a); err != nil {
		return err
	}
	var mine []thing
	if _, err := c.call(ctx, http.MethodGet, "/people/"+a.ID+"/things", &mine); err != nil {
		return err
	}
	there := map[string]bool{}
	for _, x := range mine {
		there[x.ID] = true
	}
	for _, g := range grants {
		if g.Class == "no-such-class" {
			return &transport.Error{Kind: transport.Identity, System: "toy", Op: "check grant"}
		}
		if c.is(skipsRevoke) && g.Class == "deploy-keys" {
			continue
		}
		act := offboarding.Action{Do: "remove " + g.Label, Class: g.Class, ID: g.ID, At: time.Now(), Answer: activities.AlreadyAbsent}
		if there[g.ID] || c.is(failsWhenGone) {
			status, err := c.call(ctx, http.MethodDelete, "/things/"+g.ID, nil)
			if err != nil {
				return err
			}
			if status == http.StatusNotFound && c.is(failsWhenGone) {
				return &transport.Error{Kind: transport.Refused, System: "toy", Op: "remove"}
			}
			act.Answer = strconv.Itoa(status)
		}
		j.Done(act)
	}
	if c.is(cutsOthers) {
		_, err := c.call(ctx, http.MethodDelete, "/things/p2-g1", nil)
		return err
	}
	return nil
}

func (c *connector) Observe(ctx context.Context, a offboarding.Account) (offboarding.Readback, error) {
	seen, err := c.see(ctx, a)
	if c.is(trustsItself) {
		for i := range seen {
			seen[i].Sight, seen[i].Present, seen[i].Control = offboarding.Absent, nil, "our own 204"
		}
	}
	if c.is(forgetsRemoval) {
		for i := range seen {
			for k := range seen[i].Present {
				seen[i].Present[k].Removal = ""
			}
		}
	}
	if c.is(skipsReadback) && len(seen) > 0 {
		seen = seen[:len(seen)-1]
	}
	return offboarding.Readback{Observations: seen}, err
}

func (c *connector) Check(ctx context.Context) ([]activities.Finding, error) {
	_, err := c.people(ctx)
	return []activities.Finding{{Level: activities.OK, What: "reached"}}, err
}
