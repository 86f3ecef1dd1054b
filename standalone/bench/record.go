package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"lastday/record"
	"lastday/record/bundle"
	"lastday/record/casefile"
	recordnames "lastday/record/names"
	"lastday/record/recordtest"
	"lastday/record/store"
	"lastday/record/store/pgtest"
	"lastday/record/tiles"
	"lastday/record/verify"
	"lastday/starter/pages"
	"lastday/starter/pages/signin"
)

// recording takes the record's figures: appending on both databases, checking
// what was exported, and the pages' slowest list.
func recording(ctx context.Context, b *bench) ([]row, error) {
	rows, err := b.appending(ctx)
	if err != nil {
		return nil, err
	}
	checked, err := b.checking(ctx)
	if err != nil {
		return nil, err
	}
	shown, err := b.showing(ctx)
	return append(append(rows, checked...), shown...), err
}

// openStore opens a new record.
func openStore(ctx context.Context, dsn string) (*store.Store, error) {
	text, err := recordnames.Generate()
	if err != nil {
		return nil, fmt.Errorf("make names key: %w", err)
	}
	keys, err := recordnames.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read names key: %w", err)
	}
	s, err := store.Open(ctx, dsn, keys)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// sqlite is the address of a new SQLite database.
func (b *bench) sqlite() (string, error) {
	dir, err := os.MkdirTemp(b.dir, "record-")
	if err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	return "sqlite:" + filepath.Join(dir, "record.db"), nil
}

func (b *bench) appending(ctx context.Context) ([]row, error) {
	lite, err := b.sqlite()
	if err != nil {
		return nil, err
	}
	rows, err := b.appendTo(ctx, "SQLite", lite, 5*time.Millisecond)
	if err != nil {
		return nil, err
	}
	server, err := pgtest.Run()
	if errors.Is(err, pgtest.ErrMissing) {
		return append(rows, row{figure: "append to the record, PostgreSQL", measured: "not taken", target: "≤ 3 ms", note: "PostgreSQL is not installed"}), nil
	}
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer server.Stop()
	dsn, err := server.Database(ctx)
	if err != nil {
		return nil, fmt.Errorf("make database: %w", err)
	}
	more, err := b.appendTo(ctx, "PostgreSQL", dsn, 3*time.Millisecond)
	return append(rows, more...), err
}

// appendTo measures one writer, each event acknowledged, and then eight.
func (b *bench) appendTo(ctx context.Context, name, dsn string, target time.Duration) ([]row, error) {
	s, err := openStore(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	const each, writers = 500, 8
	one := make([]time.Duration, 0, each)
	for i := range each {
		began := time.Now()
		if err := s.Append(ctx, single(fmt.Sprint("one-", i))); err != nil {
			return nil, fmt.Errorf("append: %w", err)
		}
		one = append(one, time.Since(began))
	}
	slices.Sort(one)
	var all sync.WaitGroup
	failed := make([]error, writers)
	began := time.Now()
	for w := range writers {
		all.Go(func() {
			for i := range each {
				if err := s.Append(ctx, single(fmt.Sprintf("eight-%d-%d", w, i))); err != nil {
					failed[w] = err
					return
				}
			}
		})
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	rate := float64(writers*each) / time.Since(began).Seconds()
	return []row{
		atMost("append to the record, acknowledged, "+name+", middle of 500", one[each/2], target, "slowest in a hundred: "+ms(one[each*99/100])),
		{
			figure: "append to the record, 8 writers, " + name, measured: fmt.Sprintf("%.0f/s", rate), target: "≥ 1,000/s",
			met: rate >= 1000, note: "each event acknowledged",
		},
	}, nil
}

// single is one action of a case, with details of the person.
func single(id string) []record.Event {
	e := casefile.Events(recordtest.Verified(1, time.Now()))
	i := slices.IndexFunc(e, func(e record.Event) bool { return e.Kind == record.Action })
	e[i].ID = id
	return e[i : i+1]
}

// checking verifies a bundle and a log of 100,000 entries, from disk.
func (b *bench) checking(ctx context.Context) ([]row, error) {
	l := recordtest.New()
	n := 100_000
	if b.burst < 100 {
		n = 5_000
	}
	for i := 0; ; i++ {
		if err := l.Append(ctx, casefile.Events(recordtest.Verified(i, time.Now().Add(-time.Hour)))); err != nil {
			return nil, fmt.Errorf("fill log: %w", err)
		}
		if t, err := l.Head(ctx); err != nil || t.N >= int64(n) {
			break
		}
	}
	o := verify.Options{Copies: []string{l.Sign()}}
	o.Keys = append(o.Keys, l.Verifier())
	var zip bytes.Buffer
	if err := bundle.Write(ctx, &zip, l, recordtest.RunID(1), bundle.Options{}); err != nil {
		return nil, fmt.Errorf("write bundle: %w", err)
	}
	dir := filepath.Join(b.dir, "log")
	if err := tiles.Export(ctx, l, dir); err != nil {
		return nil, fmt.Errorf("export log: %w", err)
	}
	intact := func(r verify.Report) error {
		if r.Verdict() != verify.Intact {
			return fmt.Errorf("an honest record is not found to be intact: %s", r.Text())
		}
		return nil
	}
	aBundle, err := middle(5, func() error {
		return intact(verify.Bundle(ctx, bytes.NewReader(zip.Bytes()), int64(zip.Len()), o))
	})
	if err != nil {
		return nil, err
	}
	whole, err := middle(3, func() error { return intact(verify.Log(ctx, os.DirFS(dir), o)) })
	if err != nil {
		return nil, err
	}
	return []row{
		atMost("verify a bundle", aBundle, 50*time.Millisecond, fmt.Sprintf("%.0f KB, of a log of %d entries", float64(zip.Len())/1024, n)),
		atMost(fmt.Sprintf("verify a whole log of %d entries", n), whole, 2*time.Second, "from disk, every entry and tile"),
	}, nil
}

// showing asks for the population page over 10,000 cases.
func (b *bench) showing(ctx context.Context) ([]row, error) {
	dsn, err := b.sqlite()
	if err != nil {
		return nil, err
	}
	s, err := openStore(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	cases := 10_000
	if b.burst < 100 {
		cases = 500
	}
	for i := range cases {
		all := casefile.Events(recordtest.Verified(i, time.Now().Add(-24*time.Hour)))
		if err := s.Append(ctx, []record.Event{all[0], all[len(all)-1]}); err != nil {
			return nil, fmt.Errorf("fill record: %w", err)
		}
	}
	h, err := pages.New(pages.Config{}, pages.Options{Record: s, Place: signin.Place{Listen: "127.0.0.1:8480"}})
	if err != nil {
		return nil, fmt.Errorf("open pages: %w", err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	took, err := middle(5, func() error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/record/population", nil)
		if err != nil {
			return fmt.Errorf("ask for the page: %w", err)
		}
		resp, err := server.Client().Do(r)
		if err != nil {
			return fmt.Errorf("ask for the page: %w", err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("the page answers %d", resp.StatusCode)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return err //nolint:wrapcheck // a page of our own
	})
	if err != nil {
		return nil, err
	}
	return []row{atMost(fmt.Sprintf("the population page over %d cases", cases), took, 200*time.Millisecond, "SQLite")}, nil
}

// middle is the median of n times.
func middle(n int, f func() error) (time.Duration, error) {
	took := make([]time.Duration, 0, n)
	for range n {
		began := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[n/2], nil
}
