// Package backup copies what the single process keeps, while it runs, and puts
// it back. It owns what belongs into a backup, in which order it is read, and
// what must be shown before it is used again. It knows no case and no entry.
package backup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lastday/config"
	"lastday/record/setup"
)

// The names of the parts in a backup.
const (
	temporalPart = "temporal.db"
	recordPart   = "record/record.db"
	copyPart     = "record/last-signed"
	stoppedPart  = copyPart + ".stopped"
	publicPart   = "record/public.key"
	anchorsPart  = "record/anchors"
)

// layout is where one configuration keeps the parts; "" is what it keeps
// elsewhere than in SQLite or files.
type layout struct {
	dir      string // the data directory
	temporal string
	record   string
	copy     string
	embedded *setup.Files // nil where the configuration has a record of its own
}

func layoutOf(f config.File) (layout, error) {
	dir, err := filepath.Abs(f.Standalone.DataDir)
	if err != nil {
		return layout{}, fmt.Errorf("find data directory: %w", err)
	}
	l := layout{dir: dir}
	if f.Standalone.Database == "" {
		l.temporal = filepath.Join(dir, temporalPart)
	}
	path, isSQLite := strings.CutPrefix(f.Record.Database, "sqlite:")
	switch {
	case !f.Record.Kept():
		files := setup.EmbeddedFiles(dir)
		l.embedded, l.record, l.copy = &files, files.Database, files.Copy
	case isSQLite:
		if l.record, err = filepath.Abs(path); err != nil {
			return layout{}, fmt.Errorf("find the record: %w", err)
		}
		l.copy = f.Record.Copy
	}
	if l.temporal == "" && l.record == "" {
		return layout{}, errors.New("this configuration keeps everything in PostgreSQL: back it up with PostgreSQL's own tools, such as pg_basebackup")
	}
	return l, nil
}

// databases are the SQLite files by part.
func (l layout) databases() map[string]string {
	out := map[string]string{}
	if l.temporal != "" {
		out[temporalPart] = l.temporal
	}
	if l.record != "" {
		out[recordPart] = l.record
	}
	return out
}

// empty says that a folder is missing or has nothing in it, but for what a file
// system puts there itself.
func empty(dir string) (bool, error) {
	all, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return len(all) == 0 || (len(all) == 1 && all[0].Name() == "lost+found"), nil
}
