package house

import (
	"os"
	"runtime/debug"
)

const (
	// gcPercent lets the heap grow to five times what is in use before it is
	// swept. A case allocates 40 MB and keeps next to nothing: at Go's default
	// of 100, one case in two pays for a sweep of the whole server.
	gcPercent = 400
	// heapLimit is where the collector works harder rather than take more, in
	// bytes. It is soft: what is truly in use may pass it. In use are 60 MB at
	// rest, and 130 with 300 cases under way; the program's own code and data
	// come on top, 100 MB. Without a limit, 300 cases leave 700 MB.
	heapLimit = 270 << 20
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
