package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"lastday/config"
)

// shortRevision is as much of a commit's id as tells it from others.
const shortRevision = 12

// maxBuild leaves room for the deployment's name within Temporal's limit of an id.
const maxBuild = 100

// BuildID is the id under which rollouts know this program: the one given, or the
// commit it was built from. A program that was built from changed files, or where
// there is no commit, needs one that is given: two different programs must not go
// by one name.
func BuildID(given string) (string, error) {
	info, _ := debug.ReadBuildInfo()
	return buildID(given, info)
}

func buildID(given string, info *debug.BuildInfo) (string, error) {
	if given != "" {
		if len(given) > maxBuild || strings.HasPrefix(given, "__") || strings.ContainsAny(given, " \t\n") {
			return "", fmt.Errorf("--build may have at most %d characters, no space, and not begin with __", maxBuild)
		}
		return given, nil
	}
	var revision string
	var changed bool
	if info != nil {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				revision = s.Value
			case "vcs.modified":
				changed = s.Value == "true"
			}
		}
	}
	switch {
	case revision == "":
		return "", errors.New("worker.deployment needs an id of this build, and it knows no commit that it was built from: give --build ID")
	case changed:
		return "", errors.New("worker.deployment needs an id of this build, and it was built from files that are in no commit: build it from a commit, or give --build ID")
	}
	return revision[:min(len(revision), shortRevision)], nil
}

// versioned makes a worker of cases one of the build's.
func (o Options) versioned(f config.File, w worker.Options) worker.Options {
	if o.Build == "" || !f.Worker.Versioned() {
		return w
	}
	w.DeploymentOptions = worker.DeploymentOptions{
		UseVersioning: true,
		Version:       worker.WorkerDeploymentVersion{DeploymentName: f.Worker.Deployment, BuildID: o.Build},
		// Each workflow says its own; one that does not must not need an old build.
		DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	}
	return w
}

// askEvery is how often a worker asks whether its build runs the cases.
const askEvery = 15 * time.Second

// tellWhetherChosen says in the log whether the build runs cases, at first and
// whenever that changes, until it is stopped.
func tellWhetherChosen(c client.Client, deployment, build string, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(askEvery)
		defer tick.Stop()
		for last := ""; ; {
			if now := chosen(ctx, c, deployment, build); now != "" && now != last {
				last = now
				level := slog.LevelWarn
				if now == runsThem {
					level = slog.LevelInfo
				}
				log.Log(ctx, level, "rollout: whether this build runs cases", "answer", now, "deployment", deployment, "build", build)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return func() { cancel(); <-ended }
}

const runsThem = "this build runs the cases"

// chosen says whether a build runs cases; empty if nobody knows.
func chosen(ctx context.Context, c client.Client, deployment, build string) string {
	ctx, cancel := context.WithTimeout(ctx, askEvery)
	defer cancel()
	d, err := c.WorkerDeploymentClient().GetHandle(deployment).Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	// The deployment is there from its first worker's first poll on.
	if _, none := errors.AsType[*serviceerror.NotFound](err); err != nil && !none {
		return ""
	}
	now, next := d.Info.RoutingConfig.CurrentVersion, d.Info.RoutingConfig.RampingVersion
	how := "starter rollout -c FILE " + build
	switch {
	case now != nil && now.BuildID == build:
		return runsThem
	case next != nil && next.BuildID == build:
		return fmt.Sprintf("this build runs %g %% of the cases; all of them after: %s", d.Info.RoutingConfig.RampingVersionPercentage, how)
	case now == nil:
		return "this build runs no cases, and no build is chosen; it does after: " + how
	}
	return "this build runs no cases, build " + now.BuildID + " does; it does after: " + how
}
