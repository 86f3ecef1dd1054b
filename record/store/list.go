package store

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"lastday/record"
)

// Cases gives the cases that the filter lets through, those first whose first
// entry is the newest. A case of which no entry says yet how it stands has a Last
// of -1; an erased person is the zero Person.
func (s *Store) Cases(ctx context.Context, f record.Filter) ([]record.Summary, error) {
	var all []listed
	q := s.choose(f, time.Now())
	q.each = func(scan func(...any) error) error {
		var c listed
		err := scan(&c.id, &c.subject, &c.entries, &c.last, &c.facts, &c.profile)
		all = append(all, c)
		return err
	}
	if err := s.engine.run(ctx, q); err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	// Reading and opening what was read takes longer than the query.
	cases := make([]record.Summary, len(all))
	rest := cases
	var g errgroup.Group
	for part := range slices.Chunk(all, max(100, 1+len(all)/runtime.GOMAXPROCS(0))) {
		to := rest[:len(part)]
		rest = rest[len(part):]
		g.Go(func() error { return s.summaries(part, to) })
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return cases, nil
}

// listed is a summary as it lies in the database.
type listed struct {
	id, subject    string
	entries, last  int64
	facts, profile []byte
}

func (s *Store) summaries(from []listed, to []record.Summary) error {
	for i, c := range from {
		to[i] = record.Summary{Case: c.id, Subject: c.subject, Entries: c.entries, Last: c.last}
		if err := json.Unmarshal(c.facts, &to[i].Standing); err != nil {
			return fmt.Errorf("case %s: %w", c.id, err)
		}
		if c.profile == nil {
			continue
		}
		var err error
		if to[i].Person, err = s.keys.OpenProfile(c.subject, c.profile); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) choose(f record.Filter, now time.Time) query {
	var q query
	where := []string{"(c.subject <> '' OR c.last_idx >= 0)"}
	arg := func(v any) string {
		q.args = append(q.args, v)
		return fmt.Sprintf("$%d", len(q.args))
	}
	and := func(condition string, v any) { where = append(where, condition+" "+arg(v)) }
	if f.Case != "" {
		and("c.case_id =", f.Case)
	}
	if f.Identity != "" {
		var any []string
		for _, lookup := range s.keys.Lookups(f.Identity) {
			any = append(any, arg(lookup))
		}
		where = append(where, "p.lookup IN ("+strings.Join(any, ", ")+")")
	}
	if !f.From.IsZero() {
		and("c.due >=", micros(f.From))
	}
	if !f.To.IsZero() {
		where = append(where, "c.due <> 0")
		and("c.due <", micros(f.To))
	}
	if f.Partner != "" {
		and("c.partner =", f.Partner)
	}
	if f.State != "" {
		and("c.state =", f.State)
	}
	if f.Late {
		and("c.late_from <", now.UnixMicro())
	}
	q.text = `SELECT c.case_id, c.subject, c.entries, c.last_idx, c.standing, p.profile
FROM record_cases c LEFT JOIN record_people p ON p.pseudonym = c.subject
WHERE ` + strings.Join(where, " AND ") + " ORDER BY c.first_idx DESC"
	if f.Limit > 0 {
		q.text += " LIMIT " + arg(int64(f.Limit))
	} else if f.Offset > 0 {
		q.text += " LIMIT " + arg(int64(1)<<62)
	}
	if f.Offset > 0 {
		q.text += " OFFSET " + arg(int64(f.Offset))
	}
	return q
}
