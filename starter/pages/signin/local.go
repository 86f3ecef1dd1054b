package signin

import (
	"net"
	"net/http"
	"strconv"
	"strings"
)

// Place is where requests come in that no provider vouches for.
type Place struct {
	// Listen is the address of the server, as in serve.listen.
	Listen string
	// Strangers is what else at that address is for callers from outside, whom a
	// proxy on this machine then leads there; empty: nothing. Not every proxy says
	// that it is one, nor keeps the name that was typed: nginx's and HAProxy's
	// defaults make a stranger's request look like one from this machine.
	Strangers string
}

// closed says why nobody at all is let in without a provider; empty if somebody is.
func (p Place) closed() string {
	if host, _, err := net.SplitHostPort(p.Listen); err != nil || !isLoopback(host) {
		return "serve.listen is an address that other machines may reach, and no provider says who is there"
	}
	if p.Strangers != "" {
		return p.Strangers + " is at the same address, so that a proxy may lead strangers there, and no provider says who is there"
	}
	return ""
}

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
