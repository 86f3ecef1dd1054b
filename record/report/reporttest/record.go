package reporttest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
)

// Record puts a case into entries as the record does, and gives them with the
// people behind the pseudonyms. The entries begin at the given index.
func Record(t testing.TB, c offboarding.Case, from int64) ([]record.Recorded, map[string]record.Person) {
	t.Helper()
	names, people := map[string]string{}, map[string]record.Person{}
	var out []record.Recorded
	for i, ev := range casefile.Events(c) {
		if err := ev.Check(); err != nil {
			t.Fatal(err)
		}
		e := record.Entry{
			Version: record.Version, Event: ev.ID, Kind: ev.Kind, At: ev.At, Recorded: ev.At.Add(40 * time.Millisecond), Case: ev.Case,
			Seq: int64(i + 1), System: ev.System, Facts: ev.Facts, People: map[record.Role]string{},
		}
		for _, role := range roles(ev) {
			p := ev.People[role]
			if names[p.Identity] == "" {
				names[p.Identity] = fmt.Sprintf("p-%d", len(names)+1)
			}
			e.People[role] = names[p.Identity]
			people[names[p.Identity]] = p
		}
		var opened []byte
		if len(ev.Details) > 0 {
			var err error
			if opened, e.Sealed, err = record.Seal(ev.Details); err != nil {
				t.Fatal(err)
			}
		}
		leaf, err := e.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := record.ParseEntry(leaf)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, record.Recorded{Index: from + int64(i), Leaf: leaf, Entry: parsed, Opened: opened})
	}
	return out, people
}

// roles are the event's: the three that every case knows first, then whoever
// else is named in it.
func roles(ev record.Event) []record.Role {
	first := []record.Role{record.Subject, record.Actor, record.Successor}
	all := slices.DeleteFunc(slices.Clone(first), func(r record.Role) bool { _, ok := ev.People[r]; return !ok })
	for _, r := range slices.Sorted(maps.Keys(ev.People)) {
		if !slices.Contains(first, r) {
			all = append(all, r)
		}
	}
	return all
}

// File is a case as it is read back from the record.
func File(t testing.TB, c offboarding.Case) casefile.Case {
	t.Helper()
	entries, people := Record(t, c, 100)
	f, err := casefile.Rebuild(entries, people)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Erased is a case whose leaver was erased: their details and their name are gone.
func Erased(t testing.TB, c offboarding.Case) casefile.Case {
	t.Helper()
	entries, people := Record(t, c, 100)
	for i := range entries {
		entries[i].Opened = nil
		delete(people, entries[i].Entry.People[record.Subject])
	}
	f, err := casefile.Rebuild(entries, people)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
