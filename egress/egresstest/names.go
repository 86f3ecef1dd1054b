// Package egresstest is a real name server on this machine for the tests of who may
// be called: names that lead inside, and ones that change what they lead to.
package egresstest

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Inside is a name that leads to 127.0.0.1, in a test binary whose TestMain is Main.
const Inside = "vendor.inside.example"

// Main runs a package's tests with a name server that knows every name as one of
// 127.0.0.1. It is set before any test begins, since the resolver is the process's.
func Main(m *testing.M) {
	r, done, err := serve([]string{"127.0.0.1"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	net.DefaultResolver = r
	code := m.Run()
	done()
	os.Exit(code)
}

// Names gives a resolver whose every name leads to the first answer's addresses, at
// the second look-up to the second's, and so on; the last stays.
func Names(t *testing.T, answers ...[]string) *net.Resolver {
	t.Helper()
	r, done, err := serve(answers...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return r
}

func serve(answers ...[]string) (*net.Resolver, func(), error) {
	var conf net.ListenConfig
	server, err := conf.ListenPacket(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("serve names: %w", err)
	}
	var asked atomic.Int32
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			if packed := reply(buf[:n], &asked, answers); packed != nil {
				_, _ = server.WriteTo(packed, from)
			}
		}
	}()
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	return r, func() { _ = server.Close() }, nil
}

// reply answers one question; nil if it is none.
func reply(question []byte, asked *atomic.Int32, answers [][]string) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	at := int(asked.Load())
	if q.Type == dnsmessage.TypeA {
		asked.Add(1)
	}
	for _, a := range answers[min(at, len(answers)-1)] {
		ip := netip.MustParseAddr(a)
		h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
		switch {
		case ip.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: ip.As4()}})
		case ip.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
		}
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}
