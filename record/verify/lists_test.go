package verify_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/record/verify"
)

const forgedPage = "<p>all access is gone</p>"

// unpacked are the files of a zip file, in their order.
func unpacked(t *testing.T, data []byte) (names []string, contents map[string][]byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	contents = map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		b, err := io.ReadAll(r)
		require.NoError(t, err)
		names, contents[f.Name] = append(names, f.Name), b
	}
	return names, contents
}

// packed packs files as the bundle's are, each after change has had its header,
// which is to say whether the data that is given back is packed already.
func packed(t *testing.T, names []string, contents map[string][]byte, change func(*zip.FileHeader, []byte) (raw []byte)) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range names {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if raw := change(h, contents[name]); raw != nil {
			h.CRC32, h.CompressedSize64, h.UncompressedSize64 = crc32.ChecksumIEEE(contents[name]), uint64(len(raw)), uint64(len(contents[name]))
			w, err := z.CreateRaw(h)
			require.NoError(t, err)
			_, err = w.Write(raw)
			require.NoError(t, err)
			continue
		}
		w, err := z.CreateHeader(h)
		require.NoError(t, err)
		_, err = w.Write(contents[name])
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return out.Bytes()
}

func requireOpens(t *testing.T, data []byte) {
	t.Helper()
	_, contents := unpacked(t, data)
	require.Contains(t, contents, "evidence.json", "the file is one that programs open")
}

func TestAZipFileWithTwoListsIsFound(t *testing.T) {
	l := logOf(t, 1)
	good := bundleOf(t, evidenceOf(t, l, 0))
	check := func(data []byte) verify.Report { return checkBundle(t, data, with(l, newest(t, l))) }
	end := bytes.LastIndex(good, []byte("PK\x05\x06"))
	list := int(binary.LittleEndian.Uint32(good[end+16:]))

	// The end says where the first list is and how long the second: Go's reader
	// takes the first, Python's and Info-ZIP's the second.
	second := bytes.ReplaceAll(good[list:end], []byte("HOW-TO-CHECK.txt"), []byte("REPORT-FINAL.txt"))
	two := slices.Concat(good[:end], make([]byte, 64), second, good[end:])
	requireOpens(t, two)
	requireTampered(t, check(two), "file")

	// An end within the comment of the end.
	comment := append(bytes.Clone(good), good[end:]...)
	binary.LittleEndian.PutUint16(comment[end+20:], uint16(len(good)-end))
	requireTampered(t, check(comment), "file")

	more := append(bytes.Clone(good), "read me"...)
	binary.LittleEndian.PutUint16(more[end+20:], 7)
	requireOpens(t, more)
	requireTampered(t, check(more), "file")
}

func TestAZipFileThatHidesAFileInAnotherIsFound(t *testing.T) {
	l := logOf(t, 1)
	names, contents := unpacked(t, bundleOf(t, evidenceOf(t, l, 0)))
	names, contents["notes.txt"] = append(names, "notes.txt"), []byte("see the report")
	check := func(change func(*zip.FileHeader, []byte) []byte) verify.Report {
		data := packed(t, names, contents, change)
		requireOpens(t, data)
		return checkBundle(t, data, with(l, newest(t, l)))
	}
	requireVerdict(t, verify.Intact, check(func(*zip.FileHeader, []byte) []byte { return nil }))

	for _, host := range []string{"HOW-TO-CHECK.txt", "case.json", "notes.txt"} {
		// What a program finds that stops where the packed data ends.
		requireTampered(t, check(func(h *zip.FileHeader, b []byte) []byte {
			if h.Name != host {
				return nil
			}
			h.Flags |= 8
			var raw bytes.Buffer
			w, err := flate.NewWriter(&raw, flate.BestSpeed)
			require.NoError(t, err)
			_, err = w.Write(b)
			require.NoError(t, err)
			require.NoError(t, w.Close())
			return append(raw.Bytes(), zipped(t, file{"report.html", []byte(forgedPage)})...)
		}), "file")
		// Stored, and its size is said only behind it.
		requireTampered(t, check(func(h *zip.FileHeader, _ []byte) []byte {
			if h.Name == host {
				h.Method = zip.Store
			}
			return nil
		}), "file")
		// Another name that Info-ZIP and 7-Zip prefer (0x7075, Unicode path).
		requireTampered(t, check(func(h *zip.FileHeader, _ []byte) []byte {
			if h.Name == host {
				other := append([]byte{1}, binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(h.Name)))...)
				other = append(other, "report.html"...)
				h.Extra = append(binary.LittleEndian.AppendUint16([]byte{0x75, 0x70}, uint16(len(other))), other...)
			}
			return nil
		}), "file")
	}
}
