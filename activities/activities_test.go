package activities_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/secret"
)

// fake is a connector that answers as it is told and counts its writes.
type fake struct {
	account offboarding.Account
	err     error
	did     []offboarding.Action
	writes  int
	asked   int
}

func (f *fake) System() offboarding.System { return "toy" }

func (f *fake) Find(context.Context, offboarding.Person) (offboarding.Account, error) {
	return f.account, f.err
}

func (f *fake) Inventory(context.Context, offboarding.Account) (offboarding.Inventory, error) {
	f.asked++
	return offboarding.Inventory{Grants: []offboarding.Grant{{Class: "groups", ID: "1"}}}, f.err
}

func (f *fake) Contain(ctx context.Context, _ offboarding.Account, j *activities.Journal) error {
	f.writes++
	for _, a := range f.did {
		j.Done(a)
	}
	return f.err
}

func (f *fake) Revoke(ctx context.Context, a offboarding.Account, _ []offboarding.Grant, j *activities.Journal) error {
	return f.Contain(ctx, a, j)
}

func (f *fake) Observe(context.Context, offboarding.Account) (offboarding.Readback, error) {
	return offboarding.Readback{}, f.err
}

func (f *fake) Check(context.Context) ([]activities.Finding, error) { return nil, nil }

func newEnv(f *fake, g activities.Guard) *testsuite.TestActivityEnvironment {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(10 * time.Second)
	activities.Register(env, f, g, func(context.Context) error { return nil })
	return env
}

var jane = offboarding.Account{System: "toy", Found: true, ID: "7", Login: "jane"}

func contain(t *testing.T, f *fake, g activities.Guard, a offboarding.Account) (activities.WriteResult, error) {
	var out activities.WriteResult
	v, err := newEnv(f, g).ExecuteActivity("toy.Contain", activities.WriteRequest{Subject: "jane.doe@example.com", Account: a})
	if err == nil {
		require.NoError(t, v.Get(&out))
	}
	return out, err
}

func TestAnErrorBecomesWhatTheCaseDoesAboutIt(t *testing.T) {
	final := map[transport.Kind]bool{
		transport.Unauthorized: true, transport.Identity: true, transport.Protected: true, transport.Refused: true,
		transport.Unavailable: false, transport.Invalid: false, transport.Limited: false,
	}
	for kind, want := range final {
		for _, wrapped := range []bool{false, true} {
			cause := error(&transport.Error{Kind: kind, System: "toy", Op: "call", Detail: "detail", Fix: "fix it"})
			if wrapped {
				cause = errors.Join(fmt.Errorf("deep: %w", cause))
			}
			_, err := contain(t, &fake{err: cause}, activities.ProtectedList{}, jane)
			var app *temporal.ApplicationError
			require.ErrorAs(t, err, &app)
			require.Equal(t, want, app.NonRetryable(), kind)
			require.Equal(t, string(kind), app.Type())
			require.Equal(t, "toy: call: detail; fix it", app.Message())
			require.Equal(t, kind == transport.Limited, app.NextRetryDelay() > 0)
		}
	}
	_, err := contain(t, &fake{err: errors.New("who knows")}, activities.ProtectedList{}, jane)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.False(t, app.NonRetryable(), "what is not known is tried again")
	require.Equal(t, string(transport.Unavailable), app.Type())
}

func TestAVendorsDelayIsKeptWithinBounds(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		0: 30 * time.Second, -time.Hour: 30 * time.Second, time.Millisecond: time.Second, 7 * time.Second: 7 * time.Second,
		time.Hour: time.Hour, 1000 * time.Hour: time.Hour,
	} {
		_, err := contain(t, &fake{err: &transport.Error{Kind: transport.Limited, System: "toy", RetryAfter: asked}}, activities.ProtectedList{}, jane)
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		require.GreaterOrEqual(t, app.NextRetryDelay(), want, "never earlier than asked (%s)", asked)
		require.LessOrEqual(t, app.NextRetryDelay(), want+want/10, asked)
	}
}

func TestNoErrorTellsASecret(t *testing.T) {
	const canary = "canary-token-4711"
	secret.Remember(canary)
	for _, cause := range []error{
		errors.New("call with " + canary),
		&transport.Error{Kind: transport.Unavailable, System: "toy", Op: canary, Detail: canary, Fix: canary, Err: errors.New(canary)},
		&transport.Error{Kind: transport.Unavailable, System: "toy", Op: "call", Err: errors.New(canary)},
	} {
		_, err := contain(t, &fake{err: cause}, activities.ProtectedList{}, jane)
		require.ErrorContains(t, err, secret.Mask)
		require.NotContains(t, err.Error(), canary)
	}
}

func TestTheActionsBeforeAnErrorAreNotLost(t *testing.T) {
	did := []offboarding.Action{{Do: "suspend", Class: "login", ID: "7", Answer: "200"}, {Do: "remove", Class: "groups", ID: "1", Answer: "204"}}
	for _, kind := range []transport.Kind{transport.Unavailable, transport.Limited, transport.Unauthorized} {
		_, err := contain(t, &fake{did: did, err: &transport.Error{Kind: kind, System: "toy"}}, activities.ProtectedList{}, jane)
		got := activities.DoneBefore(err)
		require.Len(t, got, 2, kind)
		require.Equal(t, "remove", got[1].Do)
	}
	require.Empty(t, activities.DoneBefore(errors.New("x")))
	require.Empty(t, activities.DoneBefore(nil))
	require.Len(t, activities.DoneBefore(temporal.NewCanceledError(did)), 2)
	require.Len(t, activities.DoneBefore(temporal.NewHeartbeatTimeoutError(did)), 2, "an attempt that died had beaten")
}

func TestARetryGoesOnWithTheJournalOfTheAttemptBefore(t *testing.T) {
	f := &fake{did: []offboarding.Action{
		{Do: "remove", Class: "groups", ID: "1", Answer: activities.AlreadyAbsent},
		{Do: "remove", Class: "groups", ID: "2", Answer: "204"},
	}}
	env := newEnv(f, activities.ProtectedList{})
	env.SetHeartbeatDetails([]offboarding.Action{{Do: "remove", Class: "groups", ID: "1", Answer: "204", RequestID: "r1", Attempt: 1}})
	v, err := env.ExecuteActivity("toy.Revoke", activities.WriteRequest{Account: jane})
	require.NoError(t, err)
	var out activities.WriteResult
	require.NoError(t, v.Get(&out))
	require.Len(t, out.Actions, 2)
	require.Equal(t, "r1", out.Actions[0].RequestID, "the first entry has the vendor's request id")
	require.False(t, out.At.IsZero())
}

func TestAJournalKeepsWhatReallyHappened(t *testing.T) {
	var beats [][]offboarding.Action
	j := activities.NewJournal(3, nil, func(a []offboarding.Action) { beats = append(beats, a) })
	j.Done(offboarding.Action{Do: "remove", Class: "groups", ID: "1", Answer: activities.AlreadyAbsent})
	j.Done(offboarding.Action{Do: "remove", Class: "groups", ID: "1", Answer: activities.AlreadyDone})
	j.Done(offboarding.Action{Do: "remove", Class: "apps", ID: "1", Answer: activities.AlreadyAbsent})
	j.Done(offboarding.Action{Do: "end sessions", Class: "sessions", Answer: "204"})
	j.Done(offboarding.Action{Do: "end sessions", Class: "sessions", Answer: "204"})
	got := j.Actions()
	require.Len(t, got, 4, "a call that was made twice stands twice")
	require.Equal(t, int32(3), got[0].Attempt)
	require.Len(t, beats, 4, "each change is known to the server as soon as it is made")
	got[0].Do = "changed"
	require.Equal(t, "remove", j.Actions()[0].Do, "nobody outside can rewrite it")
}

func TestProtectedPeopleAreKnownUnderEveryName(t *testing.T) {
	list := activities.ProtectedList{"CEO@example.com", "octo-boss", "00u1"}
	for name, c := range map[string]struct {
		who offboarding.Subject
		a   offboarding.Account
	}{
		"the address":           {who: "ceo@example.com"},
		"a tagged address":      {who: "ceo+travel@example.com"},
		"the account's address": {a: offboarding.Account{Email: "Ceo@Example.com"}},
		"the login, other case": {a: offboarding.Account{Login: "Octo-Boss"}},
		"an address as login":   {a: offboarding.Account{Login: "CEO+x@EXAMPLE.com"}},
		"the id":                {a: offboarding.Account{ID: "00u1"}},
		"a login elsewhere":     {a: offboarding.Account{Logins: map[offboarding.System]string{"github": "octo-boss"}}},
	} {
		require.NotEmpty(t, list.Protects(c.who, c.a), name)
		c.a.Found = true
		if c.a.ID == "" {
			c.a.ID = "9"
		}
		f := &fake{account: c.a}
		v, err := newEnv(f, list).ExecuteActivity("toy.Find", activities.FindRequest{Person: offboarding.Person{Email: c.who}})
		require.NoError(t, err)
		var found activities.FindResult
		require.NoError(t, v.Get(&found))
		require.NotEmpty(t, found.Account.Protected, name)
		require.Zero(t, f.asked, "nothing more is asked of a protected person")
	}
	for _, who := range []offboarding.Subject{"jane@example.com", "theceo@example.com", "ceo@example.org", "ce@example.com"} {
		require.Empty(t, list.Protects(who, offboarding.Account{ID: "00u12", Login: "octo-boss2"}), who)
	}
	require.Empty(t, activities.ProtectedList{""}.Protects("jane@example.com", offboarding.Account{}), "an empty line protects nobody")
}

func TestEveryWriteAsksTheGuardFirst(t *testing.T) {
	protected := jane
	protected.Protected = "is the last owner"
	nobody, nameless := jane, jane
	nobody.Found = false
	nameless.ID = ""
	for name, c := range map[string]struct {
		a    offboarding.Account
		list activities.ProtectedList
		kind transport.Kind
	}{
		"a protected account":   {protected, nil, transport.Protected},
		"a protected person":    {jane, activities.ProtectedList{"Jane.Doe+x@Example.com"}, transport.Protected},
		"nobody":                {nobody, nil, transport.Identity},
		"an account without id": {nameless, nil, transport.Identity},
	} {
		for _, verb := range []string{"toy.Contain", "toy.Revoke"} {
			f := &fake{}
			_, err := newEnv(f, c.list).ExecuteActivity(verb, activities.WriteRequest{Subject: "jane.doe@example.com", Account: c.a})
			var app *temporal.ApplicationError
			require.ErrorAs(t, err, &app, name)
			require.Equal(t, string(c.kind), app.Type())
			require.True(t, app.NonRetryable())
			require.Zero(t, f.writes, "%s: %s was called", name, verb)
		}
	}
}

func TestAnAbsenceWithoutEvidenceIsTriedAgain(t *testing.T) {
	_, err := newEnv(&fake{}, activities.ProtectedList{}).ExecuteActivity("toy.Find", activities.FindRequest{})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.False(t, app.NonRetryable())
	require.Equal(t, string(transport.Invalid), app.Type())
}

func TestNamesOfActivitiesAndQueues(t *testing.T) {
	require.Equal(t, "okta.Find", activities.Name("okta", activities.Find))
	require.Equal(t, "lastday-okta", activities.TaskQueue("okta"))
	require.True(t, strings.HasPrefix(activities.Tell, string(activities.TellSystem)+"."))
}

// teller takes down what it is asked to tell.
type teller struct {
	err  error
	told []activities.Telling
}

func (m *teller) Tell(_ context.Context, t activities.Telling) (string, error) {
	m.told = append(m.told, t)
	return "ref-1", m.err
}

func TestTheMessengerKnowsItsAttempt(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	m := &teller{}
	activities.RegisterMessenger(env, m)
	v, err := env.ExecuteActivity(activities.Tell, activities.Telling{Key: "k", Notice: offboarding.Notice{Headline: "h"}})
	require.NoError(t, err)
	var out activities.Told
	require.NoError(t, v.Get(&out))
	require.Equal(t, "ref-1", out.Ref)
	require.Equal(t, int32(1), m.told[0].Attempt)
	require.False(t, out.Doubt)
	m.err = &transport.Error{Kind: transport.Unauthorized, System: "slack"}
	_, err = env.ExecuteActivity(activities.Tell, activities.Telling{Key: "k"})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.True(t, app.NonRetryable())
}
