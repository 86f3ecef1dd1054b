package workflows_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/workflows"
)

// house is a company of scripted systems around one case in the SDK's test
// environment, with its skipping clock. The systems keep real state behind the
// real activity wrapper; only the vendor is scripted.
type house struct {
	t        *testing.T
	env      *testsuite.TestWorkflowEnvironment
	settings workflows.Settings
	guard    activities.ProtectedList

	mu      sync.Mutex
	systems []*scripted
	log     []string // "okta.Find" in the order in which they were called
	notices []offboarding.Notice
}

func newHouse(t *testing.T) *house {
	var suite testsuite.WorkflowTestSuite
	h := &house{t: t, env: suite.NewTestWorkflowEnvironment()}
	h.settings = workflows.Settings{Deadline: time.Hour, Patience: 10 * time.Second, Tell: true}
	h.env.SetTestTimeout(20 * time.Second)
	return h
}

// system adds a scripted system on first use.
func (h *house) system(name offboarding.System) *scripted {
	for _, s := range h.systems {
		if s.name == name {
			return s
		}
	}
	s := &scripted{h: h, name: name, fail: map[activities.Verb]func(int) error{}, tries: map[activities.Verb]int{}, account: true}
	h.systems = append(h.systems, s)
	h.settings.Systems = append(h.settings.Systems, workflows.SystemSettings{Name: name})
	return s
}

func (h *house) start(d offboarding.Departure) {
	for _, s := range h.systems {
		activities.Register(h.env, s, h.guard)
	}
	activities.RegisterMessenger(h.env, h)
	workflows.Register(h.env, func(offboarding.Subject) (workflows.Settings, error) { return h.settings, nil })
	h.env.ExecuteWorkflow(workflows.OffboardType, d)
}

func (h *house) offboard(d offboarding.Departure) offboarding.Case {
	h.t.Helper()
	h.start(d)
	require.True(h.t, h.env.IsWorkflowCompleted())
	require.NoError(h.t, h.env.GetWorkflowError())
	var c offboarding.Case
	require.NoError(h.t, h.env.GetWorkflowResult(&c))
	return c
}

// now asks the running case how it stands.
func (h *house) now() offboarding.Case {
	v, err := h.env.QueryWorkflow(workflows.CaseQuery)
	require.NoError(h.t, err)
	var c offboarding.Case
	require.NoError(h.t, v.Get(&c))
	return c
}

// after runs f when the case's clock has moved on by d.
func (h *house) after(d time.Duration, f func()) { h.env.RegisterDelayedCallback(f, d) }

// update sends an update and keeps its outcome.
func (h *house) update(name string, arg any) *outcome {
	o := &outcome{}
	h.env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
		OnAccept:   func() { o.accepted = true },
		OnReject:   func(err error) { o.rejected = err },
		OnComplete: func(any, error) { o.done = true },
	}, arg)
	return o
}

type outcome struct {
	accepted, done bool
	rejected       error
}

func (h *house) calls(system string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []string
	for _, c := range h.log {
		if len(c) > len(system) && c[:len(system)+1] == system+"." {
			out = append(out, c)
		}
	}
	return out
}

// Tell implements activities.Messenger.
func (h *house) Tell(_ context.Context, m activities.Telling) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notices = append(h.notices, m.Notice)
	return "ref", nil
}

// scripted is one system: it truly holds grants until told otherwise.
type scripted struct {
	h       *house
	name    offboarding.System
	account bool
	fail    map[activities.Verb]func(try int) error
	tries   map[activities.Verb]int
	grants  []offboarding.Grant
	shield  string              // Account.Protected
	blind   []offboarding.Class // out of sight
	lies    bool                // revoke answers well and changes nothing
	logins  map[offboarding.System]string
	asked   []offboarding.Person
}

func (s *scripted) holds(classes ...offboarding.Class) *scripted {
	for _, c := range classes {
		s.grants = append(s.grants, offboarding.Grant{Class: c, ID: "1-" + string(c), Label: string(c) + " one", Closes: offboarding.StepRevoke})
	}
	return s
}

// asks sets a class to ask.
func (s *scripted) asks(class offboarding.Class, r offboarding.Removal) *scripted {
	for i := range s.grants {
		if s.grants[i].Class == class {
			s.grants[i].Removal = r
		}
	}
	return s
}

// down makes a verb fail with kind until the case's clock reaches d from its start.
func (s *scripted) down(kind transport.Kind, d time.Duration, verbs ...activities.Verb) *scripted {
	start := s.h.env.Now()
	for _, v := range verbs {
		s.fail[v] = func(int) error {
			if s.h.env.Now().Sub(start) < d {
				return &transport.Error{Kind: kind, System: s.name, Op: "call", Detail: "scripted"}
			}
			return nil
		}
	}
	return s
}

func (s *scripted) left() []offboarding.Grant {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	return slices.Clone(s.grants)
}

func (s *scripted) enter(v activities.Verb) error {
	s.h.mu.Lock()
	s.h.log = append(s.h.log, activities.Name(s.name, v))
	s.tries[v]++
	try := s.tries[v]
	s.h.mu.Unlock()
	if f := s.fail[v]; f != nil {
		return f(try)
	}
	return nil
}

func (s *scripted) System() offboarding.System { return s.name }

func (s *scripted) Find(_ context.Context, p offboarding.Person) (offboarding.Account, error) {
	if err := s.enter(activities.Find); err != nil {
		return offboarding.Account{}, err
	}
	s.asked = append(s.asked, p)
	if !s.account {
		return offboarding.Account{System: s.name, Evidence: "asked for the e-mail; saw ada.admin"}, nil
	}
	return offboarding.Account{System: s.name, Found: true, ID: "id-" + string(s.name), Login: "jane", Protected: s.shield, Logins: s.logins}, nil
}

func (s *scripted) Inventory(context.Context, offboarding.Account) (offboarding.Inventory, error) {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	inv := offboarding.Inventory{Grants: slices.Clone(s.grants)}
	for _, g := range s.grants {
		inv.Coverage = append(inv.Coverage, offboarding.Coverage{Class: g.Class, Sight: offboarding.Present})
	}
	for _, c := range s.blind {
		inv.Coverage = append(inv.Coverage, offboarding.Coverage{Class: c, Sight: offboarding.Blind, Reason: "the token lacks a scope"})
	}
	return inv, nil
}

func (s *scripted) Contain(_ context.Context, _ offboarding.Account, j *activities.Journal) error {
	if err := s.enter(activities.Contain); err != nil {
		return err
	}
	j.Done(offboarding.Action{Do: "suspend", Class: offboarding.Login, At: s.h.env.Now(), Answer: "200"})
	return nil
}

func (s *scripted) Revoke(_ context.Context, _ offboarding.Account, grants []offboarding.Grant, j *activities.Journal) error {
	if err := s.enter(activities.Revoke); err != nil {
		return err
	}
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	for _, g := range grants {
		if !s.lies {
			s.grants = slices.DeleteFunc(s.grants, func(have offboarding.Grant) bool { return have.ID == g.ID })
		}
		j.Done(offboarding.Action{Do: "remove " + g.Label, Class: g.Class, ID: g.ID, At: s.h.env.Now(), Answer: "204"})
	}
	return nil
}

func (s *scripted) Observe(context.Context, offboarding.Account) (offboarding.Readback, error) {
	if err := s.enter(activities.Observe); err != nil {
		return offboarding.Readback{}, err
	}
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	var out offboarding.Readback
	see := func(c offboarding.Class) {
		o := offboarding.Observation{Class: c, Sight: offboarding.Absent, At: s.h.env.Now(), Control: "ada.admin"}
		for _, g := range s.grants {
			if g.Class == c {
				o.Sight, o.Present = offboarding.Present, append(o.Present, g)
			}
		}
		if slices.Contains(s.blind, c) {
			o.Sight, o.Control, o.Reason = offboarding.Blind, "", "the token lacks a scope"
		}
		out.Observations = append(out.Observations, o)
	}
	for _, c := range []offboarding.Class{"sessions", "groups", "membership", "deploy-keys"} {
		see(c)
	}
	for _, c := range s.blind {
		if !slices.ContainsFunc(out.Observations, func(o offboarding.Observation) bool { return o.Class == c }) {
			see(c)
		}
	}
	return out, nil
}

func (s *scripted) Check(context.Context) ([]activities.Finding, error) {
	return nil, errors.New("not part of a case")
}
