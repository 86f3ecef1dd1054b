package pages

import (
	"context"
	"encoding/hex"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkpoint is the newest signed state of the log, as far as it can be checked
// here.
type checkpoint struct {
	Note   string
	Origin string
	Size   int64
	Root   tlog.Hash
	// Signed is true where the signature was checked and is good.
	Signed bool
	// Doubt says why the signature or the note is not believed; empty otherwise.
	// Forged is true where that is because it is not the log's.
	Doubt  string
	Forged bool
}

// RootHex is the root as sha256sum writes hashes.
func (c checkpoint) RootHex() string { return hexOf(c.Root) }

func hexOf(h tlog.Hash) string { return hex.EncodeToString(h[:]) }

// newest reads the newest checkpoint; false if there is none.
func (p *pages) newest(ctx context.Context) (checkpoint, bool, error) {
	text, err := p.Record.Checkpoint(ctx)
	if err != nil {
		return checkpoint{}, false, fmt.Errorf("read the newest checkpoint: %w", err)
	}
	if text == "" {
		return checkpoint{}, false, nil
	}
	return p.checked(text), true, nil
}

// checked reads a note and checks its signature.
func (p *pages) checked(text string) checkpoint {
	c := checkpoint{Note: text}
	var keys []note.Verifier
	if p.key != nil {
		keys = append(keys, p.key)
	}
	n, err := note.Open([]byte(text), note.VerifierList(keys...))
	if unsigned, ok := err.(*note.UnverifiedNoteError); ok { //nolint:errorlint // it is never wrapped
		n = unsigned.Note
		c.Doubt, c.Forged = "no signature is by the log’s key", true
		if p.key == nil {
			c.Doubt, c.Forged = "no signature was checked: the log’s public key is not configured here", false
		}
	} else if err != nil {
		c.Doubt, c.Forged = "the text is not written as a checkpoint is", true
		return c
	}
	parsed, err := torchwood.ParseCheckpoint(n.Text)
	if err != nil {
		c.Doubt, c.Forged = "the text is not written as a checkpoint is", true
		return c
	}
	c.Origin, c.Size, c.Root, c.Signed = parsed.Origin, parsed.N, parsed.Hash, c.Doubt == ""
	return c
}

// hop is one step of an inclusion proof: two hashes beside each other make the
// one above them.
type hop struct {
	Left, Right, Above string
	FromProof          string // left or right: the one that comes from the proof
}

// hops replays an inclusion proof (RFC 6962, 2.1.1) from the leaf up to the root,
// so that every step can be done again by hand.
func hops(proof tlog.RecordProof, size, index int64, leaf tlog.Hash) ([]hop, tlog.Hash) {
	var out []hop
	at := leaf
	for i, side := range sides(0, size, index) {
		if i >= len(proof) {
			break
		}
		left, right := at, proof[i]
		if side == "left" {
			left, right = proof[i], at
		}
		at = tlog.NodeHash(left, right)
		out = append(out, hop{hexOf(left), hexOf(right), hexOf(at), side})
	}
	return out, at
}

// sides says, from the leaf up, on which side of the path the proof's hash
// stands.
func sides(from, to, index int64) []string {
	if to-from < 2 {
		return nil
	}
	half := int64(1)
	for half*2 < to-from {
		half *= 2
	}
	if index < from+half {
		return append(sides(from, from+half, index), "right")
	}
	return append(sides(from+half, to, index), "left")
}
