// Package record says what the record is made of: events as they happen, the
// entries they become, and the evidence that shows an entry to be in the log.
// It keeps names apart from facts: an entry carries facts in the clear, people
// as pseudonyms, and of everything that speaks of a person only a salted hash.
//
// The package is pure. It knows neither databases, nor keys, nor vendors, so
// that the offline verifier can use it.
package record
