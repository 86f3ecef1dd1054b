package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/store"
)

func note(tree tlog.Tree) string {
	return fmt.Sprintf("example.com/record\n%d\n%s\n\n— example.com/record AAAA\n", tree.N, tree.Hash)
}

func TestOneSignsAtATime(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		keys := newKeys(t)
		stores := []*store.Store{open(t, dsn, keys), open(t, dsn, keys)}
		const each, signers = 6, 4
		// No lock of the test's own keeps them apart.
		var inside, signed atomic.Int32
		var last atomic.Value
		last.Store("")
		var wg sync.WaitGroup
		errs := make(chan error, len(stores)*signers*each)
		for n, s := range stores {
			for w := range signers {
				wg.Go(func() {
					for i := range each {
						_ = appendAll(t.Context(), s, action(fmt.Sprintf("%d-%d-%d", n, w, i), "case-1"))
						errs <- s.Sign(t.Context(), func(ctx context.Context, si record.Signing) (string, error) {
							defer inside.Add(-1)
							if n := inside.Add(1); n != 1 || si.Last != last.Load() {
								return "", fmt.Errorf("%d sign at once, or the last checkpoint is not the last", n)
							}
							root, err := tlog.TreeHash(si.Head.N, si.Hashes)
							if err != nil || root != si.Head.Hash {
								return "", fmt.Errorf("the head is not that of the hashes: %w", err)
							}
							// Somebody may append while this one signs.
							if err := appendAll(ctx, s, action(fmt.Sprintf("in-%d-%d-%d", n, w, i), "case-1")); err != nil {
								return "", err
							}
							next := note(si.Head) + fmt.Sprint(signed.Add(1))
							last.Store(next)
							return next, nil
						})
					}
				})
			}
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			require.NoError(t, err)
		}
		require.EqualValues(t, len(stores)*signers*each, signed.Load())
		got, err := stores[1].Checkpoint(t.Context())
		require.NoError(t, err)
		require.Equal(t, last.Load(), got)
	})
}

func TestWhatIsNotSignedIsNotKept(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		sign := func(note string, err error) error {
			return s.Sign(t.Context(), func(context.Context, record.Signing) (string, error) { return note, err })
		}
		require.NoError(t, sign("", nil))
		alarm := errors.New("the tree does not continue the one signed last")
		require.ErrorIs(t, sign(note(tlog.Tree{}), alarm), alarm)
		for _, bad := range []string{"x", "origin\n007\nroot\n\nsig\n", "origin\n-1\nroot\n\nsig\n", "o\n1\nroot\x00\n\nsig\n"} {
			require.ErrorContains(t, sign(bad, nil), "not a checkpoint")
		}
		got, err := s.Checkpoint(t.Context())
		require.NoError(t, err)
		require.Empty(t, got)
		require.NoError(t, sign(note(tlog.Tree{}), nil), "an error leaves the lock free")
	})
}

func TestAnchorsAreKeptOnce(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		anchor := func(name string, size int64, at time.Time) record.Anchored {
			return record.Anchored{Anchor: name, Kind: "directory", Where: "/mnt/" + name, At: at, Checkpoint: note(tlog.Tree{N: size})}
		}
		second, first, small := anchor("b", 7, at.Add(time.Hour)), anchor("a", 9, at), anchor("a", 2, at.Add(-time.Hour))
		for _, a := range []record.Anchored{second, first, small, first} {
			a.Proof = tlog.TreeProof{{1}}
			require.NoError(t, s.AddAnchor(t.Context(), a))
		}
		again := first
		again.At = at.Add(time.Minute)
		require.NoError(t, s.AddAnchor(t.Context(), again))
		got, err := s.Anchors(t.Context(), 7)
		require.NoError(t, err)
		require.Equal(t, []record.Anchored{first, second}, got)
		got, err = s.Anchors(t.Context(), 0)
		require.NoError(t, err)
		require.Len(t, got, 3)
		bad := first
		bad.Checkpoint = strings.Repeat("x", 10)
		require.ErrorContains(t, s.AddAnchor(t.Context(), bad), "not a checkpoint")
	})
}

// A signer whose connection is lost has lost its lock: what it signed must not be
// kept beside what another signed meanwhile.
func TestASignerThatLostItsLockKeepsNothing(t *testing.T) {
	dsn := postgresDSN(t)
	s := open(t, dsn, newKeys(t))
	err := s.Sign(t.Context(), func(context.Context, record.Signing) (string, error) {
		killed := column[bool](t, raw(t, dsn), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction'`)
		require.Equal(t, []bool{true}, killed)
		return note(tlog.Tree{}), nil
	})
	require.ErrorContains(t, err, "sign checkpoint")
	got, err := s.Checkpoint(t.Context())
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestAClosedRecordSaysThatItIsClosed(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		require.NoError(t, appendAll(t.Context(), s, action("a", "case-1")))
		head, err := s.Head(t.Context())
		require.NoError(t, err)
		require.NoError(t, s.Close())
		require.ErrorIs(t, s.AddAnchor(t.Context(), record.Anchored{Anchor: "disk", Checkpoint: note(head)}), store.ErrClosed)
		require.ErrorIs(t, s.Sign(t.Context(), func(context.Context, record.Signing) (string, error) { return "", nil }), store.ErrClosed)
		require.ErrorIs(t, appendAll(t.Context(), s, action("b", "case-1")), store.ErrClosed)
		_, err = s.Forget(t.Context(), jane.Identity, hr)
		require.ErrorIs(t, err, store.ErrClosed)
	})
}
