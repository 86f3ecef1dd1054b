package doors_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/config"
	"lastday/policy"
	"lastday/sandbox/company"
	"lastday/sandbox/faults"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
	"lastday/starter/cases"
	"lastday/starter/doors"
)

func TestTheDoorsOpenWhileTemporalIsDown(t *testing.T) {
	dir := t.TempDir()
	firm, err := company.Start(company.Options{People: 2, Dir: filepath.Join(dir, "s")})
	require.NoError(t, err)
	t.Cleanup(firm.Stop)
	path, err := firm.WriteConfig(dir)
	require.NoError(t, err)
	require.NoError(t, firm.AddDoors(path))
	f, err := config.Load(path)
	require.NoError(t, err)
	f.Temporal.Address = "127.0.0.1:1"
	log := slog.New(slog.DiscardHandler)
	temporal, namespace, err := cases.Later(f.Temporal, log)
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	s, err := doors.Open(f, cases.New(temporal, namespace), nil, log)
	require.NoError(t, err)
	require.Empty(t, firm.Okta.Faults().Calls(), "opening a door asks nobody")
	require.NoError(t, s.Start(context.Background()))
	require.Eventually(t, func() bool { return firm.Slack.Connections() == 1 }, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, firm.Slack.Type(people.Tara.Email, "/offboard status jane.doe@example.com"))
	require.Eventually(t, func() bool { return askedOfGroups(firm) }, 10*time.Second, 5*time.Millisecond, "the policy names a group of Okta's")
	s.Stop(0)
	require.Eventually(t, func() bool { return firm.Slack.Connections() == 0 }, 10*time.Second, 5*time.Millisecond)

	firm.Okta.Faults().ForgetCalls()
	f.Policy.Groups["security"] = []string{"slack:" + sandbox.SecurityGroup}
	s, err = doors.Open(f, cases.New(temporal, namespace), nil, log)
	require.NoError(t, err)
	require.NoError(t, s.Start(context.Background()))
	require.Eventually(t, func() bool { return firm.Slack.Connections() == 1 }, 10*time.Second, 5*time.Millisecond)
	told := len(firm.Slack.Ephemerals(people.Tara.Email))
	require.NoError(t, firm.Slack.Type(people.Tara.Email, "/offboard status jane.doe@example.com"))
	require.Eventually(t, func() bool { return len(firm.Slack.Ephemerals(people.Tara.Email)) > told }, 15*time.Second, 5*time.Millisecond)
	require.Empty(t, firm.Okta.Faults().Calls(), "the policy names none")
	s.Stop(0)

	f.Policy = policy.Config{}
	_, err = doors.Open(f, cases.New(temporal, namespace), nil, log)
	require.ErrorContains(t, err, "serve.slack needs a policy")
}

func askedOfGroups(firm *company.Company) bool {
	return slices.ContainsFunc(firm.Okta.Faults().Calls(), func(c faults.Call) bool { return c.Op == "GET /api/v1/users/{id}/groups" })
}
