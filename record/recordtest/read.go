package recordtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

var (
	_ record.Reader   = (*Log)(nil)
	_ record.Appender = (*Log)(nil)
)

// Head implements record.Reader.
func (l *Log) Head(ctx context.Context) (tlog.Tree, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := int64(len(l.entries))
	root, err := tlog.TreeHash(n, tlog.HashReaderFunc(l.read))
	return tlog.Tree{N: n, Hash: root}, first(err, ctx.Err())
}

// Hashes implements record.Reader.
func (l *Log) Hashes(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.read(indexes)
	})
}

// Range implements record.Reader.
func (l *Log) Range(ctx context.Context, from, to int64) ([]record.Recorded, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if from < 0 || to < from || to > int64(len(l.entries)) {
		return nil, fmt.Errorf("read entries %d to %d: the log has %d", from, to, len(l.entries))
	}
	return slices.Clone(l.entries[from:to]), ctx.Err()
}

// Case implements record.Reader.
func (l *Log) Case(ctx context.Context, id string) ([]record.Recorded, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of(id), ctx.Err()
}

func (l *Log) of(id string) []record.Recorded {
	var out []record.Recorded
	for _, e := range l.entries {
		if id != "" && e.Entry.Case == id {
			out = append(out, e)
		}
	}
	return out
}

// Cases implements record.Reader.
func (l *Log) Cases(ctx context.Context, f record.Filter) ([]record.Summary, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	byCase := map[string]record.Summary{}
	var order []string
	for _, e := range l.entries {
		s, known := byCase[e.Entry.Case]
		if e.Entry.Case == "" {
			continue
		}
		if !known {
			order = append(order, e.Entry.Case)
			s.Case = e.Entry.Case
		}
		s.Entries++
		if p := e.Entry.People[record.Subject]; p != "" && s.Subject == "" {
			s.Subject, s.Person = p, l.people[p]
		}
		if e.Entry.Kind == record.Progress || e.Entry.Kind == record.Confirmation {
			s.Standing = record.Standing{}
			if err := json.Unmarshal(e.Entry.Facts, &s.Standing); err != nil {
				return nil, fmt.Errorf("read entry %d: %w", e.Index, err)
			}
			s.Last = e.Index
		}
		byCase[e.Entry.Case] = s
	}
	var out []record.Summary
	for _, id := range slices.Backward(order) {
		if s := byCase[id]; through(f, s) {
			out = append(out, s)
		}
	}
	out = out[min(f.Offset, len(out)):]
	if f.Limit > 0 {
		out = out[:min(f.Limit, len(out))]
	}
	return out, ctx.Err()
}

func through(f record.Filter, s record.Summary) bool {
	switch {
	case f.Case != "" && s.Case != f.Case, f.Identity != "" && s.Person.Identity != f.Identity:
		return false
	case !f.From.IsZero() && s.Due.Before(f.From), !f.To.IsZero() && !s.Due.Before(f.To):
		return false
	case f.Partner != "" && s.Partner != f.Partner, f.State != "" && s.State != f.State:
		return false
	}
	return !f.Late || s.Late(time.Now())
}

// People implements record.Reader.
func (l *Log) People(ctx context.Context, pseudonyms []string) (map[string]record.Person, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]record.Person{}
	for _, p := range pseudonyms {
		if who, known := l.people[p]; known {
			out[p] = who
		}
	}
	return out, ctx.Err()
}

// Checkpoint implements record.Reader.
func (l *Log) Checkpoint(ctx context.Context) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.notes) == 0 {
		return "", ctx.Err()
	}
	return l.notes[len(l.notes)-1], ctx.Err()
}

// Anchors implements record.Reader.
func (l *Log) Anchors(ctx context.Context, fromSize int64) ([]record.Anchored, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []record.Anchored
	for _, a := range l.anchors {
		if sizeOf(a.Checkpoint) >= fromSize {
			out = append(out, a)
		}
	}
	return out, ctx.Err()
}

func sizeOf(checkpoint string) (n int64) {
	_, _ = fmt.Sscanf(checkpoint, Origin+"\n%d\n", &n) // zero for what is none
	return n
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
