package wireguard

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.zx2c4.com/wireguard/device"
	"golang.zx2c4.com/wireguard/tun/netstack"
	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
)

const mtu = 1420

// echoPort is where the office answers pings inside the tunnel.
const echoPort = 7

// tunnel is one end: a WireGuard device and the network stack behind it.
type tunnel struct {
	dev *device.Device
	net *netstack.Net
}

func newTunnel(name string, address netip.Addr, uapi string) (*tunnel, error) {
	link, stack, err := netstack.CreateNetTUN([]netip.Addr{address}, nil, mtu)
	if err != nil {
		return nil, fmt.Errorf("make network stack of %s: %w", name, err)
	}
	dev := device.NewDevice(link, &loopback{}, device.NewLogger(device.LogLevelSilent, ""))
	if err := dev.IpcSet(uapi); err != nil {
		dev.Close()
		return nil, fmt.Errorf("configure %s: %w", name, err)
	}
	if err := dev.Up(); err != nil {
		dev.Close()
		return nil, fmt.Errorf("bring %s up: %w", name, err)
	}
	return &tunnel{dev: dev, net: stack}, nil
}

// close takes the link down before it closes the stack: the stack panics when
// a packet arrives while it closes.
func (t *tunnel) close() {
	_ = t.dev.Down()
	t.dev.Close()
}

func hexKey(k wgtypes.Key) string { return hex.EncodeToString(k[:]) }

// echo answers every datagram with itself until the connection is closed.
func echo(c *gonet.UDPConn) {
	buf := make([]byte, mtu)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		_, _ = c.WriteTo(buf[:n], from)
	}
}

// Laptop is a person's machine, pinging the office through the tunnel from its
// start to its Close. Safe for concurrent use.
type Laptop struct {
	// Email is whose it is, and PublicKey its key as inventories write it.
	Email, PublicKey string

	tun   *tunnel
	sock  *gonet.UDPConn
	every time.Duration
	sent  atomic.Int64
	pongs atomic.Int64
	last  atomic.Int64 // unix nanoseconds
	stop  chan struct{}
	done  sync.WaitGroup
	once  sync.Once
}

func newLaptop(email string, key wgtypes.Key, address netip.Addr, gateway wgtypes.Key, at string, every time.Duration) (*Laptop, error) {
	uapi := fmt.Sprintf("private_key=%s\npublic_key=%s\nendpoint=%s\nallowed_ip=%s\n", hexKey(key), hexKey(gateway), at, network)
	tun, err := newTunnel("laptop of "+email, address, uapi)
	if err != nil {
		return nil, err
	}
	sock, err := tun.net.DialUDPAddrPort(netip.AddrPort{}, netip.AddrPortFrom(officeAddress, echoPort))
	if err != nil {
		tun.close()
		return nil, fmt.Errorf("open ping socket of %s: %w", email, err)
	}
	l := &Laptop{Email: email, PublicKey: key.PublicKey().String(), tun: tun, sock: sock, every: every, stop: make(chan struct{})}
	l.done.Add(2)
	go l.ping()
	go l.listen()
	return l, nil
}

func (l *Laptop) ping() {
	defer l.done.Done()
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	for {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(l.sent.Add(1)))
		_, _ = l.sock.Write(b[:])
		select {
		case <-tick.C:
		case <-l.stop:
			return
		}
	}
}

func (l *Laptop) listen() {
	defer l.done.Done()
	var b [8]byte
	for {
		n, err := l.sock.Read(b[:])
		if err != nil {
			return
		}
		if n == len(b) && binary.BigEndian.Uint64(b[:]) <= uint64(l.sent.Load()) {
			l.pongs.Add(1)
			l.last.Store(time.Now().UnixNano())
		}
	}
}

// Sent is how many pings went out.
func (l *Laptop) Sent() int64 { return l.sent.Load() }

// Pings is how many pings the office has answered.
func (l *Laptop) Pings() int64 { return l.pongs.Load() }

// LastPong is when the office last answered; zero if it never did.
func (l *Laptop) LastPong() time.Time {
	if n := l.last.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// Alive reports whether the office answered within the last ten intervals,
// and at least within the last 200 ms.
func (l *Laptop) Alive() bool {
	last := l.LastPong()
	return !last.IsZero() && time.Since(last) < max(10*l.every, 200*time.Millisecond)
}

// Close switches the laptop off; again is fine.
func (l *Laptop) Close() {
	l.once.Do(func() {
		close(l.stop)
		_ = l.sock.Close()
		l.done.Wait()
		l.tun.close()
	})
}
