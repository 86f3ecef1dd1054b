package anchor_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record/anchor"
)

func directory(t *testing.T, l *trunk) (anchor.Anchor, string) {
	t.Helper()
	dir := t.TempDir()
	return l.open(anchor.Config{Directory: []anchor.DirectoryConfig{{Name: "far", Path: dir}}}), dir
}

func TestADirectoryKeepsEveryCheckpoint(t *testing.T) {
	l := newTrunk(t, 20)
	a, dir := directory(t, l)
	require.Empty(t, latest(t, a))
	for _, size := range []int64{9, 10, 20} {
		got, err := a.Put(t.Context(), l.checkpoint(size))
		require.NoError(t, err)
		require.Equal(t, anchor.KindDirectory, got.Kind)
		require.Equal(t, "far", got.Anchor)
		b, err := os.ReadFile(got.Where)
		require.NoError(t, err)
		require.Equal(t, l.checkpoint(size), string(b))
		require.Equal(t, l.checkpoint(size), latest(t, a))
	}
	_, err := a.Put(t.Context(), l.checkpoint(10))
	require.NoError(t, err, "again changes nothing")
	require.Equal(t, l.checkpoint(20), latest(t, a))
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 4, "three, and the latest")
	hidden, err := filepath.Glob(filepath.Join(dir, ".*-*"))
	require.NoError(t, err)
	require.Empty(t, hidden, "nothing half is left")
	info, err := os.Stat(filepath.Join(dir, "10.checkpoint"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o444), info.Mode().Perm())
}

func TestADirectoryIsWrittenByManyAtOnce(t *testing.T) {
	l := newTrunk(t, 50)
	_, dir := directory(t, l)
	var all sync.WaitGroup
	for range 4 {
		a := l.open(anchor.Config{Directory: []anchor.DirectoryConfig{{Name: "far", Path: dir}}})
		all.Go(func() {
			for size := int64(1); size <= 50; size++ {
				_, err := a.Put(context.Background(), l.checkpoint(size))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	a := l.open(anchor.Config{Directory: []anchor.DirectoryConfig{{Name: "far", Path: dir}}})
	require.Equal(t, l.checkpoint(50), latest(t, a))
}

func TestADirectoryNeverOverwrites(t *testing.T) {
	l := newTrunk(t, 20)
	other := l.fork(20)
	a, dir := directory(t, l)
	path := filepath.Join(dir, "10.checkpoint")
	write := func(text string) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	t.Run("another tree", func(t *testing.T) {
		write(other.checkpoint(10))
		_, err := a.Put(t.Context(), l.checkpoint(10))
		var fork *anchor.Fork
		require.ErrorAs(t, err, &fork)
		require.Equal(t, path, fork.Where)
		require.NoFileExists(t, filepath.Join(dir, "latest"))
	})
	t.Run("the same tree with a cosignature more", func(t *testing.T) {
		write(l.checkpoint(10) + "— witness.example.com AAAAAAA=\n")
		_, err := a.Put(t.Context(), l.checkpoint(10))
		require.NoError(t, err)
	})
	skey, _, err := note.GenerateKey(rand.Reader, origin)
	require.NoError(t, err)
	stranger, err := note.NewSigner(skey)
	require.NoError(t, err)
	forged, err := note.Sign(&note.Note{Text: torchwood.Checkpoint{Origin: origin, Tree: tlog.Tree{N: 10}}.String()}, stranger)
	require.NoError(t, err)
	strange, err := note.Sign(&note.Note{Text: torchwood.Checkpoint{Origin: "other.example.com", Tree: tlog.Tree{N: 10}}.String()}, l.signer)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"nothing": "", "scribble": "scribble", "a stranger's": string(forged), "of another size": other.checkpoint(11),
		"of another log": string(strange), "too large": strings.Repeat("x", 70<<10),
	} {
		t.Run(name, func(t *testing.T) {
			write(text)
			_, err := a.Put(t.Context(), l.checkpoint(10))
			require.ErrorIs(t, err, anchor.ErrOccupied)
			var fork *anchor.Fork
			require.NotErrorAs(t, err, &fork)
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, text, string(b))
		})
	}
}

func TestADirectoryThatWasTamperedWithIsSeenThrough(t *testing.T) {
	l := newTrunk(t, 20)
	a, dir := directory(t, l)
	for _, size := range []int64{5, 12} {
		_, err := a.Put(t.Context(), l.checkpoint(size))
		require.NoError(t, err)
	}
	path := filepath.Join(dir, "latest")
	require.NoError(t, os.Remove(path))
	require.Equal(t, l.checkpoint(12), latest(t, a))
	require.NoError(t, os.WriteFile(path, []byte(l.checkpoint(5)), 0o600))
	require.Equal(t, l.checkpoint(12), latest(t, a), "turned back")
	require.NoError(t, os.WriteFile(path, []byte("scribble"), 0o600))
	require.Equal(t, l.checkpoint(12), latest(t, a))
	require.NoError(t, os.Remove(filepath.Join(dir, "12.checkpoint")))
	require.NoError(t, os.Remove(filepath.Join(dir, "5.checkpoint")))
	require.Equal(t, "scribble", latest(t, a), "it is not taken for nothing")
}

func TestAMountThatIsMissing(t *testing.T) {
	l := newTrunk(t, 5)
	path := filepath.Join(t.TempDir(), "mnt")
	a := l.open(anchor.Config{Directory: []anchor.DirectoryConfig{{Name: "far", Path: path}}})
	_, err := a.Put(t.Context(), l.checkpoint(3))
	require.ErrorContains(t, err, "mounted?")
	require.NoDirExists(t, path, "nothing is made in its place")
	_, err = a.(anchor.Reader).Latest(t.Context())
	require.ErrorContains(t, err, "mounted?")
	_, err = a.Put(t.Context(), "scribble")
	require.ErrorContains(t, err, "read checkpoint")
}

// channel is a Slack that keeps what is posted.
type channel struct {
	posts [][4]string
	fail  error
}

func (c *channel) PostCode(_ context.Context, id, headline, text, code string) (string, error) {
	if c.fail != nil {
		return "", c.fail
	}
	c.posts = append(c.posts, [4]string{id, headline, text, code})
	return "https://acme.slack.com/archives/" + id + "/p1", nil
}

func TestSlackGetsTheNoteAsItIs(t *testing.T) {
	l := newTrunk(t, 20)
	c := &channel{}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	a := l.open(anchor.Config{Slack: anchor.SlackConfig{Channel: "C01ABCDEF"}}, func(n *anchor.Needs) {
		n.Poster, n.Clock = c, func() time.Time { return now }
	})
	require.Equal(t, 10*time.Minute, a.(anchor.Paced).Every(), "by default")
	got, err := a.Put(t.Context(), l.checkpoint(12))
	require.NoError(t, err)
	require.Equal(t, "https://acme.slack.com/archives/C01ABCDEF/p1", got.Where)
	require.Equal(t, now, got.At)
	require.Len(t, c.posts, 1)
	require.Equal(t, "C01ABCDEF", c.posts[0][0])
	require.Contains(t, c.posts[0][1], "12 entries")
	require.Contains(t, c.posts[0][2], origin)
	require.Equal(t, l.checkpoint(12), c.posts[0][3])
	c.fail = errors.New("channel_not_found")
	_, err = a.Put(t.Context(), l.checkpoint(13))
	require.ErrorIs(t, err, c.fail)
}
