package verify

import (
	"fmt"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"lastday/record"
)

// Options are what the auditor brings along.
type Options struct {
	// Keys are the log's public keys: one, or several after a change of keys.
	// Without any the verdict is that nobody can say.
	Keys []note.Verifier
	// Witnesses are the keys of C2SP witnesses (cosignature/v1) that the auditor
	// trusts to have signed only one history of the log.
	Witnesses []note.Verifier
	// Copies are checkpoints that the auditor got elsewhere than what is checked:
	// out of Slack, from the anchor directory, from an earlier audit. Space and
	// marks that copying adds around them do no harm.
	Copies []string
	// Papers makes the reports of a bundle again, from its evidence alone, by the
	// names of their files; nil compares none. It is given, and not known here, so
	// that a small program need not draw a PDF to check a log.
	Papers func(record.Evidence) (map[string][]byte, error)
	// Now is the time of the check; zero is the clock's.
	Now time.Time

	patience time.Duration // for tests; zero is the constant
}

// Tolerances of clocks.
const (
	// stepBack is how far one entry may be recorded before the one before it:
	// several machines append at once.
	stepBack = 5 * time.Second
	// ahead is how far something may lie in the future of another clock.
	ahead = 5 * time.Minute
)

// Bounds of a bundle.
const (
	// MaxBundle is the largest file, in bytes, that is taken for a bundle.
	MaxBundle = 256 << 20
	// MaxEvidence bounds evidence.json and case.json, MaxPaper each other file.
	MaxEvidence = 64 << 20
	MaxPaper    = 128 << 20
	// MaxEntries and MaxAnchors bound what evidence.json may hold.
	MaxEntries = 20_000
	MaxAnchors = 20_000
	// patience is how long reading a case back from its entries may take.
	patience = 20 * time.Second
)

// ParseKey reads a log's public key: NAME+HASH+BASE64, as package note and the
// C2SP write it.
func ParseKey(s string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(s))
	if err != nil {
		return nil, fmt.Errorf("read the log's public key: it must look like NAME+1a2b3c4d+BASE64, on one line: %w", err)
	}
	return v, nil
}

// ParseWitness reads the public key of a C2SP witness, of the same form.
func ParseWitness(s string) (note.Verifier, error) {
	v, err := torchwood.NewCosignatureVerifier(strings.TrimSpace(s))
	if err != nil {
		return nil, fmt.Errorf("read the witness's public key: it must look like NAME+1a2b3c4d+BASE64 and be one for cosignature/v1: %w", err)
	}
	return v, nil
}
