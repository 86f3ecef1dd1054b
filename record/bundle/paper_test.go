package bundle_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/bundle"
	"lastday/record/report/reporttest"
)

// python runs the check that the paper for auditors prints, on the entry of that
// number, and gives the lines that say how it went.
func python(t *testing.T, files map[string]string, entry int) []string {
	t.Helper()
	needs(t, "python3")
	paper, err := os.ReadFile("../../docs/for-auditors.md")
	require.NoError(t, err)
	code := regexp.MustCompile("(?s)```python\n(.*?)```").FindSubmatch(paper)
	require.Len(t, code, 2, "the paper has one piece of Python")
	const first = `e["entries"][0]`
	require.Contains(t, string(code[1]), first)
	c := exec.CommandContext(t.Context(), "python3", "-c", strings.Replace(string(code[1]), first, fmt.Sprintf(`e["entries"][%d]`, entry), 1))
	c.Dir = spread(t, files)
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
	return strings.Fields(string(out)[strings.LastIndex(string(out), "}")+1:])
}

func TestThePythonInThePaperForAuditorsChecksAnEntry(t *testing.T) {
	l := logWith(t, reporttest.Verified())
	files := unpacked(t, written(t, l, reporttest.Verified().RunID, bundle.Options{Key: l.Key}))
	var ev record.Evidence
	require.NoError(t, json.Unmarshal([]byte(files[bundle.Evidence]), &ev))
	sealed := 0
	for i, e := range ev.Entries {
		want := []string{"True"}
		if e.Opened != nil {
			sealed++
			want = append(want, "True")
		}
		if i < 3 || i == len(ev.Entries)-1 {
			require.Equal(t, want, python(t, files, i))
		}
	}
	require.NotZero(t, sealed)

	ev.Entries[0].Leaf = []byte(strings.Replace(string(ev.Entries[0].Leaf), "2026", "2025", 1))
	ev.Entries[0].Opened = append(ev.Entries[0].Opened, ' ')
	files[bundle.Evidence] = jsonOf(t, ev)
	require.Equal(t, []string{"False", "False"}, python(t, files, 0))
}

// The log of one entry has no hash beside it.
func TestThePythonInThePaperChecksTheOnlyEntryOfALog(t *testing.T) {
	c := reporttest.Planned()
	l := logWith(t, c)
	files := unpacked(t, written(t, l, c.RunID, bundle.Options{Key: l.Key}))
	var ev record.Evidence
	require.NoError(t, json.Unmarshal([]byte(files[bundle.Evidence]), &ev))
	alone := l.Copy(1)
	alone.Sign()
	checkpoint, err := alone.Checkpoint(t.Context())
	require.NoError(t, err)
	first, err := alone.Range(t.Context(), 0, 1)
	require.NoError(t, err)
	ev.Checkpoint, ev.Entries = checkpoint, []record.Proven{{Index: 0, Leaf: first[0].Leaf, Opened: first[0].Opened}}
	files[bundle.Evidence] = jsonOf(t, ev)
	require.Equal(t, "True", python(t, files, 0)[0])
}
