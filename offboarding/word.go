package offboarding

import (
	"slices"
	"time"
)

// Word is what an HR system says of a person's last day. HR systems say it again
// and again and in any order, so a case keeps the last one of each. The zero
// Word is none: a person speaks, or nobody.
type Word struct {
	Source string `json:"source,omitempty"` // the HR system's name in the configuration
	// At is the last day, also one that has passed; zero: they stay.
	At time.Time `json:"at,omitzero"`
	// AsOf is when that was so, by the HR system's own clock; zero where it does
	// not say, and then the word that comes last is the newest.
	AsOf time.Time `json:"as_of,omitzero"`
	// Taken counts the words that a case took in from this source.
	Taken int `json:"taken,omitempty"`
}

// IsZero reports whether nothing is said.
func (w Word) IsZero() bool { return w.Source == "" }

// Before reports whether the word was overtaken by another of the same source:
// both say when they were so, and the other is newer.
func (w Word) Before(other Word) bool {
	return !w.AsOf.IsZero() && w.AsOf.Before(other.AsOf)
}

// Said is the last word that the case took in from a source.
func (c Case) Said(source string) (Word, bool) {
	i := slices.IndexFunc(c.Words, func(w Word) bool { return w.Source == source })
	if i < 0 {
		return Word{}, false
	}
	return c.Words[i], true
}

// Overtaken reports whether the case knows better than the word: a newer one of
// the same source, or a person who asked for the case after the word was so.
func (c Case) Overtaken(w Word) bool {
	if last, ok := c.Said(w.Source); ok {
		return w.Before(last)
	}
	return !w.AsOf.IsZero() && w.AsOf.Before(c.Departure.RequestedAt)
}

// Hear takes a word in. It reports whether the word asks for anything: it names
// another last day than this source did before, or, as its first word, than the
// case has. An HR system that repeats itself thus does not undo what a person
// has moved since.
func (c *Case) Hear(w Word) bool {
	last, ok := c.Said(w.Source)
	news := !w.At.Equal(c.Due)
	if ok {
		news = !w.At.Equal(last.At)
	}
	if w.AsOf.IsZero() {
		w.AsOf = last.AsOf
	}
	w.Taken = last.Taken + 1
	c.Words = append(slices.DeleteFunc(c.Words, func(o Word) bool { return o.Source == w.Source }), w)
	return news
}
