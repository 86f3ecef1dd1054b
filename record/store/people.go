package store

import (
	"lastday/record"
	"lastday/record/names"
)

// person is somebody as the database knows them, or is to.
type person struct {
	pseudonym string // empty: not known
	keyset    []byte
	who       record.Person
	key       *names.Person // opened when it is needed
	fresh     bool          // not in the database yet
	changed   bool
}

func (l *ledger) wantPerson(queries []query, who record.Person) []query {
	if who.IsZero() || l.people[who.Identity] != nil {
		return queries
	}
	p := &person{}
	l.people[who.Identity] = p
	for _, lookup := range l.s.keys.Lookups(who.Identity) {
		queries = append(queries, query{
			text: "SELECT pseudonym, keyset, profile FROM record_people WHERE lookup = $1", args: []any{lookup},
			each: func(scan func(...any) error) error {
				var profile []byte
				if err := scan(&p.pseudonym, &p.keyset, &profile); err != nil {
					return err
				}
				var err error
				p.who, err = l.s.keys.OpenProfile(p.pseudonym, profile)
				return err
			},
		})
	}
	return queries
}

// name puts the people's pseudonyms into the entry, new ones where they have
// none, and keeps what the event newly says of them.
func (l *ledger) name(entry *record.Entry, ev record.Event) error {
	for role, who := range ev.People {
		if who.IsZero() {
			continue
		}
		p := l.people[who.Identity]
		was := *p
		l.undo = append(l.undo, func() { *p = was })
		if p.pseudonym == "" {
			who.Salt = record.NewSalt()
			pseudonym := record.Pseudonym(who.Identity, who.Salt)
			key, keyset, err := l.s.keys.NewPerson(pseudonym)
			if err != nil {
				return err
			}
			*p = person{pseudonym: pseudonym, keyset: keyset, key: &key, who: who, fresh: true}
		}
		if p.learn(who) {
			p.changed = true
		}
		if entry.People == nil {
			entry.People = map[record.Role]string{}
		}
		entry.People[role] = p.pseudonym
	}
	return nil
}

// learn takes what is newer and reports whether anything is.
func (p *person) learn(who record.Person) bool {
	was := p.who
	if who.Email != "" {
		p.who.Email = who.Email
	}
	if who.Name != "" {
		p.who.Name = who.Name
	}
	return p.who != was
}

// seal puts the hash of the event's details into the entry, and the details
// themselves, sealed under their owner's key, among what is to be written.
func (l *ledger) seal(entry *record.Entry, ev record.Event, index int64) error {
	if len(ev.Details) == 0 {
		return nil
	}
	p := l.people[ev.DetailsOf().Identity]
	if p.key == nil {
		key, err := l.s.keys.Person(p.pseudonym, p.keyset)
		if err != nil {
			return err
		}
		p.key = &key
	}
	opened, hash, err := record.Seal(ev.Details)
	if err != nil {
		return refuse(ev.ID, "%v", err)
	}
	box, err := p.key.Seal(opened, ev.ID)
	if err != nil {
		return err
	}
	entry.Sealed = hash
	l.rows = append(l.rows, query{
		text: "INSERT INTO record_sealed (idx, owner, box) VALUES ($1, $2, $3)", args: []any{index, p.pseudonym, box},
	})
	return nil
}

func (l *ledger) flushPeople(queries []query) ([]query, error) {
	for identity, p := range l.people {
		if !p.fresh && !p.changed {
			continue
		}
		profile, err := l.s.keys.SealProfile(p.pseudonym, p.who)
		if err != nil {
			return nil, err
		}
		if !p.fresh {
			queries = append(queries, query{
				text: "UPDATE record_people SET profile = $1 WHERE pseudonym = $2", args: []any{profile, p.pseudonym},
			})
			continue
		}
		queries = append(queries, query{
			text: "INSERT INTO record_people (pseudonym, lookup, keyset, profile) VALUES ($1, $2, $3, $4)",
			args: []any{p.pseudonym, l.s.keys.Lookups(identity)[0], p.keyset, profile},
		})
	}
	return queries, nil
}
