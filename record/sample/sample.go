// Package sample draws a random sample of cases that anybody can draw again.
//
// Each case is put in order by the SHA-256 of the line
//
//	lastday sample v1 SEED RUN-ID
//
// without a newline at its end, and the sample are the first n. Nothing else
// goes in: neither the order of the list, nor the clock, nor a random number
// generator. With the run ids of the population, one a line, in cases.txt, the
// sample of 25 with the seed 4711 is
//
//	while read -r id; do
//	  printf '%s %s\n' "$(printf 'lastday sample v1 4711 %s' "$id" | sha256sum | cut -d' ' -f1)" "$id"
//	done < cases.txt | LC_ALL=C sort | head -n 25
//
// A larger sample with the same seed holds the smaller one. Whoever chooses the
// seed could try until a sample suits them: the auditor chooses it.
package sample

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MaxSeed is how long a seed may be, in characters.
const MaxSeed = 100

// Picked is one case of a sample, with the hash that put it there.
type Picked struct {
	Case string
	Hash string // in lower-case hexadecimal
}

// Draw picks n of the cases, or all if they are fewer. The answer depends on
// the seed and on which cases there are, not on their order; one that is given
// twice counts once. It is in the order in which the cases were drawn.
func Draw(cases []string, n int, seed string) ([]Picked, error) {
	if err := Check(n, seed); err != nil {
		return nil, err
	}
	all := make([]Picked, 0, len(cases))
	for _, id := range slices.Compact(slices.Sorted(slices.Values(cases))) {
		h := sha256.Sum256([]byte("lastday sample v1 " + seed + " " + id))
		all = append(all, Picked{Case: id, Hash: hex.EncodeToString(h[:])})
	}
	slices.SortFunc(all, func(a, b Picked) int { return strings.Compare(a.Hash, b.Hash) })
	return all[:min(n, len(all))], nil
}

// Check refuses a size or a seed that nobody could draw with again: a seed is 1
// to 100 letters, digits and .-_:+/= characters, so that it survives being
// written down and being put into a shell.
func Check(n int, seed string) error {
	if n < 1 || n > 10_000 {
		return fmt.Errorf("a sample has between 1 and 10,000 cases, not %d", n)
	}
	if seed == "" {
		return errors.New("a sample needs a seed: any word or number that the auditor chooses")
	}
	ok := func(r rune) bool {
		return (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') || strings.ContainsRune(".-_:+/=", r)
	}
	if len(seed) > MaxSeed || strings.ContainsFunc(seed, func(r rune) bool { return !ok(r) }) {
		return fmt.Errorf("a seed is at most %d letters, digits and the characters .-_:+/=", MaxSeed)
	}
	return nil
}

// Population names a set of cases, so that two people can see that they drew
// from the same one: the SHA-256, in hexadecimal, of the run ids in byte order,
// each followed by a newline (LC_ALL=C sort -u cases.txt | sha256sum).
func Population(cases []string) string {
	h := sha256.New()
	for _, id := range slices.Compact(slices.Sorted(slices.Values(cases))) {
		_, _ = h.Write([]byte(id + "\n")) // a hash does not fail
	}
	return hex.EncodeToString(h.Sum(nil))
}
