package e2e

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"lastday/offboarding"
	"lastday/starter/cases"
	"lastday/starter/command"
)

const deployed = "worker: {deployment: lastday}\n"

// With a deployment nothing runs cases until a build is chosen, and that is said;
// then the chosen one does, open cases too, forward and back.
func TestOnlyTheChosenBuildRunsCases(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the worker")
	}
	binary := buildWorker(t, "../..")
	address, free := workplaces(t, 1)
	place := <-free
	t.Setenv("TEMPORAL_ADDRESS", address)
	t.Setenv("TEMPORAL_NAMESPACE", place.name)
	s := newSite(t, 4).append(t, deployed)
	rollout := func(args ...string) said { return starter(t, append([]string{"rollout", "-c", s.path}, args...)...) }
	f := &fleet{t: t, site: s, place: place, address: address, builds: map[int]string{}}

	nobody := rollout()
	require.Equal(t, command.ExitError, nobody.status)
	require.Contains(t, nobody.err, "no worker of the deployment lastday has asked for cases yet")
	nameless := exec.CommandContext(t.Context(), binary, "-c", s.path)
	text, err := nameless.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(text), "give --build ID")

	one := startProcess(t, binary, address, place, s, "--build", "one")
	eventually(t, "the worker says that it runs no cases", func() bool { return one.says("this build runs no cases, and no build is chosen") })
	eventually(t, "build one is known", func() bool { return knows(t, place, "one") })
	dated := offboard(t, place.cases, offboarding.Departure{Subject: jane, At: time.Now().AddDate(1, 0, 0).UTC()})
	require.Contains(t, rollout().ok(t).out, "No build is chosen")
	require.Contains(t, rollout("three").err, "no worker of build three has been seen; known are: one")
	require.Zero(t, f.tasks(dated))

	require.Contains(t, rollout("one").ok(t).out, "all cases")
	eventually(t, "the case waits for its date", func() bool { return f.state(jane) == offboarding.Waiting })
	plan, err := place.cases.Plan(t.Context(), member(s, 1))
	require.NoError(t, err)
	require.NotEmpty(t, plan.Systems)
	healthy := exec.CommandContext(t.Context(), binary, "-c", s.path, "--health")
	text, err = healthy.CombinedOutput()
	require.NoError(t, err, "%s", text)

	two := startProcess(t, binary, address, place, s, "--build", "two")
	f.builds[one.cmd.Process.Pid], f.builds[two.cmd.Process.Pid] = "one", "two"
	eventually(t, "build two is known", func() bool { return knows(t, place, "two") })
	other := offboard(t, place.cases, offboarding.Departure{Subject: member(s, 1)})
	end := ended(t, place.cases, other.CaseID)
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	require.Equal(t, map[string]bool{"one": true}, f.wellRun(history(t, place.c, end.ID, end.RunID)), "two is not chosen yet")

	got := as[cases.Rollout](t, rollout("two", "-o", "json").ok(t))
	require.Equal(t, "two", got.Current)
	_, err = place.cases.Expedite(t.Context(), jane, offboarding.Named(offboarding.DoorCommand, "hr@example.com"))
	require.NoError(t, err)
	end = ended(t, place.cases, dated.CaseID)
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	require.Equal(t, map[string]bool{"one": true, "two": true}, f.wellRun(history(t, place.c, end.ID, end.RunID)), "an open case goes on in the chosen build")

	rollout("one").ok(t) // and back
	end = ended(t, place.cases, offboard(t, place.cases, offboarding.Departure{Subject: member(s, 2)}).CaseID)
	require.Equal(t, map[string]bool{"one": true}, f.wellRun(history(t, place.c, end.ID, end.RunID)))
	two.signal(t, syscall.SIGTERM)
	require.Zero(t, two.ends(t))

	plain := startProcess(t, binary, address, place, undeployed(t, s), "--systems", "okta")
	f.builds[plain.cmd.Process.Pid] = "plain"
	eventually(t, "the worker without a deployment is known", func() bool {
		return as[cases.Rollout](t, rollout("-o", "json").ok(t)).Others > 0
	})
	require.Contains(t, rollout("--none").ok(t).out, "No build is chosen")
	end = ended(t, place.cases, offboard(t, place.cases, offboarding.Departure{Subject: member(s, 3)}).CaseID)
	require.Equal(t, map[string]bool{"plain": true}, f.wellRun(history(t, place.c, end.ID, end.RunID)))
	onceEach(t, s)
}

// undeployed is the configuration of a site as it was before it had a deployment.
func undeployed(t *testing.T, s *site) *site {
	t.Helper()
	like := *s
	like.path = s.path + ".unversioned.yaml"
	text, err := os.ReadFile(s.path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(like.path, []byte(strings.Replace(string(text), deployed, "", 1)), 0o600))
	return &like
}

// knows is whether Temporal knows a living worker of a build.
func knows(t *testing.T, place *workplace, build string) bool {
	t.Helper()
	r, err := place.cases.Rollout(t.Context(), "lastday")
	if err != nil {
		return false
	}
	for _, b := range r.Builds {
		if b.ID == build && b.Workers > 0 {
			return true
		}
	}
	return false
}

// tasks counts how often a worker took up a case.
func (f *fleet) tasks(s cases.Started) int {
	n := 0
	for _, e := range history(f.t, f.place.c, s.CaseID, s.RunID).GetEvents() {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED {
			n++
		}
	}
	return n
}

func (f *fleet) state(who offboarding.Subject) offboarding.State {
	c, err := f.place.cases.Get(f.t.Context(), who)
	if err != nil {
		return ""
	}
	return c.State
}

func (p *process) says(text string) bool { return strings.Contains(p.said(), text) }
