// Package bundle writes what an auditor gets of one case: a zip file with the
// case's entries, the proofs that lead from each to a signed checkpoint, the
// checkpoint, where it was anchored, and papers for reading, all of which follow
// from the evidence.
package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"lastday/record"
)

// The files of a bundle, in their order.
const (
	How      = "HOW-TO-CHECK.txt"
	HTML     = "report.html"
	PDF      = "report.pdf"
	Case     = "case.json"
	Schema   = "case.schema.json"
	Evidence = "evidence.json"
)

var (
	// ErrNoCase says that the record has no entry of the case.
	ErrNoCase = errors.New("the record has no such case")
	// ErrUncovered says that no signed checkpoint covers the case's newest entries
	// yet. A signer that runs makes one within seconds.
	ErrUncovered = errors.New("no signed checkpoint covers the case's newest entries yet")
)

// Options are how a bundle is written. The zero Options are good.
type Options struct {
	// Key is the log's public key as golang.org/x/mod/sumdb/note writes it. With it
	// no bundle is written whose checkpoint it did not sign, and the page on how to
	// check names it. It is public.
	Key string
	// Wait is how long a checkpoint is waited for that covers the case's newest
	// entries; zero is 5 s.
	Wait time.Duration
}

// Write writes the bundle of the case with the run id. It reads the newest
// signed checkpoint and puts in all entries of the case that it covers; if it
// covers not those that were there when Write began, it waits for one that does.
// Errors: ErrNoCase, ErrUncovered, a proof that does not lead to the checkpoint
// (the database was changed after it was signed), the reader's own. On an error
// nothing was written, but for one of w itself. Nothing secret is in a bundle,
// but the names of people are: it is for whoever may see the case. The same
// entries, checkpoint and anchors give the same bytes.
func Write(ctx context.Context, w io.Writer, r record.Reader, caseID string, o Options) error {
	ev, err := Collect(ctx, r, caseID, o)
	if err != nil {
		return fmt.Errorf("export case %s: %w", caseID, err)
	}
	files, at, err := render(ev, o)
	if err != nil {
		return fmt.Errorf("export case %s: %w", caseID, err)
	}
	b, err := pack(files, at)
	if err != nil {
		return fmt.Errorf("export case %s: %w", caseID, err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("export case %s: %w", caseID, err)
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("write the bundle of case %s: %w", caseID, err)
	}
	return nil
}

// File is one file of a bundle.
type File struct {
	Name string
	Data []byte
}

// pack makes the zip file; every file in it carries the same time.
func pack(files []File, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: at.UTC().Truncate(2 * time.Second)}
		h.SetMode(0o644)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write(f.Data)
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.Name, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack bundle: %w", err)
	}
	return b.Bytes(), nil
}
