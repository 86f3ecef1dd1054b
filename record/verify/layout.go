package verify

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"slices"
)

// The parts of a zip file, from APPNOTE.TXT 4.3.7, 4.3.9, 4.3.12 and 4.3.16.
const (
	localSize      = 30
	localSignature = 0x04034b50
	listSignature  = 0x02014b50
	listSize       = 46
	endSignature   = 0x06054b50
	endSize        = 22
	descriptor     = 16 // with its signature, as nearly every program writes it
	hasDescriptor  = 1 << 3
)

// layout checks that the files lie one after the other from the first byte up to
// the list at the end, each under the name and of the size that the list gives
// it, and that nothing follows the list but the one place that says where it is.
// A program that reads a zip file from its beginning, and not by that list, or
// that looks for the list elsewhere, sees the same files then: none under another
// name, none that the list leaves out.
func layout(r io.ReaderAt, files []*zip.File, size int64) (f faults) {
	at, list := int64(0), int64(0)
	for _, file := range files {
		next, why := lies(r, file, at)
		if why != "" {
			f.add("%s", why)
			return f
		}
		at, list = next, list+int64(listSize+len(file.Name)+len(file.Extra)+len(file.Comment))
	}
	head := make([]byte, 4)
	if _, err := r.ReadAt(head, at); err != nil || binary.LittleEndian.Uint32(head) != listSignature {
		f.add("The zip file holds something that its list of files does not name, behind the last of them.")
		return f
	}
	// Which of two lists a program takes is its own affair: Go's takes the one that
	// the end points at, Python's and Info-ZIP's the one right before the end.
	end := make([]byte, endSize)
	if _, err := r.ReadAt(end, at+list); err != nil || at+list+endSize != size || !bytes.Equal(end, endOf(len(files), at, list)) {
		f.add("Behind the zip file's list of files stands more than its end: programs that open it could show other files.")
	}
	return f
}

// endOf is what ends a zip file whose list of n files is of size bytes, at at.
func endOf(n int, at, size int64) []byte {
	b := binary.LittleEndian.AppendUint32(nil, endSignature)
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(n))
	b = binary.LittleEndian.AppendUint16(b, uint16(n))
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	b = binary.LittleEndian.AppendUint32(b, uint32(at))
	return append(b, 0, 0)
}

// lies checks that a file lies where it should, and gives the place behind it,
// or what is wrong.
func lies(r io.ReaderAt, file *zip.File, at int64) (next int64, wrong string) {
	name := file.Name
	head := make([]byte, localSize+len(name))
	data, err := file.DataOffset()
	if err == nil {
		_, err = r.ReadAt(head, at)
	}
	number, long := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	end := at + int64(len(head))
	if err != nil || long(head) != localSignature || data < end {
		return 0, "The zip file holds something that its list of files does not name, before " + printable(name) + "."
	}
	if int(number(head[26:])) != len(name) || string(head[localSize:]) != name {
		return 0, "The file that the list calls " + printable(name) + " bears another name where it lies: programs that open it could show either."
	}
	extra := make([]byte, data-end)
	if _, err := r.ReadAt(extra, end); err != nil || !harmless(extra) || !harmless(file.Extra) {
		return 0, "What is noted beside the name " + printable(name) + " in the zip file is more than times and owners, such as another name: programs that open it could show either."
	}
	packed, behind := long(head[18:]), file.Flags&hasDescriptor != 0
	switch {
	case data != end+int64(number(head[28:])), number(head[6:]) != file.Flags, number(head[8:]) != file.Method,
		packed != uint32(file.CompressedSize64) && (!behind || packed != 0),
		// Where such a file ends a program that reads from the beginning must guess.
		behind && file.Method == zip.Store:
		return 0, printable(name) + " is described otherwise in the list of files than where it lies."
	}
	next = data + int64(file.CompressedSize64)
	if behind {
		next += descriptor
	}
	return next, ""
}

// harmless reports whether the extra fields of a file (APPNOTE.TXT 4.5) are
// times and owners only. Others give it another name or another size.
func harmless(extra []byte) bool {
	known := []uint16{0x000a, 0x5455, 0x5855, 0x7855, 0x7875}
	for len(extra) > 0 {
		if len(extra) < 4 || !slices.Contains(known, binary.LittleEndian.Uint16(extra)) {
			return false
		}
		n := 4 + int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra) {
			return false
		}
		extra = extra[n:]
	}
	return true
}
