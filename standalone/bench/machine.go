package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// tick is the kernel's unit of processor time: USER_HZ is 100 on Linux.
const tick = 10 * time.Millisecond

// machine describes what the figures were taken on, the disk under dir included.
func machine(dir string) string {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	load, _, _ := strings.Cut(field("/proc/loadavg", ""), " ")
	return fmt.Sprintf("%s, %d cores, %s of memory, %s/%s, kernel %s, %s; the disk syncs in %s; load before: %s; %s",
		field("/proc/cpuinfo", "model name"), runtime.NumCPU(), gigabytes(field("/proc/meminfo", "MemTotal")),
		runtime.GOOS, runtime.GOARCH, strings.TrimSpace(string(kernel)), runtime.Version(), syncTime(dir), load,
		time.Now().Format(time.DateOnly))
}

// field is the value after "name:" in a file of /proc, or the file's first line.
func field(path, name string) string {
	b, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(b)) {
		key, value, _ := strings.Cut(line, ":")
		switch {
		case name == "":
			return strings.TrimSpace(line)
		case strings.TrimSpace(key) == name:
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func gigabytes(kb string) string {
	var n float64
	if _, err := fmt.Sscanf(kb, "%f kB", &n); err != nil {
		return kb
	}
	return fmt.Sprintf("%.0f GB", n/(1<<20))
}

// syncTime is the median of 50 small writes, each synced: what SQLite pays for
// a commit.
func syncTime(dir string) string {
	f, err := os.CreateTemp(dir, "sync-")
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	var all []time.Duration
	for range 50 {
		began := time.Now()
		_, err := f.Write(make([]byte, 4096))
		if err != nil || f.Sync() != nil {
			return "unknown"
		}
		all = append(all, time.Since(began))
	}
	return median(all).Round(10 * time.Microsecond).String()
}

// residentMB is what a process has in memory, as the kernel counts it.
func residentMB(pid int) (float64, error) {
	var kb float64
	line := field(fmt.Sprintf("/proc/%d/status", pid), "VmRSS")
	if _, err := fmt.Sscanf(line, "%f kB", &kb); err != nil {
		return 0, fmt.Errorf("read memory of process %d: %q", pid, line)
	}
	return kb / 1024, nil
}

// effort is processor time: of the whole machine, and of this program with the
// processes it started that have ended.
type effort struct{ machine, ours time.Duration }

func spent() effort {
	var e effort
	fields := strings.Fields(field("/proc/stat", ""))
	for i, f := range fields {
		var n int64
		// user, nice, system, idle, iowait, irq, softirq, steal; not idle nor iowait
		if _, err := fmt.Sscan(f, &n); err == nil && i <= 8 && i != 4 && i != 5 {
			e.machine += time.Duration(n) * tick
		}
	}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			e.ours += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return e
}

// othersSince is the share of the machine that other programs took.
func othersSince(before effort, wall time.Duration) string {
	now := spent()
	others := (now.machine - before.machine) - (now.ours - before.ours)
	return fmt.Sprintf("%.0f %%", max(0, 100*others.Seconds()/(wall.Seconds()*float64(runtime.NumCPU()))))
}

// cpuTime is what a process has used of the processor so far.
func cpuTime(pid int) time.Duration {
	_, after, _ := strings.Cut(field(fmt.Sprintf("/proc/%d/stat", pid), ""), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	var user, system int64
	_, _ = fmt.Sscan(fields[11], &user)
	_, _ = fmt.Sscan(fields[12], &system)
	return time.Duration(user+system) * tick
}
