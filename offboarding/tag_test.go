package offboarding_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

func TestACaseTagNamesNobodyAndIsTheSameForAllCasesOfAPerson(t *testing.T) {
	tag := offboarding.CaseTag("offboard:jane.doe@example.com")
	require.Regexp(t, `^[0-9a-f]{8}$`, tag)
	require.Equal(t, tag, offboarding.CaseTag("offboard:jane.doe@example.com#2"))
	require.Equal(t, tag, offboarding.CaseTag("plan:jane.doe@example.com"))
	require.NotEqual(t, tag, offboarding.CaseTag("offboard:john.doe@example.com"))
	require.Regexp(t, `^[0-9a-f]{8}$`, offboarding.CaseTag("jane.doe@example.com"))
	require.Equal(t, "lastday:brake", offboarding.CaseTag("lastday:brake"))
	require.Empty(t, offboarding.CaseTag(""))
}
