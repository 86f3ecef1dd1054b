package verify

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

// papers makes the reports for reading again from the checked entries and
// compares them. The page is text, so that one which says that this version made
// it must be the same. One that says otherwise may be forged, and so nobody can
// say that all is right. A PDF is packed, and the library that packs it may do so
// otherwise in another build of this program: one that differs is not trusted,
// and not called tampered with either.
func (b *bundleCheck) papers(ctx context.Context) {
	page, pdf := b.files[fileHTML], b.files[filePDF]
	switch {
	case page == nil && pdf == nil:
		b.skip(idPapers, "The file holds neither %s nor %s.", fileHTML, filePDF)
		return
	case b.o.Papers == nil:
		b.skip(idPapers, "%s and %s are for reading and were not compared: starter record verify makes them again, this program does not. %s", fileHTML, filePDF, whatCounts)
		return
	}
	want, err := b.again(ctx)
	if err != nil {
		b.lack(idPapers, "%s and %s could not be made again, and were not compared: %s. %s", fileHTML, filePDF, err, whatCounts)
		return
	}
	if page != nil && !bytes.Equal(maker(page), maker(want[fileHTML])) {
		b.lack(idPapers, "%s is of another version of Lastday, if what it says is true, and could not be compared, nor could %s. Check with that version, or do not rely on them. %s", fileHTML, filePDF, whatCounts)
		return
	}
	var f faults
	if page != nil && !bytes.Equal(page, want[fileHTML]) {
		f.add("%s is not what its entries give: %s.", fileHTML, difference(page, want[fileHTML]))
	}
	switch {
	case !f.none():
		b.fail(idPapers, f)
	case pdf != nil && !bytes.Equal(pdf, want[filePDF]):
		b.lack(idPapers, "%s is not the one that this program makes of the entries. Another build of Lastday may have made it, or somebody changed it: do not rely on it, and read %s instead.", filePDF, fileCase)
	default:
		b.pass(idPapers, "%s were made again from the checked entries, and are the same to the byte.", strings.Join(b.papersThere(), " and "))
	}
}

// maker is the version that a page says it was made by.
func maker(page []byte) []byte {
	_, rest, _ := bytes.Cut(page, []byte(`<meta name="generator" content="`))
	name, _, _ := bytes.Cut(rest, []byte(`"`))
	return name
}

const whatCounts = "What counts is " + fileCase + " and the facts that this program prints from the checked entries: compare a paper with those."

func (b *bundleCheck) papersThere() (there []string) {
	for _, name := range []string{fileHTML, filePDF} {
		if b.files[name] != nil {
			there = append(there, name)
		}
	}
	return there
}

// again makes the reports; it takes no longer than reading the case back may.
func (b *bundleCheck) again(ctx context.Context) (map[string][]byte, error) {
	type answer struct {
		files map[string][]byte
		err   error
	}
	a, err := within(ctx, b.o, func() (a answer) {
		// The library that draws the PDF panics where it meets what it does not
		// know, and whoever has the log's key may have written anything.
		defer func() {
			if r := recover(); r != nil {
				a.err = fmt.Errorf("the report cannot be drawn: %v", r)
			}
		}()
		a.files, a.err = b.o.Papers(b.ev)
		return a
	})
	if err != nil {
		return nil, err
	}
	return a.files, a.err
}
