package github_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/github"
	"lastday/offboarding"
	sandbox "lastday/sandbox/github"
)

func TestJaneIsCutAndProven(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	truth := r.janeHolds()
	a := r.find(jane())
	assert.Equal(t, janeAccount, a)

	inv := r.inventory(a)
	var listed []string
	classes := map[offboarding.Class]bool{}
	for _, g := range inv.Grants {
		listed = append(listed, string(g.Class)+"/"+g.ID)
		classes[g.Class] = true
		assert.NotEmpty(t, g.Label)
		assert.Contains(t, []offboarding.Step{offboarding.StepContain, offboarding.StepRevoke}, g.Closes)
	}
	assert.ElementsMatch(t, truth, listed, "the inventory lists exactly what Jane truly holds")
	assert.Len(t, classes, len(github.Classes()), "Jane holds something of every class")
	require.Len(t, inv.Coverage, len(github.Classes()))
	for _, c := range inv.Coverage {
		assert.Equal(t, offboarding.Present, c.Sight, c.Class)
	}

	for _, act := range r.contain(a) {
		if act.Answer != activities.AlreadyAbsent {
			assert.NotEmpty(t, act.RequestID, act.Do)
		}
		assert.False(t, act.At.IsZero())
	}
	for _, h := range r.janeHolds() {
		assert.NotRegexp(t, `^(membership|groups|outside-collaboration/acme-labs|organization-roles|seats)`, h, "contain cuts live access")
	}
	r.revoke(a, toRevoke(inv))
	assert.Empty(t, r.janeHolds())
	for class, o := range r.observe(a) {
		assert.Equal(t, offboarding.Absent, o.Sight, "%s: %s", class, o.Reason)
		assert.True(t, o.Proves(), "%s", class)
		assert.Equal(t, "observer", o.Credential)
	}
}

func TestEveryStepTwiceHasOneEffect(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	a := r.find(jane())
	inv := r.inventory(a)
	assert.Equal(t, inv, r.inventory(a))
	r.contain(a)
	for _, act := range r.contain(a) {
		assert.Equal(t, activities.AlreadyAbsent, act.Answer, act.Do)
	}
	r.revoke(a, inv.Grants)
	again := r.revoke(a, inv.Grants)
	assert.Len(t, again, len(inv.Grants), "each grant is accounted for")
	for _, act := range again {
		assert.Equal(t, activities.AlreadyAbsent, act.Answer, "%s %s", act.Do, act.ID)
	}
	assert.Empty(t, r.janeHolds())
	assert.Equal(t, a, r.find(jane()), "a person who is gone from the organisations keeps the account")
}
