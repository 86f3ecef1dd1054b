package casefile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/record/casefile"
	"lastday/record/report/reporttest"
)

// The names of what was found may be too many for the record, or left out of a
// file; how many there were is a fact, and no such case says that there was none.
func TestWhatWasFoundIsCountedThoughItsNamesAreGone(t *testing.T) {
	c := reporttest.Open()
	okta := &c.Systems[0]
	okta.Stage, okta.Actions, okta.Observations, okta.Grants, okta.Coverage = offboarding.Waiting, nil, nil, nil, nil
	for i := range 3000 {
		okta.Grants = append(okta.Grants, offboarding.Grant{Class: offboarding.Groups, ID: fmt.Sprint(i), Label: strings.Repeat("long ", 80), Closes: offboarding.StepRevoke})
	}
	okta.Verdicts = offboarding.Judge(*okta, nil)
	for what, got := range map[string]casefile.Case{"too many": reporttest.File(t, c), "left out": reporttest.Erased(t, c)} {
		s := got.Systems[0]
		require.Empty(t, s.Grants, what)
		require.Equal(t, "3000 groups", offboarding.FoundText(s), what)
		require.False(t, s.Verified(), what)
	}
}
