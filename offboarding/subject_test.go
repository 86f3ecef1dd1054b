package offboarding_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

func TestASubjectIsNormalised(t *testing.T) {
	for in, want := range map[string]offboarding.Subject{
		"jane.doe@example.com":        "jane.doe@example.com",
		"  Jane.Doe@EXAMPLE.com \t\n": "jane.doe@example.com",
		"j+tag@sub.example.co.uk":     "j+tag@sub.example.co.uk",
		"o'neil_x-1@example.com":      "o'neil_x-1@example.com",
	} {
		got, err := offboarding.ParseSubject(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got)
		require.Equal(t, "offboard:"+string(want), got.CaseID())
		for workflow, id := range map[string]string{
			got.CaseID(): got.CaseID(), got.CaseID() + "#2": got.CaseID() + "#2", // not hidden
			"offboard:AVfu9-x_Y": got.CaseID(), "offboard:AVfu9-x_Y#12": got.CaseID() + "#12",
			"plan:AVfu9-x_Y": "plan:" + string(want), "lastday:brake": "lastday:brake", "some-id": "some-id", "offboard:": "offboard:",
		} {
			require.Equal(t, id, got.CaseIDOf(workflow))
		}
	}
}

var nasty = []string{
	"", " ", "jane", "@", "jane@", "@example.com", "jane@example", "jane@@example.com", "a@b@example.com",
	"jane@.com", "jane@example..com", "ja..ne@example.com", "jane@example.com,ada@example.com",
	"Jane <jane@example.com>", "<jane@example.com>", "jane@example.com\nada@example.com", "ja ne@example.com",
	"ja/ne@example.com", "../../etc@example.com", `ja\ne@example.com`, `"ja ne"@example.com`, "jane#x@example.com",
	"jane?x@example.com", "jane%2f@example.com", "a:b@example.com", "*@example.com", "jane@[127.0.0.1]",
	"jane@example.com/x", "jane@exa:mple.com", "jane@exämple.com", "jаne@example.com", "jane@example.com\x00",
	"jane\u200b@example.com", "jane\u202e@example.com", strings.Repeat("a", 250) + "@example.com",
}

func TestWhatIsNoWorkAddressIsRefusedWithAReason(t *testing.T) {
	for _, in := range nasty {
		got, err := offboarding.ParseSubject(in)
		require.ErrorContains(t, err, "is not a work e-mail address", "%q gave %q", in, got)
		require.Empty(t, got)
		require.NotContains(t, err.Error(), "\n", "an error is one line")
	}
}

func FuzzParseSubject(f *testing.F) {
	for _, in := range append(nasty, "jane.doe@example.com", "J+x@Example.Com") {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := offboarding.ParseSubject(in)
		if err != nil {
			require.Empty(t, got)
			return
		}
		s := string(got)
		again, err := offboarding.ParseSubject(s)
		require.NoError(t, err)
		require.Equal(t, got, again, "parsing is stable")
		require.Equal(t, 1, strings.Count(s, "@"))
		require.Equal(t, strings.ToLower(s), s)
		require.NotContains(t, s, "..")
		require.False(t, strings.ContainsAny(s, "/\\?#%:* \t\r\n\x00\"<>,"), "%q", s)
		require.LessOrEqual(t, len(s), 254)
		for _, r := range s {
			require.Less(t, r, rune(127))
			require.Greater(t, r, rune(32))
		}
	})
}
