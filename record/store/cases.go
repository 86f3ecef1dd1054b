package store

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"lastday/record"
)

// caseRow is a case's line in the list of cases: it follows from the entries
// alone, and changes with them.
type caseRow struct {
	known     bool // in the database
	changed   bool
	first     int64
	subject   string
	entries   int64
	last      int64
	confirmed int64
	facts     []byte
}

func (l *ledger) wantCase(queries []query, id string) []query {
	if id == "" || l.cases[id] != nil {
		return queries
	}
	c := &caseRow{last: -1, facts: []byte("{}")}
	l.cases[id] = c
	return append(queries, query{
		text: "SELECT first_idx, subject, entries, last_idx, confirmed, standing FROM record_cases WHERE case_id = $1",
		args: []any{id},
		each: func(scan func(...any) error) error {
			c.known = true
			return scan(&c.first, &c.subject, &c.entries, &c.last, &c.confirmed, &c.facts)
		},
	})
}

// count gives the entry its number within its case, and brings the case's line
// up to it.
func (l *ledger) count(entry *record.Entry, index int64) error {
	if entry.Case == "" {
		return nil
	}
	c := l.cases[entry.Case]
	was := *c
	l.undo = append(l.undo, func() { *c = was })
	if c.entries == 0 {
		c.first = index
	}
	c.entries++
	c.changed = true
	entry.Seq = c.entries
	if subject := entry.People[record.Subject]; c.subject == "" {
		c.subject = subject
	}
	if entry.Kind != record.Progress && entry.Kind != record.Confirmation {
		return nil
	}
	var now, before told
	if len(entry.Facts) > 0 {
		if err := json.Unmarshal(entry.Facts, &now); err != nil {
			return refuse(entry.Event, "its facts are not how a case stands: %v", err)
		}
	}
	if err := json.Unmarshal(c.facts, &before); err != nil {
		return err
	}
	if (c.confirmed == 1 && entry.Kind == record.Progress) || now.before(before) {
		return nil // told late: what is newer is in the log already
	}
	c.last, c.facts = index, entry.Facts
	if len(c.facts) == 0 {
		c.facts = []byte("{}")
	}
	if entry.Kind == record.Confirmation {
		c.confirmed = 1
	}
	return nil
}

// told is how a case stands, and as of when: a later moment has a larger revision,
// or of one revision a larger number.
type told struct {
	record.Standing
	Revision int `json:"revision"`
	Moment   int `json:"moment"`
}

func (t told) before(o told) bool {
	return t.Revision < o.Revision || (t.Revision == o.Revision && t.Moment < o.Moment)
}

func (l *ledger) flushCases(queries []query) ([]query, error) {
	for id, c := range l.cases {
		if !c.changed {
			continue
		}
		var standing record.Standing
		if err := json.Unmarshal(c.facts, &standing); err != nil {
			return nil, err
		}
		args := []any{
			id, c.first, c.subject, c.entries, c.last, c.confirmed, c.facts,
			column(standing.State), column(standing.Partner), micros(standing.Due), lateFrom(standing),
		}
		text := `INSERT INTO record_cases
(case_id, first_idx, subject, entries, last_idx, confirmed, standing, state, partner, due, late_from)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
		if c.known {
			text = `UPDATE record_cases SET first_idx = $2, subject = $3, entries = $4, last_idx = $5, confirmed = $6,
standing = $7, state = $8, partner = $9, due = $10, late_from = $11 WHERE case_id = $1`
		}
		queries = append(queries, query{text: text, args: args})
	}
	return queries, nil
}

// column is a text as both databases take it; the facts keep it as it was.
func column(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// lateFrom is the instant after which Standing.Late is true, if nothing more
// happens.
func lateFrom(s record.Standing) int64 {
	switch {
	case !s.Late(s.Deadline.AddDate(10000, 0, 0)):
		return math.MaxInt64
	case s.Late(s.Deadline):
		return math.MinInt64
	}
	return micros(s.Deadline)
}

// micros is 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
