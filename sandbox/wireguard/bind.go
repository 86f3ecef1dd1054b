package wireguard

import (
	"errors"
	"net"
	"net/netip"
	"sync"

	"golang.zx2c4.com/wireguard/conn"
)

// loopback is a conn.Bind of one UDP socket on 127.0.0.1. The library's own
// listens on every interface of the machine, and keeps 16 MB of buffers.
type loopback struct {
	mu   sync.Mutex
	sock *net.UDPConn
}

var _ conn.Bind = (*loopback)(nil)

func (b *loopback) Open(port uint16) ([]conn.ReceiveFunc, uint16, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sock != nil {
		return nil, 0, conn.ErrBindAlreadyOpen
	}
	sock, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)})
	if err != nil {
		return nil, 0, err
	}
	b.sock = sock
	receive := func(packets [][]byte, sizes []int, eps []conn.Endpoint) (int, error) {
		n, from, err := sock.ReadFromUDPAddrPort(packets[0])
		if err != nil {
			return 0, err
		}
		sizes[0], eps[0] = n, endpoint(from)
		return 1, nil
	}
	return []conn.ReceiveFunc{receive}, sock.LocalAddr().(*net.UDPAddr).AddrPort().Port(), nil
}

func (b *loopback) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sock == nil {
		return nil
	}
	err := b.sock.Close()
	b.sock = nil
	return err
}

func (b *loopback) SetMark(uint32) error { return nil }

func (b *loopback) Send(bufs [][]byte, to conn.Endpoint) error {
	b.mu.Lock()
	sock := b.sock
	b.mu.Unlock()
	if sock == nil {
		return net.ErrClosed
	}
	dst, ok := to.(endpoint)
	if !ok {
		return conn.ErrWrongEndpointType
	}
	for _, buf := range bufs {
		if _, err := sock.WriteToUDPAddrPort(buf, netip.AddrPort(dst)); err != nil {
			return err
		}
	}
	return nil
}

func (b *loopback) ParseEndpoint(s string) (conn.Endpoint, error) {
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		return nil, err
	}
	if !a.Addr().IsLoopback() {
		return nil, errors.New("endpoint is not on this machine")
	}
	return endpoint(a), nil
}

func (b *loopback) BatchSize() int { return 1 }

type endpoint netip.AddrPort

var _ conn.Endpoint = endpoint{}

func (endpoint) ClearSrc()             {}
func (endpoint) SrcToString() string   { return "" }
func (endpoint) SrcIP() netip.Addr     { return netip.Addr{} }
func (e endpoint) DstToString() string { return netip.AddrPort(e).String() }
func (e endpoint) DstIP() netip.Addr   { return netip.AddrPort(e).Addr() }

func (e endpoint) DstToBytes() []byte {
	b, _ := netip.AddrPort(e).MarshalBinary()
	return b
}
