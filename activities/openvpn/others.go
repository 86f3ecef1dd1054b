package openvpn

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// forgotten looks for other OpenVPN servers on this machine that trust a CA of
// the configured ones: they let the person in whatever these do.
func (s *sighting) forgotten() {
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return
	}
	for _, dir := range processes {
		name, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil || strings.TrimSpace(string(name)) != "openvpn" {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || slices.ContainsFunc(s.servers, func(srv *server) bool { return srv.pid == pid }) {
			continue
		}
		if s.trustsTheSame(pid) {
			srv := s.servers[0]
			srv.doubt("process %d is another server that trusts the same CA, and not in openvpn.management; name its management interface there too", pid)
		}
	}
}

func (s *sighting) trustsTheSame(pid int) bool {
	p, err := readProcess(pid)
	if err != nil {
		return false
	}
	// Whether its files are as they were at its start matters little here.
	p.anyAge = true
	other := enforcement{process: p}
	if other.conf, err = readDirectives(p); err != nil || !other.isServer() {
		return false
	}
	for _, theirs := range other.certificates("ca") {
		for _, srv := range s.servers {
			if slices.ContainsFunc(srv.cas, theirs.Equal) {
				return true
			}
		}
	}
	return false
}
