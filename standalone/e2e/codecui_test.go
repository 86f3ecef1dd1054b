package e2e

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/sandbox/browser"
	"lastday/standalone/house"
)

// Temporal's own UI shows an IT admin at the machine the names that Temporal
// itself does not know.
func TestTemporalsPagesShowWhatIsEncrypted(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("TEMPORAL_ADDRESS", "")
	s := sealedSite(t, 2)
	ui, doors := freeAddress(t), freeAddress(t)
	s.append(t, fmt.Sprintf("serve:\n  listen: %s\n  codec:\n    ui_origin: http://%s\n", doors, ui))
	f := s.config(t)
	f.Standalone.DataDir = filepath.Join(s.dir, "temporal")
	f.Standalone.Frontend, f.Standalone.UI = "127.0.0.1:0", ui
	h, err := house.Open(t.Context(), f, house.Options{})
	require.NoError(t, err)
	t.Cleanup(h.Close)
	end := ended(t, h.Cases, offboard(t, h.Cases, offboarding.Departure{Subject: jane, Reason: "canary-reason"}).CaseID)
	id := h.Cases.WorkflowID(end.ID)
	require.NotContains(t, id, "jane")

	p := browser.Open(t, fmt.Sprintf("http://%s/namespaces/default/workflows/%s/%s/history", ui, id, end.RunID), 1280, 1400)
	// The part Input; the events themselves come on several pages.
	p.Shows("body", `"subject": "jane.doe@example.com"`)
	p.Shows("body", `"reason": "canary-reason"`)
}

// freeAddress is one on loopback where nothing listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}
