package temporal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
)

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// ports are the addresses of the server's four services. Only the frontend is
// for others; the rest talk among themselves on loopback.
type ports struct {
	frontend                  netip.AddrPort
	history, matching, worker netip.AddrPort
}

func choosePorts(frontend string) (ports, error) {
	var p ports
	want, err := resolve(frontend)
	if err != nil {
		return p, err
	}
	for _, service := range []struct {
		addr *netip.AddrPort
		want netip.AddrPort
	}{
		{&p.frontend, want},
		{&p.history, netip.AddrPortFrom(loopback, 0)},
		{&p.matching, netip.AddrPortFrom(loopback, 0)},
		{&p.worker, netip.AddrPortFrom(loopback, 0)},
	} {
		if *service.addr, err = reserve(service.want); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p ports) hosts() map[primitives.ServiceName]static.Hosts {
	return map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: static.SingleLocalHost(p.dialFrontend()),
		primitives.HistoryService:  static.SingleLocalHost(p.history.String()),
		primitives.MatchingService: static.SingleLocalHost(p.matching.String()),
		primitives.WorkerService:   static.SingleLocalHost(p.worker.String()),
	}
}

// dialFrontend is the frontend's address as this machine reaches it: one that
// listens on every interface is dialled on loopback.
func (p ports) dialFrontend() string {
	if p.frontend.Addr().IsUnspecified() {
		return netip.AddrPortFrom(loopback, p.frontend.Port()).String()
	}
	return p.frontend.String()
}

func resolve(addr string) (netip.AddrPort, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("read address %q: %w: give host:port, such as 127.0.0.1:7233", addr, err)
	}
	ap := tcp.AddrPort()
	if !ap.IsValid() {
		return netip.AddrPort{}, fmt.Errorf("read address %q: no host: give host:port, such as 127.0.0.1:7233", addr)
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}

// reserve finds out that addr can be listened on, and which port 0 becomes.
// The server opens its listeners itself and panics if it cannot, so a clash
// must come out before. A connection closed from the listening side keeps the
// port in TIME_WAIT: the kernel gives it to nobody who asks for port 0, and the
// server may still bind it.
func reserve(addr netip.AddrPort) (netip.AddrPort, error) {
	l, err := listen(addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	defer l.Close()
	if addr.Port() != 0 {
		return addr, nil
	}
	got := netip.AddrPortFrom(addr.Addr(), uint16(l.Addr().(*net.TCPAddr).Port))
	var dialer net.Dialer
	client, err := dialer.DialContext(context.Background(), "tcp", ports{frontend: got}.dialFrontend())
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("reserve port %d: %w", got.Port(), err)
	}
	defer client.Close()
	served, err := l.Accept()
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("reserve port %d: %w", got.Port(), err)
	}
	return got, served.Close()
}

func listen(addr netip.AddrPort) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", addr.String())
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen on %s: port %s is taken: stop the program that uses it, choose another port, or 0 for any free one",
			addr, strconv.Itoa(int(addr.Port())))
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s: %w: choose a port above 1023", addr, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("listen on %s: %w: choose an address of this machine, such as 127.0.0.1", addr, err)
	case err != nil:
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return l, nil
}
