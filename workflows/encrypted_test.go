package workflows_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"lastday/codec"
)

// encrypted are histories of cases in an encrypted namespace, and the key that
// opens them, which was made for these tests and is used nowhere else.
const encrypted = "testdata/encrypted"

func TestAnEncryptedHistoryReplaysWithItsKey(t *testing.T) {
	key, err := os.ReadFile(filepath.Join(encrypted, codec.FileName))
	require.NoError(t, err)
	k, err := codec.New(key, false)
	require.NoError(t, err)
	var o client.Options
	k.Apply(&o)
	for name, h := range keptIn(t, encrypted) {
		t.Run(name, func(t *testing.T) {
			input := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()
			require.NotEmpty(t, input)
			require.Equal(t, codec.Encoding, string(input[0].GetMetadata()["encoding"]), "it is encrypted")
			require.NoError(t, replayWith(h, worker.WorkflowReplayerOptions{DataConverter: o.DataConverter, FailureConverter: o.FailureConverter}))
			require.Error(t, replay(h), "without the key")
		})
	}
}
