package command_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/starter/command"
)

const exampleFile = "../../lastday.example.yaml"

func run(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = command.Run(t.Context(), args, &o, &e)
	return status, o.String(), e.String()
}

func TestTheExamplesOfTheExampleFilePass(t *testing.T) {
	status, out, errs := run(t, "policy", "test", exampleFile)
	require.Equal(t, command.ExitDone, status, errs+out)
	require.Contains(t, out, "ok    an administrator's dismissal takes two of security: allowed with approvals: 2 by dismissal-of-an-administrator\n")
	require.Contains(t, out, ", 0 failed\n")
	require.NotContains(t, out, "FAIL")
}

// edited is the example file with one text in it replaced.
func edited(t *testing.T, from, to string) string {
	t.Helper()
	b, err := os.ReadFile(exampleFile)
	require.NoError(t, err)
	require.Contains(t, string(b), from)
	path := filepath.Join(t.TempDir(), "lastday.yaml")
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(b), from, to, 1)), 0o600))
	return path
}

func TestAnExampleThatFailsSaysWhatDiffered(t *testing.T) {
	path := edited(t, "expect: {refused: guest}", "expect: {allowed: true}")
	status, out, errs := run(t, "policy", "test", path)
	require.Equal(t, command.ExitError, status)
	require.Contains(t, out, "FAIL  a guest of the workspace asks for nothing\n      expected: allowed\n      got:      refused by guest\n      because:  guests")
	require.Contains(t, out, ", 1 failed\n")
	require.Regexp(t, `1 of \d+ examples got another answer`, errs)

	status, out, _ = run(t, "policy", "test", path, "-o", "json")
	require.Equal(t, command.ExitError, status)
	var got struct {
		Failed   int
		Examples []struct {
			Name, Want, Got string
			Pass            bool
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, 1, got.Failed)
	last := got.Examples[len(got.Examples)-1]
	require.False(t, last.Pass)
	require.Equal(t, "refused by guest", last.Got)
	require.Equal(t, "allowed", last.Want)
}

func TestAPolicyThatCannotBeTestedSaysWhy(t *testing.T) {
	const slack = "systems:\n  slack:\n    bot_token: env:SLACK_TOKEN\n    channel: C0123456789\n"
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "lastday.yaml")
		require.NoError(t, os.WriteFile(path, []byte(slack+text), 0o600))
		return path
	}
	for name, c := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"no examples": {[]string{"test", write("policy: {may: {request: true}}\n")}, command.ExitError, "has no examples, so nothing was tested"},
		"no policy":   {[]string{"test", write("")}, command.ExitError, "has no examples"},
		"a mistake":   {[]string{"test", write("policy: {may: {request: actr.bot}}\n")}, command.ExitError, "policy.may.request, column 1: undeclared reference to 'actr'"},
		"no file":     {[]string{"test", "nowhere.yaml"}, command.ExitError, "nowhere.yaml"},
		"no argument": {[]string{"test"}, command.ExitUsage, "starter policy test FILE"},
		"no verb":     {nil, command.ExitUsage, "starter policy test FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, errs := run(t, append([]string{"policy"}, c.args...)...)
			require.Equal(t, c.status, status)
			require.Contains(t, errs, c.want)
		})
	}
}
