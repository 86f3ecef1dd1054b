package verify

import (
	"archive/zip"
	"bufio"
	"cmp"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"lastday/offboarding"
)

// The files of a bundle.
const (
	fileEvidence = "evidence.json"
	fileCase     = "case.json"
	fileSchema   = "case.schema.json"
	fileHTML     = "report.html"
	filePDF      = "report.pdf"
	fileHow      = "HOW-TO-CHECK.txt"
)

// maxFiles bounds the files in a bundle, maxDirectory the bytes of the list of
// them: a list can be much larger than what it says.
const (
	maxFiles     = 32
	maxDirectory = 256 << 10
)

// maxStranger bounds what a file may unpack to that is none of the bundle.
const maxStranger = 16 << 20

// limitOf is how large a file of the bundle may be; zero for what is none of it.
func limitOf(name string) int64 {
	switch name {
	case fileEvidence, fileCase:
		return MaxEvidence
	case fileSchema, fileHTML, filePDF, fileHow:
		return MaxPaper
	}
	return 0
}

// errNoBundle says that a file is something else.
var errNoBundle = errors.New("it is no bundle")

// unpack reads evidence.json, case.json and the reports, and lists the names of
// all files. Everything is read through to its end, so that its checksum is
// compared.
func unpack(r io.ReaderAt, size int64) (kept map[string][]byte, names []string, f faults, err error) {
	if size > MaxBundle {
		return nil, nil, f, fmt.Errorf("%w: it is larger than %d MB", errNoBundle, MaxBundle>>20)
	}
	ration := &rationed{r: r, left: maxDirectory}
	z, err := zip.NewReader(ration, size)
	if err != nil {
		return nil, nil, f, fmt.Errorf("%w: it is not a zip file", errNoBundle)
	}
	if len(z.File) > maxFiles {
		return nil, nil, f, fmt.Errorf("%w: it holds more than %d files", errNoBundle, maxFiles)
	}
	ration.free = true
	z.RegisterDecompressor(zip.Deflate, inflate)
	kept, seen := map[string][]byte{}, map[string]bool{}
	for _, file := range z.File {
		name := file.Name
		switch {
		case !plain(name):
			f.add("It holds a file named %q, which is no plain name.", offboarding.Shorten(name, 80))
			continue
		case seen[strings.ToLower(name)]:
			f.add("It holds %s twice: programs that open it could show either.", name)
			continue
		}
		seen[strings.ToLower(name)] = true
		names = append(names, name)
		limit := limitOf(name)
		keep := limit > 0 && name != fileSchema && name != fileHow
		b, err := contents(file, cmp.Or(limit, maxStranger), keep)
		if err != nil {
			f.add("%s: %s.", name, err)
			continue
		}
		if b != nil {
			kept[name] = b
		}
	}
	if f.none() && !seen[fileEvidence] {
		return nil, nil, f, fmt.Errorf("%w: it holds no %s", errNoBundle, fileEvidence)
	}
	if f.none() {
		f = layout(r, z.File, size)
	}
	return kept, names, f, nil
}

// plain reports whether a name is one of a file beside the others.
func plain(name string) bool {
	return name != "" && fs.ValidPath(name) && !strings.ContainsAny(name, `/\:`) && name != "." && name == printable(name)
}

func contents(file *zip.File, limit int64, keep bool) ([]byte, error) {
	switch {
	case !file.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	case file.Flags&1 != 0:
		return nil, errors.New("it is encrypted")
	case file.UncompressedSize64 > uint64(limit):
		return nil, fmt.Errorf("it unpacks to more than %d MB", limit>>20)
	}
	r, err := file.Open()
	if err != nil {
		return nil, errors.New("it is damaged")
	}
	defer func() { _ = r.Close() }()
	if !keep {
		n, err := io.Copy(io.Discard, io.LimitReader(r, limit+1))
		return nil, whole(n, limit, err)
	}
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err := whole(int64(len(b)), limit, err); err != nil {
		return nil, err
	}
	return b, nil
}

func whole(n, limit int64, err error) error {
	switch {
	case n > limit:
		return fmt.Errorf("it unpacks to more than %d MB", limit>>20)
	case errors.Is(err, errBehind):
		return err
	case err != nil:
		return errors.New("it is damaged: its contents do not fit their checksum")
	}
	return nil
}

var errBehind = errors.New("something lies behind its packed contents, where programs could find another file")

// inflate unpacks, and errs if what was packed ends before the bytes do that the
// list of files gives to it.
func inflate(r io.Reader) io.ReadCloser {
	in := bufio.NewReader(r) // flate reads no byte too many from one that has ReadByte
	return &inflater{flate.NewReader(in), in}
}

type inflater struct {
	io.ReadCloser
	in *bufio.Reader
}

// Read implements io.Reader.
func (i *inflater) Read(p []byte) (int, error) {
	n, err := i.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		if _, more := i.in.ReadByte(); more == nil {
			return n, errBehind
		}
	}
	return n, err //nolint:wrapcheck // io.EOF must stay what it is
}

// rationed reads no more than it may before it is set free.
type rationed struct {
	r    io.ReaderAt
	left int64
	free bool
}

func (r *rationed) ReadAt(p []byte, off int64) (int, error) {
	if !r.free {
		if r.left -= int64(len(p)); r.left < 0 {
			return 0, errors.New("the list of files is too long")
		}
	}
	return r.r.ReadAt(p, off)
}
