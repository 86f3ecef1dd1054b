package openvpn

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// process is a running server as Linux's /proc shows it.
type process struct {
	dir     string // /proc/PID
	args    []string
	cwd     string
	started time.Time // never later than it truly was
	uid     int       // the file system's user and groups
	groups  []int
	reads   bool // it may read everything
	// relative is set once a configuration file was found from the working
	// directory: it is the right one only if that never changed.
	relative bool
	anyAge   bool // files changed after the start are read all the same
}

// readProcess reads /proc/PID; it takes root, or the server's own user.
func readProcess(pid int) (*process, error) {
	p := &process{dir: fmt.Sprintf("/proc/%d", pid)}
	args, err := os.ReadFile(filepath.Join(p.dir, "cmdline"))
	if err != nil {
		return nil, err
	}
	p.args = strings.Split(strings.TrimSuffix(string(args), "\x00"), "\x00")
	if p.cwd, err = os.Readlink(filepath.Join(p.dir, "cwd")); err != nil {
		return nil, err
	}
	root, err := os.Readlink(filepath.Join(p.dir, "root"))
	if err != nil {
		return nil, err
	}
	if root != "/" {
		return nil, errors.New("it runs in a chroot")
	}
	if err := p.readStatus(); err != nil {
		return nil, err
	}
	p.started, err = startTime(p.dir)
	return p, err
}

// capabilities that let a process read any file: CAP_DAC_OVERRIDE and
// CAP_DAC_READ_SEARCH (capability.h).
const readAll = 1<<1 | 1<<2

func (p *process) readStatus() error {
	text, err := os.ReadFile(filepath.Join(p.dir, "status"))
	if err != nil {
		return err
	}
	found := 0
	for l := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(l, ":")
		f := strings.Fields(value)
		switch {
		case name == "Uid" && len(f) == 4: // real, effective, saved, file system
			p.uid, err = strconv.Atoi(f[3])
			found++
		case name == "Gid" && len(f) == 4:
			var gid int
			gid, err = strconv.Atoi(f[3])
			p.groups = append(p.groups, gid)
			found++
		case name == "Groups":
			for _, g := range f {
				gid, err := strconv.Atoi(g)
				if err != nil {
					return err
				}
				p.groups = append(p.groups, gid)
			}
		case name == "CapEff" && len(f) == 1:
			var caps uint64
			caps, err = strconv.ParseUint(f[0], 16, 64)
			p.reads = caps&readAll != 0
			found++
		}
		if err != nil {
			return err
		}
	}
	if found != 3 {
		return errors.New("its status is not Linux's")
	}
	// Within a user namespace of its own its rights end at the namespace.
	mine, err1 := os.Readlink("/proc/self/ns/user")
	its, err2 := os.Readlink(filepath.Join(p.dir, "ns", "user"))
	p.reads = p.reads && err1 == nil && err2 == nil && mine == its
	return nil
}

// startTime is when the process began: /proc/PID/stat has it in hundredths of
// a second since boot (USER_HZ), /proc/uptime says when that was. Both are cut
// off, so two hundredths go off the sum.
func startTime(dir string) (time.Time, error) {
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return time.Time{}, err
	}
	uptime, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return time.Time{}, err
	}
	now := time.Now()
	// The name in brackets may hold anything; what follows is field 3.
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	up := strings.Fields(string(uptime))
	if len(f) < 20 || len(up) == 0 {
		return time.Time{}, errors.New("its start time is not Linux's")
	}
	ticks, err := strconv.ParseInt(f[22-3], 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseFloat(up[0], 64)
	if err != nil {
		return time.Time{}, err
	}
	boot := now.Add(-time.Duration(seconds * float64(time.Second)))
	return boot.Add(time.Duration(ticks-2) * 10 * time.Millisecond), nil
}

// absolute is a path as the server means it: relative to where it stands now.
func (p *process) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(p.cwd, path)
}

// open finds the file that the server itself would open by this path: in its
// own mount namespace, link by link. The error says why it could not.
func (p *process) open(path string) (where string, info os.FileInfo, err error) {
	rest := strings.Split(strings.Trim(p.absolute(path), "/"), "/")
	root := filepath.Join(p.dir, "root")
	at := []string{}
	for links := 0; len(rest) > 0; {
		next := rest[0]
		rest = rest[1:]
		switch next {
		case "", ".":
			continue
		case "..":
			at = at[:max(len(at)-1, 0)]
			continue
		}
		here := root + "/" + strings.Join(append(slices.Clone(at), next), "/")
		if info, err = os.Lstat(here); err != nil {
			return "", nil, err
		}
		if info.Mode()&os.ModeSymlink != 0 {
			target, err := os.Readlink(here)
			if links++; err != nil || links > 40 {
				return "", nil, fmt.Errorf("%s cannot be followed", path)
			}
			if filepath.IsAbs(target) {
				at = at[:0]
			}
			rest = append(strings.Split(strings.Trim(target, "/"), "/"), rest...)
			continue
		}
		if at = append(at, next); at[0] == "proc" {
			return "", nil, fmt.Errorf("%s is another file for every process", path)
		}
		want := os.FileMode(4)
		if info.IsDir() {
			want = 1 // to pass through
		}
		if !p.may(info, want) {
			return "", nil, fmt.Errorf("the server runs as user %d and may not read %s", p.uid, "/"+strings.Join(at, "/"))
		}
		where = here
	}
	if where == "" {
		return "", nil, fmt.Errorf("%s is no file", path)
	}
	return where, info, nil
}

// may goes by the mode's three classes, as the kernel does without an ACL.
func (p *process) may(info os.FileInfo, want os.FileMode) bool {
	uid, gid, ok := owner(info)
	mode := info.Mode().Perm()
	switch {
	case p.reads:
		return true
	case !ok:
		return false
	case uid == p.uid:
		mode >>= 6
	case slices.Contains(p.groups, gid):
		mode >>= 3
	}
	return mode&want == want
}

// same reports whether the server finds our file or directory by its path.
func (p *process) same(theirs, ours string) error {
	_, info, err := p.open(theirs)
	if err != nil {
		return err
	}
	mine, err := os.Stat(ours)
	if err != nil {
		return err
	}
	if !os.SameFile(info, mine) {
		return fmt.Errorf("its %s is not %s", p.absolute(theirs), ours)
	}
	return nil
}
