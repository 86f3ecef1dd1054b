package logs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"

	"lastday/logs"
	"lastday/offboarding"
	"lastday/secret"
)

const canary = "canary.person@example.com"

func line(t *testing.T, write func(*slog.Logger)) map[string]any {
	t.Helper()
	var b bytes.Buffer
	write(logs.New(&b, logs.Config{Format: "json"}, slog.LevelDebug))
	require.NotContains(t, strings.ToLower(b.String()), "canary", "a line names nobody")
	out := map[string]any{}
	require.NoError(t, json.Unmarshal(b.Bytes(), &out), "%q is one line of JSON", b.String())
	return out
}

func TestALineOfTheSDKHasTheCaseAndNobodysName(t *testing.T) {
	err := temporal.NewNonRetryableApplicationError("okta: canary person has two accounts", "Identity", nil)
	got := line(t, func(l *slog.Logger) {
		sdk := sdklog.With(sdklog.NewStructuredLogger(l), "WorkerID", "7@host@", "Namespace", "lastday")
		sdk.Error("Activity error.", "WorkflowID", "offboard:"+canary+"#2", "RunID", "run-1", "ActivityType", "okta.Find", "Attempt", 3, "Error", err)
	})
	require.Equal(t, offboarding.CaseTag("offboard:"+canary), got["case"])
	require.Equal(t, "run-1", got["run"])
	require.Equal(t, "Identity", got["Error"])
	require.Equal(t, "okta.Find", got["ActivityType"])
	require.EqualValues(t, 3, got["Attempt"])
	require.Equal(t, "7@host@", got["WorkerID"])
	require.NotContains(t, got, "WorkflowID")
}

func TestAPanicInTheLogHasItsPlaceAndNotItsWords(t *testing.T) {
	got := line(t, func(l *slog.Logger) {
		l.Error("Activity panic.", "PanicError", "canary person is nil", "PanicStack", "canary person [panic]:\nlastday/x.go:7")
	})
	require.Equal(t, "lastday/x.go:7", got["PanicStack"])
	require.Equal(t, "a panic with a string", got["PanicError"])
	got = line(t, func(l *slog.Logger) {
		defer func() { l.Error("Workflow panic", "Error", recover()) }()
		var none []int
		_ = none[len(none)]
	})
	require.Contains(t, got["Error"], "index out of range")
}

func TestAddressesAndSecretsAreMaskedEverywhere(t *testing.T) {
	secret.Remember("canary-token-1")
	got := line(t, func(l *slog.Logger) {
		l.With("who", canary, slog.Group("g", "mail", "<"+canary+">")).WithGroup("h").
			Warn("mail to "+canary+" came back", "error", fmt.Errorf("get /users/%s: %w", canary, errors.New("canary-token-1")), "n", 3, "Result", "canary")
	})
	require.Equal(t, "mail to [address] came back", got["msg"])
	require.Equal(t, "[address]", got["who"])
	require.Equal(t, "get /users/[address]: "+secret.Mask, got["h"].(map[string]any)["error"])
	require.EqualValues(t, 3, got["h"].(map[string]any)["n"])
}

func TestWhyTemporalDoesNotAnswerIsInTheLog(t *testing.T) {
	got := line(t, func(l *slog.Logger) {
		l.Warn("Failed to poll for task.", "Error", serviceerror.NewUnavailable("connection refused"))
	})
	require.Contains(t, got["Error"], "connection refused")
}

func TestTextIsTheFormatUnlessJSONIsAskedFor(t *testing.T) {
	var c logs.Config
	c.Defaults()
	require.NoError(t, c.Validate())
	var b bytes.Buffer
	logs.New(&b, c, slog.LevelInfo).Info("working", "systems", 2)
	require.Contains(t, b.String(), "msg=working systems=2")
	b.Reset()
	logs.New(&b, c, slog.LevelWarn).Info("working")
	require.Empty(t, b.String())
	c.Format = "xml"
	require.ErrorContains(t, c.Validate(), "logs.format")
}
