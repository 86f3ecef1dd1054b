// Package egress is how Lastday's own HTTP clients reach the network: to the
// addresses of the internet and to those the configuration names, and nowhere
// else. What is dialled is looked at after its name was resolved, for every
// single connection, so that a name that leads inside, once or from the second
// look-up on, reaches nothing there. It knows no vendor and no credential.
package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/net/http/httpproxy"
)

// Options say where a client goes.
type Options struct {
	// Key is the configuration's key for Private, such as
	// systems.okta.private_addresses; a refusal names it.
	Key string
	// Base is the URL that the configuration gives. An address written in it by
	// hand, or localhost, counts as configured; a name does not, wherever it leads.
	Base string
	// Private are further networks to reach the place in.
	Private Networks
	// Resolver looks names up; nil is the machine's.
	Resolver *net.Resolver
}

// Dialer makes connections within its Options. Safe for concurrent use.
type Dialer struct {
	key      string
	plain    bool // the configured URL is plain HTTP
	resolver *net.Resolver
	guard    *ssrf.Guardian
	proxies  map[string]bool
	proxy    func(*url.URL) (*url.URL, error)
}

// New checks the options, and reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY from the
// environment. It looks up no name and calls nobody.
func New(o Options) (*Dialer, error) {
	base, err := url.Parse(o.Base)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("%q is not an absolute URL", o.Base)
	}
	allowed, err := o.Private.prefixes()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Key, err)
	}
	guard := allow(append(allowed, written(base.Hostname())...))
	conf := httpproxy.FromEnvironment()
	return &Dialer{
		key: o.Key, plain: base.Scheme == "http", resolver: o.Resolver, guard: guard,
		proxies: proxies(conf), proxy: conf.ProxyFunc(),
	}, nil
}

// written are the addresses that a URL names without any look-up.
func written(host string) []netip.Prefix {
	if strings.EqualFold(host, "localhost") {
		return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return nil
	}
	ip = plain(ip)
	return []netip.Prefix{netip.PrefixFrom(ip, ip.BitLen())}
}

// Proxy is for http.Transport and the like: the environment's proxy for the
// request, or none. Names are then looked up by the proxy, and what it may reach
// is its own business.
func (d *Dialer) Proxy(r *http.Request) (*url.URL, error) { return d.proxy(r.URL) }

// DialContext connects to host:port. An address that is not allowed gives an error
// with a *Refusal, before a single packet was sent to it. Where a name has several
// addresses, those that are allowed are tried.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %q: %w", address, err)
	}
	proxy := d.proxies[strings.ToLower(address)]
	dialer := net.Dialer{
		Timeout: 30 * time.Second, KeepAlive: 30 * time.Second, Resolver: d.resolver,
		ControlContext: func(_ context.Context, network, resolved string, _ rawConn) error {
			return d.look(network, host, resolved, proxy)
		},
	}
	return dialer.DialContext(ctx, network, address)
}

// look is asked for each address before it is connected to.
func (d *Dialer) look(network, host, resolved string, proxy bool) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("dial %s: %s is not TCP", host, network)
	}
	at, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return fmt.Errorf("dial %s: %w", host, err)
	}
	ip := plain(at.Addr())
	if never(ip) {
		return &Refusal{Host: host, Address: ip, Never: true}
	}
	if proxy {
		return nil
	}
	if err := d.guard.SafeAddr(ip); err != nil {
		return &Refusal{Host: host, Address: ip, Key: d.key}
	}
	return nil
}

// Transport is a pool of connections of its own, with the standard library's
// limits.
func (d *Dialer) Transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy, t.DialContext = d.Proxy, d.DialContext
	return t
}

// Client follows no redirect, and calls by plain HTTP only where the configured
// URL is plain HTTP. The timeout bounds one call, headers and body.
func (d *Dialer) Client(timeout time.Duration) *http.Client {
	return &http.Client{
		Transport: sealed{d.Transport(), d.plain}, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// sealed keeps what an answer names, such as a provider's token endpoint, from
// being called in clear text.
type sealed struct {
	next  http.RoundTripper
	plain bool
}

var errPlain = errors.New("the address is plain HTTP, and was not called")

func (s sealed) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !s.plain {
		return nil, errPlain
	}
	return s.next.RoundTrip(r)
}

// proxies are the environment's, as DialContext is asked for them.
func proxies(conf *httpproxy.Config) map[string]bool {
	out := map[string]bool{}
	for _, raw := range []string{conf.HTTPProxy, conf.HTTPSProxy} {
		if raw == "" {
			continue
		}
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || u.Scheme == "" {
			u, err = url.Parse("http://" + raw) // proxy.example.com:3128, as httpproxy reads it
		}
		if err != nil {
			continue
		}
		port := u.Port()
		if port == "" {
			port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
		}
		if port == "" {
			port = "80"
		}
		out[strings.ToLower(net.JoinHostPort(u.Hostname(), port))] = true
	}
	return out
}
