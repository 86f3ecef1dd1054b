package notary_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"lastday/record"
	"lastday/record/notary"
)

func TestEveryRoundSignsWhatIsNew(t *testing.T) {
	h := newHouse(t)
	n := h.start()
	require.Error(t, n.Health(), "nothing was looked at yet")
	require.NoError(t, n.Tick(t.Context()))
	require.NoError(t, n.Health())
	require.Empty(t, h.log.checkpoints(), "an empty log has nothing to sign")

	for want := int64(1); want < 40; want += 3 {
		h.add(int(want - h.log.head().N))
		require.NoError(t, n.Tick(t.Context()))
		all := h.log.checkpoints()
		require.Equal(t, want, h.open(all[len(all)-1]).N)
		require.Equal(t, all[len(all)-1], h.kept(), "the copy is the newest")
	}
	signed := len(h.log.checkpoints())
	signs := h.log.signs
	require.NoError(t, n.Tick(t.Context()))
	require.Len(t, h.log.checkpoints(), signed, "nothing new, nothing signed")
	require.Equal(t, signs, h.log.signs, "nor is the lock taken")
	h.sound()
	require.Empty(t, h.told())
}

func TestALargeLogIsSignedAtTheFirstStart(t *testing.T) {
	h := newHouse(t)
	h.add(2345)
	n := h.start()
	require.NoError(t, n.Tick(t.Context()))
	require.Equal(t, int64(2345), h.open(h.kept()).N)
	h.sound()
}

func TestACheckpointFollowsAnEntryWithinTwoSeconds(t *testing.T) {
	h := newHouse(t)
	n := h.start()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	require.Eventually(t, func() bool { return n.Health() == nil }, 5*time.Second, time.Millisecond)
	for range 3 {
		before := len(h.log.checkpoints())
		h.add(1)
		began := time.Now()
		require.Eventually(t, func() bool { return len(h.log.checkpoints()) > before }, 5*time.Second, time.Millisecond)
		require.Less(t, time.Since(began), 2*time.Second)
	}
	cancel()
	require.NoError(t, <-done)
}

// failing is a copy that does not keep what it is given.
type failing struct {
	notary.Copy
	write, stop error
	half        bool // it was kept all the same
}

func (f *failing) Write(text string) error {
	if f.write != nil && f.half {
		_ = f.Copy.Write(text)
	}
	if f.write != nil {
		return f.write
	}
	return f.Copy.Write(text)
}

func (f *failing) Stop(s notary.Stop) error {
	if f.stop != nil {
		return f.stop
	}
	return f.Copy.Stop(s)
}

// TestAnEndAtAnyPointRecoversByItself: the process ends between any two steps,
// the log grows or does not, and the next process goes on.
func TestAnEndAtAnyPointRecoversByItself(t *testing.T) {
	broken := errors.New("the end")
	points := map[string]func(*house) func(*notary.Options){
		"before the copy": func(h *house) func(*notary.Options) {
			return func(o *notary.Options) { o.Copy = &failing{Copy: h.copy, write: broken} }
		},
		"after the copy, before its word": func(h *house) func(*notary.Options) {
			return func(o *notary.Options) { o.Copy = &failing{Copy: h.copy, write: broken, half: true} }
		},
		"before the note is stored": func(h *house) func(*notary.Options) {
			h.log.set(func(m *memory) { m.noStore = broken })
			return func(*notary.Options) {}
		},
	}
	for name, point := range points {
		for _, grown := range []int{0, 1, 5} {
			t.Run(name, func(t *testing.T) {
				h := newHouse(t)
				h.add(3)
				require.NoError(t, h.start().Tick(t.Context()))
				h.add(4)
				require.ErrorIs(t, h.start(point(h)).Tick(t.Context()), broken)
				require.Len(t, h.log.checkpoints(), 1)
				h.log.set(func(m *memory) { m.noStore = nil })

				h.add(grown)
				next := h.start()
				require.NoError(t, next.Tick(t.Context()))
				require.NoError(t, next.Health())
				all := h.log.checkpoints()
				require.Equal(t, int64(7+grown), h.open(all[len(all)-1]).N)
				require.Equal(t, all[len(all)-1], h.kept())
				h.sound()
				require.Empty(t, h.told())
			})
		}
	}
	t.Run("the very first one", func(t *testing.T) {
		h := newHouse(t)
		h.add(2)
		h.log.set(func(m *memory) { m.noStore = broken })
		require.ErrorIs(t, h.start().Tick(t.Context()), broken)
		h.log.set(func(m *memory) { m.noStore = nil })
		require.NoError(t, h.start().Tick(t.Context()))
		require.Equal(t, []string{h.kept()}, h.log.checkpoints())
	})
}

func TestTheSameProcessRecoversToo(t *testing.T) {
	h := newHouse(t)
	h.add(3)
	n := h.start()
	require.NoError(t, n.Tick(t.Context()))
	h.add(2)
	h.log.set(func(m *memory) { m.noStore = errors.New("gone") })
	require.Error(t, n.Tick(t.Context()))
	h.add(2)
	require.Error(t, n.Tick(t.Context()))
	h.log.set(func(m *memory) { m.noStore = nil })
	require.NoError(t, n.Tick(t.Context()))
	require.Equal(t, int64(7), h.open(h.log.checkpoints()[1]).N)
	h.sound()
}

func TestTwoNotariesOnOneLog(t *testing.T) {
	h := newHouse(t)
	h.add(1)
	a := h.start()
	require.NoError(t, a.Tick(t.Context()))
	other := notary.NewFile(t.TempDir() + "/checkpoint")
	b := h.start(func(o *notary.Options) { o.Copy = other })
	require.ErrorIs(t, b.Tick(t.Context()), notary.ErrNoCopy, "the second does not take the database's word")
	require.NoError(t, b.Adopt(t.Context(), h.kept()))
	require.NoError(t, b.Tick(t.Context()))

	t.Run("in turn", func(t *testing.T) {
		for range 5 {
			h.add(2)
			require.NoError(t, a.Tick(t.Context()))
			h.add(1)
			require.NoError(t, b.Tick(t.Context()))
			require.NoError(t, a.Tick(t.Context()))
			mine, err := other.Read()
			require.NoError(t, err)
			require.Equal(t, mine, h.kept(), "each has the newest")
		}
	})
	t.Run("at once", func(t *testing.T) {
		done := make(chan error, 2)
		for _, n := range []*notary.Notary{a, b} {
			go func() {
				for range 200 {
					if err := n.Tick(t.Context()); err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
		}
		h.add(300)
		require.NoError(t, <-done)
		require.NoError(t, <-done)
		require.NoError(t, a.Tick(t.Context()))
		require.NoError(t, b.Tick(t.Context()))
		mine, err := other.Read()
		require.NoError(t, err)
		require.Equal(t, mine, h.kept())
	})
	h.sound()
}

func TestAFailingDatabaseIsNoMismatch(t *testing.T) {
	h := newHouse(t)
	h.add(2)
	n := h.start()
	require.NoError(t, n.Tick(t.Context()))
	h.log.set(func(m *memory) { m.down = errors.New("connection refused") })
	require.ErrorContains(t, n.Tick(t.Context()), "connection refused")
	require.ErrorContains(t, n.Health(), "connection refused")
	require.Empty(t, h.told(), "a moment is no alarm")
	h.clock.step(6 * time.Minute)
	for range 3 {
		require.Error(t, n.Tick(t.Context()))
	}
	h.alarmed(1)
	h.log.set(func(m *memory) { m.down = nil })
	h.add(1)
	require.NoError(t, n.Tick(t.Context()))
	require.NoError(t, n.Health())
	stop, err := h.copy.Stopped()
	require.NoError(t, err)
	require.Nil(t, stop)
	require.Equal(t, int64(3), h.open(h.kept()).N)
}

func TestARoundThatHangsIsUnhealthy(t *testing.T) {
	h := newHouse(t)
	h.add(1)
	n := h.start()
	require.NoError(t, n.Tick(t.Context()))
	h.add(1)
	entered, leave := make(chan struct{}), make(chan struct{})
	h.log.before = func() { close(entered); <-leave }
	done := make(chan error, 1)
	go func() { done <- n.Tick(t.Context()) }()
	<-entered
	require.NoError(t, n.Health())
	h.clock.step(3 * time.Minute)
	require.ErrorContains(t, n.Health(), "has not ended")
	close(leave)
	require.NoError(t, <-done)
	require.NoError(t, n.Health())
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	h := newHouse(t)
	_, vkey, err := note.GenerateKey(rand.Reader, origin)
	require.NoError(t, err)
	other, err := note.NewVerifier(vkey)
	require.NoError(t, err)
	for want, edit := range map[string]func(*notary.Options){
		"needs a log":        func(o *notary.Options) { o.Copy = nil },
		"must be one word":   func(o *notary.Options) { o.Origin = "the record" },
		"under the log's":    func(o *notary.Options) { o.Origin = "elsewhere.example.com" },
		"is not that of the": func(o *notary.Options) { o.Verifier = other },
	} {
		o := h.o
		edit(&o)
		_, err := notary.New(o)
		require.ErrorContains(t, err, want)
	}
}

func TestTheFileIsReplacedWhole(t *testing.T) {
	path := t.TempDir() + "/deep/er/checkpoint"
	f := notary.NewFile(path)
	text, err := f.Read()
	require.NoError(t, err)
	require.Empty(t, text)
	require.NoError(t, f.Write("one\n"))
	require.NoError(t, f.Write("two\n"))
	text, err = f.Read()
	require.NoError(t, err)
	require.Equal(t, "two\n", text)
	left, err := os.ReadDir(path[:strings.LastIndex(path, "/")])
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing else is left behind")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, f.Clear(), "nothing to clear is no error")
	require.NoError(t, f.Stop(notary.Stop{Cause: notary.Older, Detail: "x", At: time.Unix(5, 0).UTC()}))
	stop, err := f.Stopped()
	require.NoError(t, err)
	require.Equal(t, &notary.Stop{Cause: notary.Older, Detail: "x", At: time.Unix(5, 0).UTC()}, stop)
	require.NoError(t, os.WriteFile(path+".stopped", nil, 0o600))
	stop, err = f.Stopped()
	require.NoError(t, err)
	require.Equal(t, notary.Asked, stop.Cause, "whatever the file says, that it is there is enough")
	require.NoError(t, f.Clear())

	require.NoError(t, os.WriteFile(path, nil, 0o600))
	_, err = f.Read()
	require.ErrorContains(t, err, "is empty", "cut off is not the same as never written")
}

var _ notary.Log = (*memory)(nil)

var _ record.Appender = (*memory)(nil)
