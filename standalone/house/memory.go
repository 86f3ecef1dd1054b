package house

import (
	"os"
	"runtime/debug"
)

const (
	// gcPercent lets the heap grow to five times what is in use before it is
	// swept. A case allocates 40 MB and keeps next to nothing: at Go's default
	// of 100, one case in two pays for a sweep of the whole server, 30 to 50 ms
	// of processor time.
	gcPercent = 400
	// heapLimit is where the collector works harder rather than take more, in
	// bytes. It is soft: what is truly in use may pass it. In use are 60 MB at
	// rest, 130 with 300 cases under way. With 256 MB, 300 cases at once cost
	// half as much processor time again; without a limit the process has 700 MB
	// afterwards. The code and data of the program come on top, 100 MB.
	heapLimit = 285 << 20
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
