//go:build race

package departures_test

// The race detector makes everything ten times slower.
const million = 100_000
