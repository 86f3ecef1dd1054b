package verify

import (
	"archive/zip"
	"encoding/binary"
	"io"
)

// The parts of a zip file, from APPNOTE.TXT 4.3.7, 4.3.9 and 4.3.12.
const (
	localSize      = 30
	localSignature = 0x04034b50
	listSignature  = 0x02014b50
	descriptor     = 16 // with its signature, as nearly every program writes it
	hasDescriptor  = 1 << 3
)

// layout checks that the files lie one after the other from the first byte up to
// the list at the end, each under the name and of the size that the list gives
// it. A program that reads a zip file from its beginning, and not by that list,
// sees the same files then: none under another name, none that the list leaves
// out.
func layout(r io.ReaderAt, files []*zip.File) (f faults) {
	at := int64(0)
	for _, file := range files {
		name := file.Name
		head := make([]byte, localSize+len(name))
		data, err := file.DataOffset()
		if err == nil {
			_, err = r.ReadAt(head, at)
		}
		number := binary.LittleEndian.Uint16
		end := at + int64(len(head))
		switch {
		case err != nil || binary.LittleEndian.Uint32(head) != localSignature || data < end:
			f.add("The zip file holds something that its list of files does not name, before %s.", printable(name))
			return f
		case int(number(head[26:])) != len(name) || string(head[localSize:]) != name:
			f.add("The file that the list calls %s bears another name where it lies: programs that open it could show either.", printable(name))
			return f
		case data != end+int64(number(head[28:])) || number(head[6:]) != file.Flags || number(head[8:]) != file.Method ||
			(file.Flags&hasDescriptor == 0 && binary.LittleEndian.Uint32(head[18:]) != uint32(file.CompressedSize64)):
			f.add("%s is described otherwise in the list of files than where it lies.", printable(name))
			return f
		}
		at = data + int64(file.CompressedSize64)
		if file.Flags&hasDescriptor != 0 {
			at += descriptor
		}
	}
	list := make([]byte, 4)
	if _, err := r.ReadAt(list, at); err != nil || binary.LittleEndian.Uint32(list) != listSignature {
		f.add("The zip file holds something that its list of files does not name, behind the last of them.")
	}
	return f
}
