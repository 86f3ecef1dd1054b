package doors_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/config"
	"lastday/policy"
	"lastday/sandbox/company"
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
	s, err := doors.Open(f, cases.New(temporal, namespace), log)
	require.NoError(t, err)
	require.NoError(t, s.Start(context.Background()))
	s.Stop(0)

	f.Policy = policy.Config{}
	_, err = doors.Open(f, cases.New(temporal, namespace), log)
	require.ErrorContains(t, err, "serve.slack needs a policy")
}
