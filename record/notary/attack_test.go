package notary_test

import (
	"crypto/rand"
	"errors"
	"os"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/notary"
)

// signedHouse has twenty entries that are signed for.
func signedHouse(t *testing.T, entries int) (*house, *notary.Notary) {
	t.Helper()
	h := newHouse(t)
	h.add(entries)
	n := h.start()
	require.NoError(t, n.Tick(t.Context()))
	require.Equal(t, int64(entries), h.open(h.kept()).N)
	return h, n
}

// both runs a test on the process that was there before the attack, and on one
// that begins after it.
func both(t *testing.T, test func(t *testing.T, h *house, n func(*notary.Notary) *notary.Notary)) {
	t.Run("running", func(t *testing.T) {
		test(t, newHouse(t), func(n *notary.Notary) *notary.Notary { return n })
	})
	t.Run("restarted", func(t *testing.T) {
		h := newHouse(t)
		test(t, h, func(*notary.Notary) *notary.Notary { return h.start() })
	})
}

func TestARewrittenTreeIsNotSigned(t *testing.T) {
	for _, at := range []int{0, 7, 19} {
		for _, more := range []int{0, 1, 30} {
			both(t, func(t *testing.T, h *house, then func(*notary.Notary) *notary.Notary) {
				h.add(20)
				n := h.start()
				require.NoError(t, n.Tick(t.Context()))
				h.add(more)
				h.log.rewrite(at, true)
				stop := h.stops(then(n), notary.Forked)
				require.NotEmpty(t, stop.At)
			})
		}
	}
}

func TestAnEntryChangedBeforeItWasSignedIsFound(t *testing.T) {
	both(t, func(t *testing.T, h *house, then func(*notary.Notary) *notary.Notary) {
		h.add(20)
		n := h.start()
		require.NoError(t, n.Tick(t.Context()))
		h.add(5)
		h.log.rewrite(22, false)
		stop := h.stops(then(n), notary.Changed)
		require.Contains(t, stop.Detail, "entry 22")
	})
}

func TestAnEntryOfTheFirstCheckpointIsLookedAtToo(t *testing.T) {
	h := newHouse(t)
	h.add(20)
	h.log.rewrite(3, false)
	h.stops(h.start(), notary.Changed)
	require.Empty(t, h.kept())
}

func TestAnEntryChangedLongAfterIsFoundByTheAudit(t *testing.T) {
	t.Run("by the pass at the start", func(t *testing.T) {
		h, _ := signedHouse(t, 20)
		h.log.rewrite(3, false)
		h.stops(h.start(), notary.Changed)
	})
	t.Run("by the hourly one", func(t *testing.T) {
		h, n := signedHouse(t, 2500)
		for range 5 {
			require.NoError(t, n.Tick(t.Context()))
		}
		h.log.rewrite(2400, false)
		require.NoError(t, n.Tick(t.Context()), "the tree is as it was signed; the pass comes within the hour")
		h.clock.step(61 * time.Minute)
		var stop *notary.Stop
		require.Eventually(t, func() bool { return errors.As(n.Tick(t.Context()), &stop) }, 5*time.Second, time.Millisecond)
		require.Equal(t, notary.Changed, stop.Cause)
		require.Contains(t, stop.Detail, "entry 2400")
	})
}

func TestAStoredHashThatIsWrongIsFound(t *testing.T) {
	for _, at := range []int64{tlog.StoredHashIndex(0, 20), tlog.StoredHashIndex(1, 10), tlog.StoredHashIndex(0, 3), tlog.StoredHashIndex(2, 1)} {
		h, _ := signedHouse(t, 20)
		h.add(5)
		h.log.set(func(m *memory) { m.hashes[at][0] ^= 1 })
		var stop *notary.Stop
		require.ErrorAs(t, h.start().Tick(t.Context()), &stop)
	}
}

// TestAHeadThatDoesNotFollowFromTheLeavesIsNotSigned: an attacker who stops
// halfway up the tree is found by what is grown from the leaves.
func TestAHeadThatDoesNotFollowFromTheLeavesIsNotSigned(t *testing.T) {
	h, _ := signedHouse(t, 20)
	h.add(4)
	h.log.rewrite(21, false)
	h.log.set(func(m *memory) { m.hashes[tlog.StoredHashIndex(0, 21)] = tlog.RecordHash(m.leaves[21]) })
	h.stops(h.start(), notary.Changed)
}

func TestARootThatTheLeavesDoNotGiveIsNotSigned(t *testing.T) {
	h := newHouse(t)
	h.add(6)
	h.log.set(func(m *memory) { m.lies = true })
	stop := h.stops(h.start(), notary.Changed)
	require.Contains(t, stop.Detail, "the 6 entries give the root")
}

func TestAnEntryThatIsMissingIsFound(t *testing.T) {
	h, n := signedHouse(t, 20)
	h.add(3)
	h.log.set(func(m *memory) { m.leaves[21] = m.leaves[22] })
	h.stops(n, notary.Changed)
}

func TestAnOlderStateIsNotSigned(t *testing.T) {
	for _, more := range []int{0, 3, 10, 25} { // up to and past the size that was signed for
		both(t, func(t *testing.T, h *house, then func(*notary.Notary) *notary.Notary) {
			h.add(10)
			n := h.start()
			require.NoError(t, n.Tick(t.Context()))
			old := h.log.take()
			h.add(10)
			require.NoError(t, n.Tick(t.Context()))
			h.log.put(old)
			h.add(more)
			cause := notary.Older
			if more >= 10 {
				cause = notary.Forked
			}
			h.stops(then(n), cause)
		})
	}
}

func TestADatabaseThatWasEmptiedIsNotSigned(t *testing.T) {
	h, n := signedHouse(t, 5)
	h.log.put(state{events: map[string]bool{}})
	h.stops(n, notary.Older)
	h.add(5)
	h.silence()
	h.stops(h.start(), notary.Older) // the stop outlives the cause
}

// TestTheWholeHostIsPutBack: database and copy are of one older state, and only
// the anchor knows better.
func TestTheWholeHostIsPutBack(t *testing.T) {
	for _, more := range []int{0, 3, 20} {
		place := &shelf{name: "far"}
		h := newHouse(t, place)
		h.add(10)
		n := h.start()
		require.NoError(t, n.Tick(t.Context()))
		old, kept := h.log.take(), h.kept()
		h.add(10)
		require.Eventually(t, func() bool {
			require.NoError(t, n.Tick(t.Context()))
			held := place.held()
			return len(held) > 0 && held[len(held)-1] == h.kept() && h.open(h.kept()).N == 20
		}, 5*time.Second, time.Millisecond)

		h.log.put(old)
		require.NoError(t, h.copy.Write(kept))
		h.add(more)
		cause := notary.Older
		if more >= 10 {
			cause = notary.Forked
		}
		stop := h.stops(h.start(), cause)
		require.Contains(t, stop.Detail, "anchor far")

		// The running process finds it with its own eyes at the next reading.
		h2 := newHouse(t, &shelf{name: "far", notes: place.held()})
		h2.o.Signer, h2.o.Verifier, h2.log = h.o.Signer, h.o.Verifier, h.log
		require.Error(t, h2.start().Tick(t.Context()), "nor without any copy")
	}
}

func TestASecondWriterWithTheSameKey(t *testing.T) {
	h, n := signedHouse(t, 10)
	base := h.log.take()
	// The other one's database takes another way, signed with the same key.
	h.add(3)
	h.log.rewrite(11, true)
	taken := h.log.take()
	other := taken.head()
	text := torchwood.Checkpoint{Origin: origin, Tree: other}.String()
	forged, err := note.Sign(&note.Note{Text: text}, h.o.Signer)
	require.NoError(t, err)

	t.Run("its checkpoint in our database", func(t *testing.T) {
		h.log.put(base)
		h.count = 10
		h.add(4)
		h.log.set(func(m *memory) { m.notes = append(m.notes, string(forged)) })
		h.stops(n, notary.Forked)
	})
	t.Run("its tree under our copy", func(t *testing.T) {
		h, _ := signedHouse(t, 10)
		h.add(3)
		h.log.rewrite(9, true)
		h.stops(h.start(), notary.Forked)
	})
}

func TestACheckpointInTheDatabaseThatNobodySigned(t *testing.T) {
	skey, _, err := note.GenerateKey(rand.Reader, origin)
	require.NoError(t, err)
	stranger, err := note.NewSigner(skey)
	require.NoError(t, err)
	h, _ := signedHouse(t, 10)
	h.add(2)
	text := torchwood.Checkpoint{Origin: origin, Tree: h.log.head()}.String()
	forged, err := note.Sign(&note.Note{Text: text}, stranger)
	require.NoError(t, err)
	for _, bad := range []string{string(forged), "scribble", h.kept()[:40]} {
		h, _ := signedHouse(t, 10)
		h.add(2)
		h.log.set(func(m *memory) { m.notes = append(m.notes, bad) })
		h.stops(h.start(), notary.Unsigned)
	}
}

func TestACopyThatIsLostIsNotMadeUp(t *testing.T) {
	lose := func(t *testing.T, h *house) {
		t.Helper()
		require.NoError(t, os.Remove(h.copy.String()))
	}
	refused := func(t *testing.T, h *house, n *notary.Notary, where string) {
		t.Helper()
		notes := h.log.checkpoints()
		h.add(2)
		for range 3 {
			err := n.Tick(t.Context())
			require.ErrorIs(t, err, notary.ErrNoCopy)
			require.ErrorContains(t, err, where)
			require.ErrorContains(t, err, "starter record resume --adopt")
			require.ErrorIs(t, n.Health(), notary.ErrNoCopy)
		}
		require.Equal(t, notes, h.log.checkpoints())
		require.Empty(t, h.kept())
		h.alarmed(1)
	}
	t.Run("the database has checkpoints", func(t *testing.T) {
		h, n := signedHouse(t, 10)
		kept := h.kept()
		lose(t, h)
		refused(t, h, n, "the database")
		require.NoError(t, h.copy.Write(kept))
		require.NoError(t, n.Tick(t.Context()), "once it is back, all goes on")
		h.sound()
	})
	t.Run("an anchor has one", func(t *testing.T) {
		h, _ := signedHouse(t, 10)
		far := &shelf{name: "far", notes: []string{h.kept()}}
		lose(t, h)
		h.log.set(func(m *memory) { m.notes = nil })
		h.o.Anchors = append(h.o.Anchors, far)
		refused(t, h, h.start(), "anchor far")
	})
	t.Run("an anchor may have one and does not answer", func(t *testing.T) {
		far := &shelf{name: "far", deaf: errors.New("no route")}
		h := newHouse(t, far)
		h.add(3)
		n := h.start()
		require.ErrorContains(t, n.Tick(t.Context()), "first checkpoint: no route")
		require.Empty(t, h.log.checkpoints())
		far.set(func(s *shelf) { s.deaf = nil })
		h.clock.step(time.Minute)
		require.Eventually(t, func() bool { return n.Tick(t.Context()) == nil }, 5*time.Second, time.Millisecond)
		require.Len(t, h.log.checkpoints(), 1)
	})
	t.Run("a receipt is left", func(t *testing.T) {
		h, _ := signedHouse(t, 10)
		receipt := record.Anchored{Anchor: "slack", Checkpoint: h.kept()}
		lose(t, h)
		h.log.set(func(m *memory) { m.notes, m.receipts = nil, []record.Anchored{receipt} })
		refused(t, h, h.start(), "a receipt of anchor slack")
	})
}

func TestACopyThatIsNone(t *testing.T) {
	other, _ := signedHouse(t, 3)
	for _, bad := range []string{"scribble", other.kept()} {
		h, _ := signedHouse(t, 10)
		kept := h.kept()
		require.NoError(t, h.copy.Write(bad))
		n := h.start()
		h.stops(n, notary.BadCopy)
		require.NoError(t, n.Adopt(t.Context(), kept), "the right one is handed in")
		require.NoError(t, n.Tick(t.Context()))
		h.sound()
	}
}
