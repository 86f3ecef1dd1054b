package run

import (
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"lastday/config"
)

func built(revision, modified string) *debug.BuildInfo {
	return &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: modified}}}
}

func TestABuildGoesByItsCommitOrByWhatItIsGiven(t *testing.T) {
	const commit = "0e0458c13a37783e6088b7efbda79e31a4f359b1"
	id, err := buildID("", built(commit, "false"))
	require.NoError(t, err)
	require.Equal(t, commit[:12], id)
	id, err = buildID("2026-11-23.1", built(commit, "true"))
	require.NoError(t, err)
	require.Equal(t, "2026-11-23.1", id)
	for want, info := range map[string]*debug.BuildInfo{
		"files that are in no commit": built(commit, "true"), "knows no commit": built("", "false"), "no commit that it was built from": nil,
	} {
		_, err = buildID("", info)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "--build ID")
	}
	for _, bad := range []string{"__x", "a b", strings.Repeat("x", 101)} {
		_, err = buildID(bad, nil)
		require.ErrorContains(t, err, "--build may have")
	}
}

func TestWorkersAreVersionedOnlyWhereAskedFor(t *testing.T) {
	var f config.File
	require.Equal(t, worker.DeploymentOptions{}, Options{Build: "one"}.versioned(f, worker.Options{}).DeploymentOptions)
	f.Worker.Deployment = "lastday"
	require.Equal(t, worker.DeploymentOptions{}, Options{}.versioned(f, worker.Options{}).DeploymentOptions, "the standalone process has no build")
	got := Options{Build: "one"}.versioned(f, worker.Options{}).DeploymentOptions
	require.True(t, got.UseVersioning)
	require.Equal(t, worker.WorkerDeploymentVersion{DeploymentName: "lastday", BuildID: "one"}, got.Version)
}
