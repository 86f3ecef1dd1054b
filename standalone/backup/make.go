package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lastday/config"
	"lastday/record/store"
)

// Make copies what the process of this configuration keeps in SQLite and beside
// it into a new folder, while it runs or not; the folder may be there if it is
// empty. Temporal's database and the record are of one moment. No secret key is
// copied. On an error nothing is left of it.
func Make(ctx context.Context, f config.File, to string) (m Manifest, err error) {
	l, err := layoutOf(f)
	if err != nil {
		return m, err
	}
	for _, path := range l.databases() {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return m, fmt.Errorf("there is nothing to copy, %s is missing: has standalone up run with this configuration?", path)
		}
	}
	if to, err = free(l, to); err != nil {
		return m, err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return m, fmt.Errorf("make folder for the backup: %w", err)
	}
	defer func() {
		if err != nil {
			discard(to)
		}
	}()
	names, err := l.copyFiles(to)
	if err != nil {
		return m, fmt.Errorf("back up: %w", err)
	}
	m = Manifest{Format: format, Program: program()}
	if m.MadeAt, err = l.copyDatabases(ctx, to); err != nil {
		return m, fmt.Errorf("back up: %w", err)
	}
	names = slices.AppendSeq(names, maps.Keys(l.databases()))
	slices.Sort(names)
	if err := m.close(to, names); err != nil {
		return m, fmt.Errorf("back up: %w", err)
	}
	return m, nil
}

// free gives the folder's whole path, if a backup may be made there.
func free(l layout, to string) (string, error) {
	to, err := filepath.Abs(to)
	if err != nil {
		return "", fmt.Errorf("find the folder of the backup: %w", err)
	}
	if to == l.dir || strings.HasPrefix(to, l.dir+string(filepath.Separator)) {
		return "", fmt.Errorf("%s is within the data directory: choose another disk", to)
	}
	nothing, err := empty(to)
	if err != nil {
		return "", fmt.Errorf("look at the folder of the backup: %w", err)
	}
	if !nothing {
		return "", fmt.Errorf("%s is not empty: choose a new folder", to)
	}
	return to, nil
}

// discard takes away what was made in a folder that was empty.
func discard(dir string) {
	for _, name := range []string{manifestName, temporalPart, "record"} {
		os.RemoveAll(filepath.Join(dir, name))
	}
	os.Remove(dir) // only if nothing else is in it
}

// copyFiles takes what only tells of the record before the record itself: each
// may be older than the record that is copied, and none is newer. A copy of the
// last checkpoint that is newer than its record stops the signing.
func (l layout) copyFiles(to string) (names []string, err error) {
	if l.embedded != nil {
		anchors, err := checkpoints(l.embedded.Anchors)
		if err != nil {
			return nil, err
		}
		for _, name := range anchors {
			part := anchorsPart + "/" + name
			if err := copyFile(filepath.Join(l.embedded.Anchors, name), filepath.Join(to, part)); err != nil {
				return nil, err
			}
			names = append(names, part)
		}
		if err := copyFile(l.embedded.PublicKey, filepath.Join(to, publicPart)); err != nil {
			return nil, err
		}
		names = append(names, publicPart)
	}
	if l.record == "" || l.copy == "" {
		return names, nil
	}
	for _, f := range [][2]string{{copyPart, l.copy}, {stoppedPart, l.copy + ".stopped"}} {
		there, err := copyIfThere(f[1], filepath.Join(to, f[0]))
		if err != nil {
			return nil, err
		}
		if there {
			names = append(names, f[0])
		}
	}
	return names, nil
}

// copyDatabases takes both databases as they were at one moment. It holds up who
// writes to the record for that moment, not while it copies: whatever a case had
// been told was recorded is then in the record, and the record knows of nothing
// that the case does not, as if the process had been killed.
func (l layout) copyDatabases(ctx context.Context, to string) (at time.Time, err error) {
	snapshots := map[string]*snapshot{}
	defer func() {
		for _, s := range snapshots {
			s.close()
		}
	}()
	for part, path := range l.databases() {
		if snapshots[part], err = open(ctx, path); err != nil {
			delete(snapshots, part)
			return at, err
		}
	}
	take := func() error {
		at = time.Now().UTC()
		for _, s := range snapshots {
			if err := s.take(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	if l.record == "" {
		err = take()
	} else {
		err = store.Hold(ctx, l.record, take)
	}
	if err != nil {
		return at, err
	}
	for part, s := range snapshots {
		path := filepath.Join(to, part)
		if err := s.copy(ctx, path); err != nil {
			return at, err
		}
		if err := whole(ctx, path); err != nil {
			return at, err
		}
	}
	return at, nil
}
