//go:build !race

package departures_test

const million = 1_000_000
