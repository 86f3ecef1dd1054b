package verify

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record/tiles"
)

// Log checks a whole log that was exported as a directory of tiles. It never
// panics and always ends; when ctx does, it says what was not reached.
func Log(ctx context.Context, files fs.FS, o Options) Report {
	q := begin(KindLog, "a folder with a whole log", o)
	l := wholeLog{inquiry: q, dir: tiles.In(files), files: files}
	l.run(ctx)
	return q.done(ctx)
}

// wholeLog is the verification of one log.
type wholeLog struct {
	*inquiry
	dir   tiles.Dir
	files fs.FS

	survey    survey
	tree      tree
	chronicle *chronicle
	next      int // of marks, which are in the order of their sizes
	fitting   []bool
	spoilt    bool // an entry's file could not be read: what comes after is unknown

	badAnchors, badCopies, badEntries, badTiles, badForm faults
	unused                                               []string
	unread                                               []string // what the machine did not let us read
}

func (l *wholeLog) run(ctx context.Context) {
	if !l.signed() {
		return
	}
	l.gather(ctx)
	if ctx.Err() != nil {
		return
	}
	l.look(ctx)
	l.chronicle = newChronicle(l.now, l.sightings())
	l.tree.full = l.compareTile
	l.walk(ctx)
	if ctx.Err() != nil {
		return
	}
	l.tellEntries()
	l.tellOrder()
	l.others()
	l.outside()
	l.operator(l.cp.N, "all entries of this log")
}

func (l *wholeLog) signed() bool {
	if !l.hasKey() {
		return false
	}
	text, err := l.dir.Checkpoint()
	if errors.Is(err, fs.ErrNotExist) {
		l.lack(idSignature, "This folder is not a log that Lastday exported: it holds no file named checkpoint. Give the folder as it came from Lastday.")
		return false
	}
	if unreadable(err) {
		l.lack(idSignature, "The checkpoint could not be read: %s.", err)
		return false
	}
	var f faults
	if err == nil {
		l.cp, err = l.open(text)
	}
	if err != nil {
		f.add("The file checkpoint is not good: %s.", err)
	} else {
		l.report.What = "the whole log " + l.cp.Origin
	}
	return l.settle(idSignature, f, "The checkpoint of the log %s, for %d entries, is signed by the key you gave.", l.cp.Origin, l.cp.N)
}

// unreadable reports whether the machine did not let us read what is there: no
// fault of the log.
func unreadable(err error) bool {
	var path *fs.PathError
	return errors.As(err, &path) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid)
}

// read takes what is wrong with a file to the faults, or to what was not read.
func (l *wholeLog) readFault(err error, f *faults) {
	switch {
	case unreadable(err):
		if len(l.unread) < maxFaults {
			l.unread = append(l.unread, err.Error())
		}
	case errors.Is(err, fs.ErrNotExist):
		f.add("A file of the log is missing: %s.", missing(err))
	default:
		f.add("A file of the log is not as it was exported: %s.", err)
	}
}

func missing(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Path
	}
	return err.Error()
}

// taken is what becomes of one leaf.
type taken struct {
	hash tlog.Hash
	line line
	err  error
}

// walk reads all entries in their order.
func (l *wholeLog) walk(ctx context.Context) {
	const wide = torchwood.TileWidth
	total := (l.cp.N + wide - 1) / wide
	l.reach()
	if l.survey.entries < total {
		l.badEntries.add("Of %d files of entries only %d are here.", total, l.survey.entries)
	}
	for from := int64(0); from < total; {
		if from > l.survey.entries {
			l.spoilt = true
			return
		}
		batch := parts(ctx, l.dir, from, min(total, from+int64(2*workers())), l.cp.N)
		for _, p := range batch {
			if ctx.Err() != nil {
				return
			}
			if p.err != nil {
				l.readFault(p.err, &l.badEntries)
				l.spoilt = true
				return
			}
			for _, t := range p.leaves {
				l.take(t)
			}
		}
		from += int64(len(batch))
	}
	l.tree.rest()
}

func (l *wholeLog) take(t taken) {
	if t.err != nil {
		l.badForm.add("Entry %d is not one that Lastday wrote: %s.", l.tree.n, t.err)
	}
	l.chronicle.take(t.line)
	l.tree.add(t.hash)
	l.reach()
}

// reach compares the marks for which the log has just the right size.
func (l *wholeLog) reach() {
	for l.next < len(l.marks) && l.marks[l.next].size <= l.tree.n {
		l.fitting[l.next] = l.marks[l.next].root == l.tree.root()
		l.next++
	}
}

func (l *wholeLog) compareTile(t tlog.Tile, hashes []tlog.Hash) {
	data, err := l.dir.Tile(t)
	if err != nil {
		l.readFault(err, &l.badTiles)
		return
	}
	for i, h := range hashes {
		if h == tlog.Hash(data[i*tlog.HashSize:(i+1)*tlog.HashSize]) {
			continue
		}
		if t.L == 0 {
			l.badTiles.add("Entry %d is not the one whose hash stands in %s: one of them was changed, or entries were moved, removed or put in before it.", t.N*torchwood.TileWidth+int64(i), torchwood.TilePath(t))
		} else {
			l.badTiles.add("%s does not fit the files of hashes below it.", torchwood.TilePath(t))
		}
		return
	}
}

func (l *wholeLog) tellEntries() {
	switch {
	case l.spoilt && l.badEntries.none():
	case !l.spoilt && l.tree.root() != l.cp.Hash:
		l.badEntries.add("The %d entries here are not those that the log signed: their joint hash is another one than the checkpoint's.", l.cp.N)
	}
	if len(l.unread) > 0 && l.badEntries.none() && l.badTiles.none() {
		for _, id := range []string{idEntries, idTiles} {
			l.lack(id, "Files could not be read: %s.", strings.Join(l.unread, "; "))
		}
		return
	}
	l.settle(idEntries, l.badEntries, "All %d entries were hashed anew, and their joint hash is the one in the signed checkpoint.", l.cp.N)
	if l.spoilt && l.badTiles.none() {
		return
	}
	l.settle(idTiles, l.badTiles, "Each of them was made again from the entries and is the same.")
}

func (l *wholeLog) tellOrder() {
	tell := func(id string, f faults, format string, a ...any) {
		if l.spoilt && f.none() {
			l.lack(id, "Of %d entries only the first %d could be read.", l.cp.N, l.tree.n)
			return
		}
		l.settle(id, f, format, a...)
	}
	tell(idForm, l.badForm, "All %d entries are written exactly as Lastday writes them.", l.tree.n)
	tell(idComplete, l.chronicle.gaps, "The entries of each of %d cases are numbered from 1 without a gap.", len(l.chronicle.counts))
	tell(idOnce, l.chronicle.twice(), "No two of the entries are the same event.")
	tell(idClock, l.chronicle.clock, "%s", clockText)
}
