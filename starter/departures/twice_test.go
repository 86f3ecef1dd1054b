package departures_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/starter/departures"
)

func TestTheSameLineAsksWithTheSameRequestWhereverItStands(t *testing.T) {
	id := func(content string) string {
		rows := good(t, content, options())
		return rows[len(rows)-1].Departure.RequestID
	}
	want := id("email,last day,note\njane@example.com,2026-12-31,x\n")
	require.Equal(t, want, id("note;e-mail;at\ny;ada@example.com;now\nx;Jane@example.com;2026-12-31\n"))
	require.NotEqual(t, want, id("email,last day,note\njane@example.com,2026-12-30,x\n"))
	require.NotEqual(t, want, id("email,last day,note\njane@example.com,2026-12-31,y\n"))
	require.True(t, strings.HasPrefix(want, "file:"))
}

func TestAFileThatChangesIsNotStarted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	content := "email,last day\njane@example.com,2026-12-31\nada@example.com,2026-12-31\n"
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	f, err := departures.Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer f.Close()
	require.ErrorContains(t, firstError(f), "was not checked")
	_, err = f.Check(t.Context(), options(), func(departures.Problem) {})
	require.NoError(t, err)
	require.NoError(t, firstError(f))

	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(content, "jane", "bill", 1)), 0o600))
	require.NoError(t, os.Chtimes(path, now, now))
	require.ErrorIs(t, firstError(f), departures.ErrChanged)
	_, err = f.Check(t.Context(), options(), func(departures.Problem) {})
	require.ErrorIs(t, err, departures.ErrChanged)
}

// Not even a change that leaves size and time as they were gets a line started
// that was not checked.
func TestALineThatWasNotCheckedIsNotStarted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	content := "email,last day\njane@example.com,2026-12-31\n"
	for _, other := range []string{strings.Replace(content, "jane", "bill", 1), strings.Replace(content, "12-31", "12-30", 1), strings.Replace(content, "12-31", "12-32", 1)} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		require.NoError(t, os.Chtimes(path, now, now))
		f, err := departures.Open(t.Context(), path, nil)
		require.NoError(t, err)
		defer f.Close()
		_, err = f.Check(t.Context(), options(), func(departures.Problem) {})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, []byte(other), 0o600))
		require.NoError(t, os.Chtimes(path, now, now))
		require.ErrorIs(t, firstError(f), departures.ErrChanged)
	}
}

func firstError(f *departures.File) error {
	for _, err := range f.Rows(context.Background()) {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestStandardInputIsReadTwice(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	f, err := departures.Open(t.Context(), "-", strings.NewReader("email,last day\njane@example.com,now\n"))
	require.NoError(t, err)
	r, err := read(t, f, options())
	require.NoError(t, err)
	require.Len(t, r.rows, 1)
	require.NoError(t, f.Close())
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Empty(t, left, "nothing of it is left on the disk")
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	_, err := departures.Open(t.Context(), t.TempDir(), nil)
	require.ErrorContains(t, err, "is a directory")
	_, err = departures.Open(t.Context(), filepath.Join(t.TempDir(), "none.csv"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	silent, w, err := os.Pipe()
	require.NoError(t, err)
	defer w.Close()
	_, err = departures.Open(stopped, "-", silent)
	require.ErrorIs(t, err, context.Canceled, "a pipe that says nothing can be left")
	f := opened(t, "email,last day\njane@example.com,now\n")
	_, err = f.Check(stopped, options(), func(departures.Problem) {})
	require.ErrorIs(t, err, context.Canceled)
}
