package departures

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"lastday/offboarding"
)

// ledger is what is kept of each person between the two readings: some forty
// bytes, whatever stands in the line.
type ledger map[person]entry

// person stands for an address: half of its SHA-256, so that no two are taken
// for one.
type person [16]byte

type entry struct {
	line uint32 // where the person stands first
	asks uint32 // what for, as asksOf
	bad  bool   // the person is left out
}

func personOf(s offboarding.Subject) person {
	sum := sha256.Sum256([]byte(s))
	return person(sum[:16])
}

// asksOf stands for when a person leaves, and how urgently.
func asksOf(d offboarding.Departure) uint32 {
	text := d.At.UTC().Format(time.RFC3339Nano)
	if d.Urgent {
		text += " urgent"
	}
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint32(sum[:])
}

// meet notes a person's line and returns what was known of them before it.
func (l ledger) meet(d offboarding.Departure, line int, bad bool) (entry, bool) {
	who, asks := personOf(d.Subject), asksOf(d)
	first, before := l[who]
	if !before {
		l[who] = entry{line: uint32(line), asks: asks, bad: bad} //nolint:gosec // a file has fewer lines than that
		return entry{}, false
	}
	now := first
	now.bad = first.bad || bad || first.asks != asks
	l[who] = now
	return first, true
}

func (l ledger) has(who person) bool {
	_, ok := l[who]
	return ok
}

// good counts those who can be started.
func (l ledger) good() int {
	n := 0
	for _, e := range l {
		if !e.bad {
			n++
		}
	}
	return n
}
