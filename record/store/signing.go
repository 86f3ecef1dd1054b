package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lastday/record"
)

// signPatience bounds one signing; the lock is not kept for longer.
const signPatience = 90 * time.Second

// Sign runs fn while no other signer of this log runs, in any process, and keeps
// the checkpoint that it returns, a note, unless it returns "". When Sign returns
// nil the checkpoint is on disk. Appending goes on meanwhile. What fn is given is
// valid until it returns; it must not call Sign.
func (s *Store) Sign(ctx context.Context, fn func(ctx context.Context, si record.Signing) (note string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, signPatience)
	defer cancel()
	select {
	case s.signing <- struct{}{}:
		defer func() { <-s.signing }()
	case <-ctx.Done():
		return fmt.Errorf("sign checkpoint: wait for another signer: %w", ctx.Err())
	}
	err := s.engine.sign(ctx, func(r runner) ([]query, error) {
		var si record.Signing
		n, last, err := checkpoint(ctx, r)
		if err != nil {
			return nil, err
		}
		si.Last = last
		// After the checkpoint, so that the tree is never behind it.
		if si.Head, err = head(ctx, r); err != nil {
			return nil, err
		}
		si.Hashes = s.Hashes(ctx)
		note, err := fn(ctx, si)
		if err != nil || note == "" {
			return nil, err
		}
		size, err := sizeOf(note)
		if err != nil {
			return nil, err
		}
		return []query{{
			text: "INSERT INTO record_checkpoints (n, size, note) VALUES ($1, $2, $3)", args: []any{n + 1, size, note},
		}}, nil
	})
	if err := s.orClosed(err); err != nil {
		return fmt.Errorf("sign checkpoint: %w", err)
	}
	return nil
}

// Checkpoint is the newest signed checkpoint, as a note; "" if none is.
func (s *Store) Checkpoint(ctx context.Context) (string, error) {
	_, note, err := checkpoint(ctx, s.engine)
	return note, err
}

func checkpoint(ctx context.Context, r runner) (n int64, note string, err error) {
	var found bool
	err = r.run(ctx, query{text: "SELECT n, note FROM record_checkpoints ORDER BY n DESC LIMIT 1", each: one(&found, &n, &note)})
	if err != nil {
		err = fmt.Errorf("read checkpoint: %w", err)
	}
	return n, note, err
}

// AddAnchor keeps the receipt of a checkpoint that was put elsewhere. The same
// receipt again (anchor, kind, place and checkpoint) adds nothing. After Close it
// is ErrClosed.
func (s *Store) AddAnchor(ctx context.Context, a record.Anchored) error {
	size, err := sizeOf(a.Checkpoint)
	if err != nil {
		return fmt.Errorf("keep anchor %s: %w", a.Anchor, err)
	}
	a.Proof = nil
	receipt, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("keep anchor %s: %w", a.Anchor, err)
	}
	what, err := json.Marshal([]string{a.Anchor, a.Kind, a.Where, a.Checkpoint})
	if err != nil {
		return fmt.Errorf("keep anchor %s: %w", a.Anchor, err)
	}
	id := sha256.Sum256(what)
	err = s.engine.write(ctx, func(r runner) error {
		return r.run(ctx, query{
			text: "INSERT INTO record_anchors (id, size, at, receipt) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING",
			args: []any{id[:], size, micros(a.At), receipt},
		})
	})
	if err := s.orClosed(err); err != nil {
		return fmt.Errorf("keep anchor %s: %w", a.Anchor, err)
	}
	return nil
}

// Anchors are the receipts for checkpoints of the given size and larger, oldest
// first. Proof is left empty.
func (s *Store) Anchors(ctx context.Context, fromSize int64) ([]record.Anchored, error) {
	var all []record.Anchored
	err := s.engine.run(ctx, query{
		text: "SELECT receipt FROM record_anchors WHERE size >= $1 ORDER BY at, size, id", args: []any{fromSize},
		each: func(scan func(...any) error) error {
			var receipt []byte
			if err := scan(&receipt); err != nil {
				return err
			}
			var a record.Anchored
			if err := json.Unmarshal(receipt, &a); err != nil {
				return err
			}
			all = append(all, a)
			return nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("read anchors: %w", err)
	}
	return all, nil
}

// sizeOf reads the tree's size from a checkpoint: its second line.
func sizeOf(note string) (int64, error) {
	lines := strings.SplitN(note, "\n", 4)
	if len(lines) == 4 && !strings.ContainsRune(note, 0) {
		size, err := strconv.ParseInt(lines[1], 10, 64)
		if err == nil && size >= 0 && strconv.FormatInt(size, 10) == lines[1] {
			return size, nil
		}
	}
	return 0, errors.New("the note is not a checkpoint: its second line must be the size of the tree")
}
