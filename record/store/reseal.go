package store

import (
	"context"
	"fmt"
)

// Reseal seals everybody's name and key anew under the primary names key, so that
// older ones can be retired, and with them whatever backups and PostgreSQL's
// write-ahead log still have of people who were forgotten. The entries and their
// proofs stay as they are. Doing it twice is safe. A process with the old names
// key alone neither writes nor opens the record afterwards.
func (s *Store) Reseal(ctx context.Context) error {
	err := s.engine.write(ctx, func(r runner) error {
		if _, err := s.knowsKeys(ctx, r); err != nil {
			return err
		}
		var updates []query
		err := r.run(ctx, query{
			text: "SELECT pseudonym, keyset, profile FROM record_people",
			each: func(scan func(...any) error) error {
				q, err := s.reseal(scan)
				updates = append(updates, q)
				return err
			},
		})
		if err != nil {
			return err
		}
		names, err := s.nameKeys()
		if err != nil {
			return err
		}
		erased := query{text: "UPDATE record_head SET erased = erased + 1 WHERE one = 1"} // the old seals
		return r.run(ctx, append(updates, names, erased)...)
	})
	if err == nil {
		err = s.wipe(ctx)
	}
	if err != nil {
		return fmt.Errorf("seal names anew: %w", err)
	}
	return nil
}

func (s *Store) reseal(scan func(...any) error) (query, error) {
	var pseudonym string
	var keyset, profile []byte
	if err := scan(&pseudonym, &keyset, &profile); err != nil {
		return query{}, err
	}
	who, err := s.keys.OpenProfile(pseudonym, profile)
	if err != nil {
		return query{}, err
	}
	if profile, err = s.keys.SealProfile(pseudonym, who); err != nil {
		return query{}, err
	}
	if keyset, err = s.keys.Reseal(pseudonym, keyset); err != nil {
		return query{}, err
	}
	return query{
		text: "UPDATE record_people SET lookup = $1, keyset = $2, profile = $3 WHERE pseudonym = $4",
		args: []any{s.keys.Lookups(who.Identity)[0], keyset, profile, pseudonym},
	}, nil
}
