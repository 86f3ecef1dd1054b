package bundle_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/bundle"
	"lastday/record/report/reporttest"
)

// needs skips the test on a machine without the program, where nobody says that
// it must be there.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		require.NotEqual(t, "1", os.Getenv("LASTDAY_NEEDS_TOOLS"), "there is no %s", program)
		t.Skipf("there is no %s (LASTDAY_NEEDS_TOOLS=1 makes this a failure)", program)
	}
}

// byHand does what the page on how to check tells an auditor to do by hand, with
// the programs that it names, and gives what they say.
func byHand(t *testing.T, dir, how string) (string, error) {
	t.Helper()
	for _, program := range []string{"bash", "python3", "openssl", "sha256sum"} {
		needs(t, program)
	}
	var script strings.Builder
	for line := range strings.Lines(how) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			script.WriteString(command)
		}
	}
	c := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-c", script.String())
	c.Dir = dir
	out, err := c.CombinedOutput()
	return string(out), err
}

func spread(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
	}
	return dir
}

func TestWhatThePageTellsToDoByHandWorks(t *testing.T) {
	for name, c := range map[string]offboarding.Case{"first": reporttest.Verified(), "open": reporttest.Open()} {
		t.Run(name, func(t *testing.T) {
			l := logWith(t, c)
			files := unpacked(t, written(t, l, c.RunID, bundle.Options{Key: l.Key}))
			var ev record.Evidence
			require.NoError(t, json.Unmarshal([]byte(files[bundle.Evidence]), &ev))
			for _, e := range []record.Proven{ev.Entries[0], ev.Entries[len(ev.Entries)/2], ev.Entries[len(ev.Entries)-1]} {
				how := strings.Replace(files[bundle.How], "export INDEX=", "export INDEX="+json.Number(jsonOf(t, e.Index)).String()+" #", 1)
				out, err := byHand(t, spread(t, files), how)
				require.NoError(t, err, out)
				require.Contains(t, out, "Signature Verified Successfully")
				require.Contains(t, out, "\nin the log\n")
				require.Regexp(t, "the details are those that were recorded|there are no details", out)
			}
		})
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestWhatWasChangedIsFoundByHand(t *testing.T) {
	for name, lie := range map[string]func(*record.Evidence){
		"the entry": func(ev *record.Evidence) {
			ev.Entries[0].Leaf = []byte(strings.Replace(string(ev.Entries[0].Leaf), "2026", "2025", 1))
		},
		"the details":    func(ev *record.Evidence) { ev.Entries[0].Opened = append(ev.Entries[0].Opened, ' ') },
		"the proof":      func(ev *record.Evidence) { ev.Entries[0].Proof[1][5] ^= 1 },
		"the checkpoint": func(ev *record.Evidence) { ev.Checkpoint = strings.Replace(ev.Checkpoint, "\n", "\n1", 1) },
		"the signature": func(ev *record.Evidence) {
			text, sig, _ := strings.Cut(ev.Checkpoint, "\n\n")
			fields := strings.Fields(sig)
			raw, _ := base64.StdEncoding.DecodeString(fields[2])
			raw[20] ^= 1
			ev.Checkpoint = text + "\n\n" + strings.Join([]string{fields[0], fields[1], base64.StdEncoding.EncodeToString(raw)}, " ") + "\n"
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := logWith(t, reporttest.Verified())
			files := unpacked(t, written(t, l, reporttest.Verified().RunID, bundle.Options{Key: l.Key}))
			var ev record.Evidence
			require.NoError(t, json.Unmarshal([]byte(files[bundle.Evidence]), &ev))
			before := jsonOf(t, ev)
			lie(&ev)
			files[bundle.Evidence] = jsonOf(t, ev)
			require.NotZero(t, strings.Compare(before, files[bundle.Evidence]), "nothing was changed")
			out, err := byHand(t, spread(t, files), files[bundle.How])
			require.Error(t, err, out)
		})
	}
}
