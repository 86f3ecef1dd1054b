package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"lastday/secret"
)

func TestASecretIsNeverWrittenInline(t *testing.T) {
	for _, bad := range []string{"", "hunter2hunter2", "env:", "file:", "ENV:X", "https://x", ":x"} {
		_, err := secret.Parse(bad)
		require.ErrorContains(t, err, "env:NAME or file:PATH")
		var r secret.Ref
		err = yaml.Unmarshal([]byte(`"`+bad+`"`), &r)
		if bad != "" {
			require.Error(t, err)
			require.NotContains(t, err.Error(), "hunter2", "an error does not tell what was written")
		}
		require.False(t, r.IsSet())
	}
}

func TestAReferencePrintsAsAMaskEverywhere(t *testing.T) {
	r, err := secret.Parse("env:LASTDAY_TEST_SECRET")
	require.NoError(t, err)
	holder := struct{ Token secret.Ref }{r}
	text, err := json.Marshal(holder)
	require.NoError(t, err)
	for _, out := range []string{
		fmt.Sprint(r), fmt.Sprintf("%v %+v %#v %s %q", r, holder, r, r, r), string(text), r.String(),
	} {
		require.Contains(t, out, secret.Mask)
		require.NotContains(t, out, "LASTDAY_TEST_SECRET")
	}
	require.Equal(t, "env:LASTDAY_TEST_SECRET", r.Source(), "a person is told where to look")
	require.Empty(t, secret.Ref{}.String())
}

func TestAValueIsReadEachTimeAndThenScrubbed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	r, err := secret.Parse("file:" + path)
	require.NoError(t, err)
	_, err = r.Value()
	require.ErrorContains(t, err, "read secret")
	for _, v := range []string{"first-value-1", "second-value-2"} {
		require.NoError(t, os.WriteFile(path, []byte(" "+v+"\n"), 0o600))
		got, err := r.Value()
		require.NoError(t, err)
		require.Equal(t, v, got, "rotated without a restart")
	}
	require.Equal(t, "a [secret] b [secret][secret]", secret.Scrub("a first-value-1 b second-value-2first-value-1"))
	require.NoError(t, os.WriteFile(path, []byte("\n"), 0o600))
	_, err = r.Value()
	require.ErrorContains(t, err, "is empty")
	t.Setenv("LASTDAY_TEST_SECRET", "")
	env, err := secret.Parse("env:LASTDAY_TEST_SECRET")
	require.NoError(t, err)
	_, err = env.Value()
	require.ErrorContains(t, err, "LASTDAY_TEST_SECRET is not set")
	_, err = secret.Ref{}.Value()
	require.Error(t, err)
}

func TestShortValuesDoNotMaskOrdinaryText(t *testing.T) {
	secret.Remember("abc")
	require.Equal(t, "abcdef", secret.Scrub("abcdef"))
}

func TestTheLogHandlerScrubsEveryField(t *testing.T) {
	secret.Remember("canary-in-the-log")
	var out bytes.Buffer
	log := slog.New(secret.Handler(slog.NewJSONHandler(&out, nil)))
	log.With("a", "canary-in-the-log").WithGroup("g").Error("m canary-in-the-log",
		"s", "canary-in-the-log", "err", errors.New("canary-in-the-log"), slog.Group("sub", "x", "canary-in-the-log"),
		"any", struct{ V string }{"canary-in-the-log"}, "n", 7)
	require.NotContains(t, out.String(), "canary-in-the-log")
	require.Contains(t, out.String(), `"n":7`)
}

func TestASecretInsideAnotherLeavesNothingOver(t *testing.T) {
	secret.Remember("canary-inner")
	secret.Remember("canary-inner-and-outer")
	require.Equal(t, "token [secret]", secret.Scrub("token canary-inner-and-outer"))
}
