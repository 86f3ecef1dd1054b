package egress

import (
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
)

// Protected refuses the address of a PostgreSQL on another machine that does not
// say how the connection is protected. Left open, the driver takes any
// certificate, or none, from whoever answers, and gives them the password. Like
// the driver it looks into PGSSLMODE and PGHOST for what the address leaves out.
// https://www.postgresql.org/docs/current/libpq-ssl.html
func Protected(database *url.URL) error {
	q := database.Query()
	if q.Get("sslmode") != "" || os.Getenv("PGSSLMODE") != "" {
		return nil
	}
	hosts := database.Host
	for _, other := range []string{q.Get("host"), os.Getenv("PGHOST")} {
		if hosts == "" {
			hosts = other
		}
	}
	for _, host := range strings.Split(hosts, ",") {
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.Trim(host, "[]")
		ip := net.ParseIP(host)
		if host == "" || host == "localhost" || strings.HasPrefix(host, "/") || (ip != nil && ip.IsLoopback()) {
			continue // this machine
		}
		return errors.New("it does not say how the connection is protected: add ?sslmode=verify-full, with sslrootcert=FILE for an authority of your own, or ?sslmode=disable on a network that is yours alone")
	}
	return nil
}
