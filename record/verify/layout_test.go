package verify_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/record/verify"
)

func TestAZipFileThatProgramsReadOtherwiseIsFound(t *testing.T) {
	l := logOf(t, 1)
	good := bundleOf(t, evidenceOf(t, l, 0))
	check := func(data []byte) verify.Report { return checkBundle(t, data, with(l, newest(t, l))) }
	requireVerdict(t, verify.Intact, check(good))

	renamed := bytes.Clone(good)
	at := bytes.Index(renamed, []byte("case.json"))
	copy(renamed[at:], "fake.json") // the first is where it lies, the last in the list
	requireTampered(t, check(renamed), "file")

	requireTampered(t, check(append(zipped(t, file{"case.json", []byte("{}")}), good...)), "file")

	// A whole file between the last one and the list.
	var hidden bytes.Buffer
	w := zip.NewWriter(&hidden)
	out, err := w.Create("report.html")
	require.NoError(t, err)
	_, err = out.Write([]byte("nothing left"))
	require.NoError(t, err)
	require.NoError(t, w.Flush())
	end := bytes.LastIndex(good, []byte("PK\x05\x06"))
	list := int(binary.LittleEndian.Uint32(good[end+16:]))
	between := append(append(bytes.Clone(good[:list]), hidden.Bytes()...), good[list:]...)
	binary.LittleEndian.PutUint32(between[end+hidden.Len()+16:], uint32(list+hidden.Len()))
	_, err = zip.NewReader(bytes.NewReader(between), int64(len(between)))
	require.NoError(t, err, "programs open it")
	requireTampered(t, check(between), "file")
}

// Whoever unpacks a bundle and packs it again has changed nothing.
func TestABundleThatWasPackedAgainIsIntact(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		require.Empty(t, os.Getenv("LASTDAY_NEEDS_TOOLS"), "python3 is not installed")
		t.Skip("no python3")
	}
	l := logOf(t, 1)
	dir := t.TempDir()
	file := filepath.Join(dir, "case.zip")
	require.NoError(t, os.WriteFile(file, bundleOf(t, evidenceOf(t, l, 0)), 0o600))
	again := filepath.Join(dir, "again.zip")
	b, err := exec.CommandContext(t.Context(), python, "-c", `
import sys, zipfile
old, new = zipfile.ZipFile(sys.argv[1]), zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED)
for name in reversed(old.namelist()):
    new.writestr(name, old.read(name))
new.close()
`, file, again).CombinedOutput()
	require.NoError(t, err, string(b))
	data, err := os.ReadFile(again)
	require.NoError(t, err)
	requireVerdict(t, verify.Intact, checkBundle(t, data, with(l, newest(t, l))))
}
