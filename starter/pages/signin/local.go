package signin

import (
	"net"
	"net/http"
	"strconv"
	"strings"
)

// here says why a request does not come from this machine alone; empty if it
// does. Without a provider nobody can be told from anybody else, so then only
// who sits at the machine is let in: the address that was listened on, the one
// the request came from and the one that was typed must all be this machine, and
// no proxy may have passed it on. The last of the three keeps out a page from
// elsewhere whose name was made to point here (DNS rebinding).
func here(r *http.Request) string {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok || !loopbackAddress(local.String()) {
		return "it did not come over the loopback interface"
	}
	if !loopbackAddress(r.RemoteAddr) {
		return "it came from another machine"
	}
	for name := range r.Header {
		if proxied(name) {
			return "a proxy passed it on"
		}
	}
	if !loopbackName(r.Host) {
		return "it is addressed to another name than this machine's own"
	}
	return ""
}

// proxied reports whether a header is one that proxies add.
func proxied(name string) bool {
	switch name {
	case "Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "X-Original-Host":
		return true
	}
	return strings.HasPrefix(name, "X-Forwarded-") || strings.HasPrefix(name, "Cf-")
}

// loopbackName reports whether a Host header names this machine, with or
// without a port.
func loopbackName(host string) bool {
	if name, port, err := net.SplitHostPort(host); err == nil {
		_, bad := strconv.ParseUint(port, 10, 16)
		return bad == nil && isLoopback(name)
	}
	return isLoopback(strings.Trim(host, "[]"))
}

func loopbackAddress(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	return err == nil && isLoopback(host)
}
