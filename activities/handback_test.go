package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// slow is a connector whose second write takes until its context ends, or until
// the vendor answers.
type slow struct {
	fake
	calling chan struct{}
	answers chan struct{}
}

func (s *slow) Contain(ctx context.Context, a offboarding.Account, j *activities.Journal) error {
	j.Done(offboarding.Action{Do: "suspend", ID: a.ID})
	close(s.calling)
	select {
	case <-ctx.Done():
		return &transport.Error{Kind: transport.Unavailable, Op: "call", Detail: ctx.Err().Error()}
	case <-s.answers:
		return nil
	}
}

// stopped runs a step whose worker is told to stop in the middle of it.
func stopped(t *testing.T, within time.Duration, meanwhile func(*slow)) error {
	t.Helper()
	s := &slow{fake: fake{account: jane}, calling: make(chan struct{}), answers: make(chan struct{})}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(10 * time.Second)
	stop := make(chan struct{})
	env.SetWorkerStopChannel(stop)
	go func() {
		<-s.calling
		close(stop)
		meanwhile(s)
	}()
	activities.RegisterWithin(env, s, activities.ProtectedList{}, func(context.Context) error { return nil }, within)
	_, err := env.ExecuteActivity("toy.Contain", activities.WriteRequest{Subject: "jane.doe@example.com", Account: jane})
	return err
}

func TestAStepOfAWorkerThatStopsIsHandedBackInTime(t *testing.T) {
	err := stopped(t, 10*time.Millisecond, func(*slow) {})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, activities.KindHandedBack, app.Type())
	require.False(t, app.NonRetryable())
	require.Positive(t, app.NextRetryDelay())
	require.LessOrEqual(t, app.NextRetryDelay(), time.Second, "however often it was tried")
	require.Len(t, activities.DoneBefore(err), 1, "what was done until then")
}

func TestAStepOfAWorkerThatStopsMayComeToItsEnd(t *testing.T) {
	require.NoError(t, stopped(t, time.Hour, func(s *slow) { close(s.answers) }))
}
