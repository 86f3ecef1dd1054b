package verify

import (
	"context"
	"io/fs"

	"filippo.io/torchwood"
)

// survey is what files lie in a log's folder.
type survey struct {
	entries                int64 // files of entries that the checkpoint covers
	older, beyond, strange int
}

// maxStrange bounds how many files are looked at that do not belong there.
const maxStrange = 10_000

// look counts the files without opening any, and follows no link: with links a
// small folder can pretend to hold a log without an end.
func (l *wholeLog) look(ctx context.Context) {
	s := &l.survey
	_ = fs.WalkDir(l.files, "tile", func(path string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil || s.older+s.beyond+s.strange > maxStrange:
			return fs.SkipAll
		case err != nil || d.IsDir():
			return nil // what is missing is found when it is read
		case !d.Type().IsRegular():
			s.strange++
			return nil
		}
		l.sort(path)
		return nil
	})
}

func (l *wholeLog) sort(path string) {
	s := &l.survey
	t, err := torchwood.ParseTilePath(path)
	if err != nil {
		s.strange++
		return
	}
	level := max(t.L, 0)
	if level > 7 || t.N > l.cp.N {
		s.beyond++
		return
	}
	there := l.cp.N >> (torchwood.TileHeight * level)
	end := t.N*torchwood.TileWidth + int64(t.W)
	switch full := t.W == torchwood.TileWidth; {
	case end > there:
		s.beyond++
		if t.L < 0 && full && t.N*torchwood.TileWidth < there {
			s.entries++ // the log has grown since: it stands for the partial one
		}
	case !full && end < there:
		s.older++
	case t.L < 0:
		s.entries++
	}
}

func (l *wholeLog) others() {
	switch s := l.survey; {
	case s.beyond > 0:
		l.lack(idOthers, "%d files are for entries that the checkpoint does not cover. Either an export was interrupted, or an older checkpoint was put in the place of the newest one. Export anew and check again.", s.beyond)
	case s.older+s.strange > 0:
		l.skip(idOthers, "%d files of earlier exports that newer ones stand for, and %d that are none of Lastday's, were not looked at. The log does not need them.", s.older, s.strange)
	default:
		l.pass(idOthers, "No file is there that the checkpoint does not cover.")
	}
}
