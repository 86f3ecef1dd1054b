package house

import (
	"os"
	"runtime/debug"
)

const (
	// gcPercent lets the heap grow to five times what is in use before it is
	// swept. The server and the worker allocate much and keep little: at Go's
	// default of 100 a case costs a quarter more processor time.
	gcPercent = 400
	// heapLimit is where the collector works harder rather than take more, in
	// bytes. It is soft: what is truly in use may pass it.
	heapLimit = 256 << 20
)

// tuneMemory trades memory for time, unless whoever started the process has
// said otherwise in the environment.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapLimit)
	}
}
