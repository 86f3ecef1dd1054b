package okta_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"lastday/activities"
	"lastday/activities/okta"
	"lastday/offboarding"
	"lastday/sandbox/faults"
	sandbox "lastday/sandbox/okta"
)

var kinds = []faults.Kind{
	faults.Latency, faults.Limit, faults.Fail, faults.Down, faults.AppliedFail, faults.AppliedHang, faults.Lie, faults.Stale,
	faults.Truncate, faults.HTML, faults.Empty, faults.EmptyList, faults.Unauthorized, faults.Forbidden,
}

// noAnswer are the faults in which the vendor gives no answer to be wrong about.
var noAnswer = []faults.Kind{faults.Latency, faults.Limit, faults.Fail, faults.Down, faults.AppliedFail, faults.AppliedHang}

// operations are those that the calls so far were made to, and wildcards.
func (o *org) operations() []string {
	ops := []string{"*", "GET *", "POST *", "DELETE *"}
	for _, c := range o.Faults().Calls() {
		if !slices.Contains(ops, c.Op) {
			ops = append(ops, c.Op)
		}
	}
	return ops
}

// slow reports whether a fault leaves a call hanging until the caller gives up.
func slow(k faults.Kind) bool { return k == faults.AppliedHang }

// TestNoFaultMakesAHeldClassAbsent leaves one class, or everything, or nothing
// but the suspension behind, and has every read go wrong in every way, always
// and only once: nothing that is held is ever called absent.
func TestNoFaultMakesAHeldClassAbsent(t *testing.T) {
	probe := newOrg(t, sandbox.Options{})
	probe.cut(jane)
	probe.Faults().ForgetCalls()
	probe.observe(probe.find(jane))
	var ops []string
	for _, op := range probe.operations() {
		if strings.HasPrefix(op, "GET ") || op == "*" {
			ops = append(ops, op)
		}
	}
	if len(ops) < 12 {
		t.Fatalf("only %d operations: %v", len(ops), ops)
	}
	for _, spared := range append(slices.Clone(okta.Classes()), "everything", "suspended") {
		t.Run(string(spared), func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, sandbox.Options{})
			a := o.spare(spared)
			left := o.Left(jane)
			if len(left) == 0 && spared != offboarding.Sessions && spared != offboarding.Apps {
				t.Fatal("nothing is left to be wrong about")
			}
			for _, op := range ops {
				for _, kind := range kinds {
					for _, times := range []int{0, 1} {
						if times == 1 && kind != faults.EmptyList && kind != faults.Stale {
							continue // a fault that is an error is the same once as always
						}
						if slices.Contains(noAnswer, kind) && spared != "everything" {
							continue
						}
						o.fault(op, kind, times)
						back, err := o.conn.Observe(brief(t, observeTime(kind)), a)
						o.Faults().Clear()
						if err == nil {
							wantHonest(t, left, back)
						}
						if t.Failed() {
							t.Fatalf("with %s on %s, times %d", kind, op, times)
						}
					}
				}
			}
		})
	}
}

func observeTime(k faults.Kind) time.Duration {
	if slow(k) {
		return 60 * time.Millisecond
	}
	return 10 * time.Second
}

// spare cuts Jane, but for one class.
func (o *org) spare(class offboarding.Class) offboarding.Account {
	a := o.find(jane)
	grants := o.inventory(a).Grants
	if class == "everything" {
		return a
	}
	if class == "suspended" {
		o.contain(a)
		return a
	}
	if class == offboarding.Sessions {
		o.contain(a)
		o.revoke(a, grants)
		o.SignIn(jane)
		return a
	}
	o.contain(a)
	o.revoke(a, slices.DeleteFunc(grants, func(g offboarding.Grant) bool {
		role := class == offboarding.AdminRoles && (g.Class == offboarding.Groups || g.Class == offboarding.Login || g.Class == offboarding.Apps)
		login := class == offboarding.Login && g.Class == offboarding.Apps
		return g.Class == class || role || login
	}))
	return a
}

// TestFaultsInEveryStepEndInTheTruth has every call of contain and revoke go
// wrong in every way, then retries until the step succeeds, as Temporal does:
// whatever is called absent in between is gone, and in the end all is.
func TestFaultsInEveryStepEndInTheTruth(t *testing.T) {
	probe := newOrg(t, sandbox.Options{})
	a := probe.find(jane)
	grants := probe.inventory(a).Grants
	probe.Faults().ForgetCalls()
	probe.contain(a)
	probe.revoke(a, grants)
	for _, op := range probe.operations() {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			for _, kind := range kinds {
				o := newOrg(t, sandbox.Options{})
				a := o.find(jane)
				grants := o.inventory(a).Grants
				o.fault(op, kind, 1)
				o.persist(kind, func(ctx context.Context, j *activities.Journal) error { return o.conn.Contain(ctx, a, j) })
				o.persist(kind, func(ctx context.Context, j *activities.Journal) error { return o.conn.Revoke(ctx, a, grants, j) })
				back, err := o.conn.Observe(t.Context(), a)
				if err == nil {
					wantHonest(t, o.Left(jane), back)
				}
				o.Faults().Clear()
				// A lie is found by reading back; the case then revokes again.
				o.contain(a)
				o.revoke(a, grants)
				wantProven(t, o.observe(a))
				if left := o.Left(jane); len(left) > 0 {
					t.Errorf("left: %v", left)
				}
				if t.Failed() {
					t.Fatalf("with %s", kind)
				}
			}
		})
	}
}

func stepTime(k faults.Kind) time.Duration {
	if slow(k) {
		return 80 * time.Millisecond
	}
	return 10 * time.Second
}

// persist repeats a step with the journal of the attempt before, three times
// at most. The caller gives up on a hanging call soon in the first attempt, so
// that a slow machine meets it in the second.
func (o *org) persist(kind faults.Kind, step func(context.Context, *activities.Journal) error) {
	o.t.Helper()
	var done []offboarding.Action
	patience := stepTime(kind)
	for attempt := range int32(3) {
		j := activities.NewJournal(attempt+1, done, nil)
		err := step(brief(o.t, patience), j)
		if done = j.Actions(); err == nil {
			return
		}
		patience = 10 * time.Second
		if strings.Contains(err.Error(), sandbox.DefaultToken) || strings.Contains(err.Error(), sandbox.DefaultReadOnlyToken) {
			o.t.Errorf("a token is in the error: %v", err)
		}
	}
}

// TestAppliedThenLostIsDoneOnce: each write happens, its answer is lost, and
// the retry makes it no second time.
func TestAppliedThenLostIsDoneOnce(t *testing.T) {
	event := map[string]string{
		"POST /api/v1/users/{id}/lifecycle/suspend":               "user.lifecycle.suspend",
		"POST /api/v1/users/{id}/lifecycle/deactivate":            "user.lifecycle.deactivate",
		"POST /api/v1/users/{id}/lifecycle/reset_factors":         "user.mfa.factor.reset_all",
		"DELETE /api/v1/api-tokens/{apiTokenId}":                  "system.api_token.revoke",
		"DELETE /api/v1/users/{userId}/roles/{roleAssignmentId}":  "user.account.privilege.revoke",
		"DELETE /api/v1/groups/{groupId}/users/{userId}":          "group.user_membership.remove",
		"POST /api/v1/devices/{deviceId}/lifecycle/deactivate":    "device.lifecycle.deactivate",
		"DELETE /api/v1/users/{userId}/clients/{clientId}/grants": "app.oauth2.as.consent.revoke.user",
	}
	probe := newOrg(t, sandbox.Options{})
	probe.cut(jane)
	want := probe.Events(jane)
	for op, kind := range event {
		for _, fault := range []faults.Kind{faults.AppliedFail, faults.AppliedHang} {
			t.Run(op+" "+string(fault), func(t *testing.T) {
				t.Parallel()
				o := newOrg(t, sandbox.Options{})
				a := o.find(jane)
				grants := o.inventory(a).Grants
				o.fault(op, fault, 1)
				o.persist(fault, func(ctx context.Context, j *activities.Journal) error { return o.conn.Contain(ctx, a, j) })
				o.persist(fault, func(ctx context.Context, j *activities.Journal) error { return o.conn.Revoke(ctx, a, grants, j) })
				wantProven(t, o.observe(a))
				if got := count(o.Events(jane), kind); got != count(want, kind) || got == 0 {
					t.Errorf("%s happened %d times, want %d", kind, got, count(want, kind))
				}
			})
		}
	}
}
