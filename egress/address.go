package egress

import (
	"fmt"
	"net/netip"
	"syscall"

	"code.dny.dev/ssrf"
)

type rawConn = syscall.RawConn

// Networks are written as "10.20.0.0/16", or as a single address.
type Networks []string

// Validate says which entry cannot be right and what to do. It repeats none.
func (n Networks) Validate() error {
	_, err := n.prefixes()
	return err
}

func (n Networks) prefixes() ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(n))
	for i, s := range n {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			ip, single := netip.ParseAddr(s)
			if single != nil || ip.Zone() != "" {
				return nil, fmt.Errorf("entry %d is neither a network like 10.20.0.0/16 nor an address like 10.20.0.7", i+1)
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		if p.Addr().Is4In6() {
			return nil, fmt.Errorf("entry %d is an IPv4 network in IPv6 spelling: write it as IPv4", i+1)
		}
		if p != p.Masked() {
			return nil, fmt.Errorf("entry %d is no network's first address: write 10.20.0.0/16, or an address without a slash", i+1)
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("entry %d is every address there is: name the network that the system lives in", i+1)
		}
		if never(p.Addr()) {
			return nil, fmt.Errorf("entry %d lies where cloud metadata and neighbours on the wire answer, which is never called", i+1)
		}
		out = append(out, p)
	}
	return out, nil
}

// allow is the internet, as IANA's registries of special addresses leave it, and
// the networks beside it.
func allow(networks []netip.Prefix) *ssrf.Guardian {
	var v4, v6 []netip.Prefix
	for _, p := range networks {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
}

// plain is the address that is really reached: an IPv4 address in one of IPv6's
// spellings, as a mapped one or behind NAT64, is judged as IPv4.
func plain(ip netip.Addr) netip.Addr {
	ip = ip.WithZone("").Unmap()
	if ssrf.IPv6NAT64Prefix.Contains(ip) {
		b := ip.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return ip
}

// metadata is where clouds tell a machine its credentials, beside link-local
// addresses: by IPv6 AWS, Google, Oracle, Scaleway; Alibaba, Azure's host, Oracle.
func metadata() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("fd00:ec2::/32"), netip.MustParsePrefix("fd20:ce::254/128"),
		netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"), netip.MustParsePrefix("fd00:42::42/128"),
		netip.MustParsePrefix("100.100.100.200/32"), netip.MustParsePrefix("168.63.129.16/32"), netip.MustParsePrefix("192.0.0.192/32"),
	}
}

// never reports whether no configuration opens the address.
func never(ip netip.Addr) bool {
	for _, p := range metadata() {
		if p.Contains(ip) {
			return true
		}
	}
	return ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// Refusal is why an address was not connected to.
type Refusal struct {
	Host    string     // as it was asked for: a name or an address
	Address netip.Addr // what it led to
	Key     string     // the configuration's key that would allow it
	Never   bool       // nothing would
}

// Error says what was refused and what allows it.
func (r *Refusal) Error() string { return r.Detail() + "; " + r.Fix() }

// Detail says what was refused.
func (r *Refusal) Detail() string {
	s := r.Host + " leads to " + r.Address.String() + ", "
	if r.Host == r.Address.String() {
		s = r.Host + " is "
	}
	return s + r.kind() + ", and was not called"
}

// Fix says what allows it, where anything does.
func (r *Refusal) Fix() string {
	if r.Never {
		return "look at the name and at who answers for it: no setting allows this address"
	}
	return "look at the name and at who answers for it; if the place does live there, add the address or its network to " + r.Key
}

func (r *Refusal) kind() string {
	ip := r.Address
	switch {
	case ip.IsUnspecified():
		return "the unspecified address"
	case ip.IsLinkLocalUnicast():
		return "a link-local address"
	case ip.IsMulticast():
		return "a multicast address"
	case r.Never:
		return "an address of cloud metadata or of everybody"
	case ip.IsLoopback():
		return "this machine itself"
	case ip.IsPrivate():
		return "a private address"
	case netip.MustParsePrefix("100.64.0.0/10").Contains(ip):
		return "a shared address (carrier-grade NAT)"
	}
	return "a reserved address"
}
