package recordtest

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// Sign makes a checkpoint of the log as it is, cosigned by the witnesses, and
// keeps it as the newest.
func (l *Log) Sign(witnesses ...*Witness) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.checkpoint(int64(len(l.entries)), witnesses...)
	l.notes = append(l.notes, out)
	return out
}

// CheckpointAt makes a checkpoint of the first n entries and does not keep it.
func (l *Log) CheckpointAt(n int64, witnesses ...*Witness) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.checkpoint(n, witnesses...)
}

func (l *Log) checkpoint(n int64, witnesses ...*Witness) string {
	root, err := tlog.TreeHash(n, tlog.HashReaderFunc(l.read))
	if err != nil {
		panic(err) // its hashes are in memory
	}
	return l.SignText(fmt.Sprintf("%s\n%d\n%s\n", Origin, n, root), witnesses...)
}

// SignText signs any text with the log's key: also what is no checkpoint.
func (l *Log) SignText(text string, witnesses ...*Witness) string {
	signer, err := note.NewSigner(l.Secret)
	if err != nil {
		panic(err) // Secret was made by New
	}
	signers := []note.Signer{signer}
	for _, w := range witnesses {
		signers = append(signers, w.signer)
	}
	out, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		panic(err) // the text ends in a newline
	}
	return string(out)
}

// Anchor puts a checkpoint among the log's anchors.
func (l *Log) Anchor(a record.Anchored) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.anchors = append(l.anchors, a)
}

// AnchorNow signs the log as it is and anchors that in a directory of the name.
func (l *Log) AnchorNow(name string, at time.Time) string {
	cp := l.Sign()
	l.Anchor(record.Anchored{Anchor: name, Kind: "directory", Where: "/anchors/" + name, At: at, Checkpoint: cp})
	return cp
}

// Witness is a C2SP witness's key: it cosigns whatever it is given.
type Witness struct{ signer *torchwood.CosignatureSigner }

// NewWitness gives a witness with a new key.
func NewWitness(name string) *Witness {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err) // a system without randomness
	}
	s, err := torchwood.NewCosignatureSigner(name, key)
	if err != nil {
		panic(err) // the name has a space
	}
	return &Witness{s}
}

// Verifier is the witness's public key.
func (w *Witness) Verifier() note.Verifier { return w.signer.Verifier() }

// Key is the witness's public key as text.
func (w *Witness) Key() string { return w.signer.Verifier().String() }
