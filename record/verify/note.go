package verify

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"lastday/record/tiles"
)

// checkpoint is one that a key of the log has signed.
type checkpoint struct {
	torchwood.Checkpoint
	cosigners []cosigner
}

// cosigner is a known witness that signed, and when, by its clock.
type cosigner struct {
	name string
	at   time.Time
}

// opening is a checkpoint that was opened, or why it could not be.
type opening struct {
	cp  checkpoint
	err error
}

// open checks a checkpoint's signatures: that of the log, and of those witnesses
// whose keys are known. The error is for people to read.
func (q *inquiry) open(signed string) (checkpoint, error) {
	if o, known := q.opened[signed]; known {
		return o.cp, o.err
	}
	return openNote(signed, q.keys, q.witnesses)
}

func openNote(signed string, keys, witnesses note.Verifiers) (checkpoint, error) {
	if len(signed) > tiles.MaxCheckpoint {
		return checkpoint{}, fmt.Errorf("it is larger than %d bytes", tiles.MaxCheckpoint)
	}
	n, err := note.Open([]byte(signed), keys)
	if err != nil {
		return checkpoint{}, signatureError(err)
	}
	cp, err := tiles.Parse(signed)
	if err != nil {
		return checkpoint{}, err
	}
	if cp.String() != n.Text {
		return checkpoint{}, errors.New("it is not written as a checkpoint is")
	}
	if n.Sigs[0].Name != cp.Origin {
		return checkpoint{}, fmt.Errorf("it speaks of the log %q and is signed by the key of %q", cp.Origin, n.Sigs[0].Name)
	}
	out := checkpoint{Checkpoint: cp}
	seals := n.Sigs
	w, err := note.Open([]byte(signed), witnesses)
	var none *note.UnverifiedNoteError
	switch {
	case errors.As(err, &none):
	case err != nil:
		return checkpoint{}, signatureError(err)
	default:
		for _, s := range w.Sigs {
			at, err := torchwood.CosignatureTimestamp(s)
			if err != nil {
				return checkpoint{}, fmt.Errorf("the signature of witness %s says no time", s.Name)
			}
			out.cosigners = append(out.cosigners, cosigner{s.Name, time.Unix(at, 0).UTC()})
		}
		seals = append(seals, w.Sigs...)
	}
	for _, s := range seals {
		// Base64 has bits that decoders pass over: they must be as written.
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return checkpoint{}, fmt.Errorf("the signature of %s was altered", s.Name)
		}
	}
	return out, nil
}

func signatureError(err error) error {
	var unknown *note.UnverifiedNoteError
	var wrong *note.InvalidSignatureError
	switch {
	case errors.As(err, &unknown):
		return errors.New("it bears no signature by the key you gave: it was altered, or signed by somebody else, or you gave the key of another log, or the log has changed its key: then give both")
	case errors.As(err, &wrong):
		return fmt.Errorf("the signature of %s does not fit what it stands under: one of them was altered", wrong.Name)
	}
	return errors.New("it is not written as a signed note is")
}

// tidy takes away what copying a checkpoint out of a chat or a page may add:
// other line ends, space at the ends of lines, quoting marks around it.
func tidy(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\u00a0")
	}
	s = strings.Trim(strings.Join(lines, "\n"), "`\n \t\ufeff")
	return s + "\n"
}
