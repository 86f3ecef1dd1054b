package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lastday/record"
)

// Forgotten says what was erased.
type Forgotten struct {
	Pseudonym string   // what stands for the person in the log, as before
	Cases     []string // the person's own, by run id
	Details   int64    // how many entries had details of the person
	Index     int64    // the entry that says so
}

// DefaultRetention is thirteen months: a year that an auditor looks back on, and
// time to do so.
const DefaultRetention = 396 * 24 * time.Hour

// ErrUnknown says that the record has nobody of that identity.
var ErrUnknown = errors.New("the record has nobody of that identity")

// ErrRetained says that the retention of a person's case is not over; see
// WithinRetention.
var ErrRetained = errors.New("wait, or say explicitly that it is not to be")

// ForgetOption changes what Forget refuses.
type ForgetOption func(*forgetting)

type forgetting struct {
	retention time.Duration
	early     bool
}

// Retention is how long after the end of a person's newest case Forget refuses.
func Retention(d time.Duration) ForgetOption { return func(f *forgetting) { f.retention = d } }

// WithinRetention forgets a person though the retention is not over.
func WithinRetention() ForgetOption { return func(f *forgetting) { f.early = true } }

// Forget erases a person: their name, what they are found by, their key, and all
// details that were sealed under it. The entries stay, and so do their proofs; an
// entry more says that it was done and by whom. It refuses while the person has a
// case that has not ended or ended less than the retention ago. What comes later
// of the same person gets another pseudonym.
//
// What other people's details say of them in words of its own stays with those: a
// reason that somebody wrote, a colleague's login that a system showed as control.
//
// When it returns nil nothing of it is left in the database's files; PostgreSQL's
// write-ahead log, and backups, keep the sealed rows for as long as they
// are kept. If only that last step fails, Forgotten is returned with the error,
// and the step is made up for when a record is next opened or somebody forgotten.
func (s *Store) Forget(ctx context.Context, identity string, by record.Person, options ...ForgetOption) (Forgotten, error) {
	f := forgetting{retention: DefaultRetention}
	for _, option := range options {
		option(&f)
	}
	if identity == "" {
		return Forgotten{}, errors.New("forget person: say whom")
	}
	if by.IsZero() || by.Identity == identity {
		return Forgotten{}, errors.New("forget person: say who does it, which must be somebody else")
	}
	var done Forgotten
	var after *edge
	err := s.engine.write(ctx, func(r runner) error {
		var err error
		done, after, err = s.forget(ctx, r, identity, by, f)
		return err
	})
	err = s.orClosed(err)
	switch {
	case err == nil:
		s.edge.Store(after)
	case !errors.Is(err, ErrUnknown):
		return Forgotten{}, fmt.Errorf("forget person: %w", err)
	}
	// Also when nobody is known by that identity, for they may be forgotten halfway.
	if wiping := s.wipe(ctx); wiping != nil {
		return done, fmt.Errorf("forget person: they are forgotten, but their sealed traces are still on the disk: do it again: %w", wiping)
	}
	if err != nil {
		return Forgotten{}, fmt.Errorf("forget person: %w", err)
	}
	return done, nil
}

func (s *Store) forget(ctx context.Context, r runner, identity string, by record.Person, f forgetting) (done Forgotten, after *edge, err error) {
	l, err := s.load(ctx, r, []record.Event{{People: map[record.Role]record.Person{record.Actor: by, record.Subject: {Identity: identity}}}})
	if err != nil {
		return done, nil, err
	}
	done.Pseudonym = l.people[identity].pseudonym
	if done.Pseudonym == "" {
		return done, nil, ErrUnknown
	}
	var counted bool
	err = r.run(ctx,
		query{text: "SELECT count(*) FROM record_sealed WHERE owner = $1", args: []any{done.Pseudonym}, each: one(&counted, &done.Details)},
		query{
			text: "SELECT case_id, standing FROM record_cases WHERE subject = $1 ORDER BY first_idx", args: []any{done.Pseudonym},
			each: func(scan func(...any) error) error { return f.mayForget(scan, l.now, &done.Cases) },
		},
	)
	if err != nil {
		return done, nil, err
	}
	facts, err := json.Marshal(struct {
		Pseudonym string   `json:"pseudonym"`
		Cases     []string `json:"cases,omitempty"`
		Details   int64    `json:"details"`
	}{done.Pseudonym, done.Cases, done.Details})
	if err != nil {
		return done, nil, err
	}
	delete(l.people, identity)
	done.Index = l.size
	ev := record.Event{
		ID: "forgotten:" + done.Pseudonym, Kind: record.Forgotten, At: l.now, Facts: facts,
		People: map[record.Role]record.Person{record.Actor: by},
	}
	if err := l.addAll([]record.Event{ev}); err != nil {
		return done, nil, err
	}
	l.rows = append(
		l.rows,
		query{text: "DELETE FROM record_sealed WHERE owner = $1", args: []any{done.Pseudonym}},
		query{text: "DELETE FROM record_people WHERE pseudonym = $1", args: []any{done.Pseudonym}},
		query{text: "UPDATE record_head SET erased = erased + 1 WHERE one = 1"},
	)
	after, err = l.flush(ctx, r)
	return done, after, err
}

func (f forgetting) mayForget(scan func(...any) error, now time.Time, cases *[]string) error {
	var id string
	var b []byte
	if err := scan(&id, &b); err != nil {
		return err
	}
	var standing record.Standing
	if err := json.Unmarshal(b, &standing); err != nil {
		return err
	}
	if !standing.Ended() {
		return fmt.Errorf("their case %s has not ended: wait for its end", id)
	}
	if until := standing.EndedAt.Add(f.retention); !f.early && now.Before(until) {
		return fmt.Errorf("their case %s ended on %s and is to be kept until %s: %w",
			id, standing.EndedAt.UTC().Format(time.DateOnly), until.UTC().Format(time.DateOnly), ErrRetained)
	}
	*cases = append(*cases, id)
	return nil
}

// wipe does what is due of the last step of erasures, by this process or another.
func (s *Store) wipe(ctx context.Context) error {
	var found bool
	var erased, wiped int64
	if err := s.engine.run(ctx, query{
		text: "SELECT erased, wiped FROM record_head WHERE one = 1", each: one(&found, &erased, &wiped),
	}); err != nil {
		return err
	}
	if erased == wiped {
		return nil
	}
	if err := s.engine.wipe(ctx); err != nil {
		return err
	}
	return s.engine.write(ctx, func(r runner) error {
		return r.run(ctx, query{text: "UPDATE record_head SET wiped = $1 WHERE one = 1 AND wiped < $1", args: []any{erased}})
	})
}
