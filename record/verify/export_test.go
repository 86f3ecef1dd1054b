package verify

import "time"

// Impatient are the options with another time for reading a case back.
func Impatient(o Options, d time.Duration) Options {
	o.patience = d
	return o
}
