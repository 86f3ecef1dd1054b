package wireguard

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.zx2c4.com/wireguard/wgctrl"
	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/activities/transport"
)

// gateway is one read of the device.
type gateway struct {
	own   wgtypes.Key // the interface's public key; zero if it has none
	peers map[wgtypes.Key]peer
}

type peer struct {
	handshake time.Time // the latest; zero if there was none
}

// device is how the gateway is reached. Each call opens a connection of its
// own: nothing is cached between two reads.
type device interface {
	read(ctx context.Context) (*gateway, error)
	// remove takes peers off. It succeeds for peers that are not there:
	// WireGuard answers the same, so read before and after.
	remove(ctx context.Context, keys []wgtypes.Key) error
}

func (c *Connector) device() device {
	if c.cfg.UAPISocket != "" {
		return uapi{c.cfg.UAPISocket}
	}
	return standard{c.cfg.Interface}
}

// standard is a kernel interface, or a userspace one at the standard place.
type standard struct{ name string }

func (s standard) read(ctx context.Context) (*gateway, error) {
	var out *gateway
	err := s.with(ctx, "read "+s.name, func(c *wgctrl.Client) error {
		d, err := c.Device(s.name)
		if err != nil {
			return err
		}
		if d.Name != s.name {
			return fail(transport.Invalid, "read "+s.name, "the answer is of another interface", "")
		}
		out = &gateway{own: d.PublicKey, peers: map[wgtypes.Key]peer{}}
		for _, p := range d.Peers {
			out.peers[p.PublicKey] = peer{handshake: p.LastHandshakeTime}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sound(out)
}

// sound refuses an answer that holds nothing at all: a gateway at work has a
// key, or peers.
func sound(g *gateway) (*gateway, error) {
	if g.own == (wgtypes.Key{}) && len(g.peers) == 0 {
		return nil, fail(transport.Invalid, "read device", "the interface has neither a key nor a peer", "bring it up, or correct wireguard.interface")
	}
	return g, nil
}

func (s standard) remove(ctx context.Context, keys []wgtypes.Key) error {
	var conf wgtypes.Config
	for _, k := range keys {
		conf.Peers = append(conf.Peers, wgtypes.PeerConfig{PublicKey: k, Remove: true, UpdateOnly: true})
	}
	return s.with(ctx, "remove peers from "+s.name, func(c *wgctrl.Client) error { return c.ConfigureDevice(s.name, conf) })
}

// with runs f beside the context, which the library does not take: a call that
// hangs is left to itself.
func (s standard) with(ctx context.Context, op string, f func(*wgctrl.Client) error) error {
	if err := ctx.Err(); err != nil {
		return transport.Classify(System, op, err)
	}
	done := make(chan error, 1)
	go func() {
		c, err := wgctrl.New()
		if err == nil {
			err = f(c)
			err = errors.Join(err, c.Close())
		}
		done <- err
	}()
	select {
	case err := <-done:
		return deviceError(op, err)
	case <-ctx.Done():
		return transport.Classify(System, op, ctx.Err())
	}
}

// deviceError types an error of the operating system or of wgctrl.
func deviceError(op string, err error) error {
	var known *transport.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.Is(err, fs.ErrPermission):
		return fail(transport.Unauthorized, op, err.Error(), "run this worker with CAP_NET_ADMIN, or as the socket's owner, then decide retry")
	case errors.Is(err, os.ErrNotExist):
		return fail(transport.Unavailable, op, "there is no such interface", "bring it up, or correct wireguard.interface and wireguard.uapi_socket")
	}
	return transport.Classify(System, op, err)
}

// fileError types an error about a file.
func fileError(op string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fail(transport.Unauthorized, op, err.Error(), "let this worker read and write it, then decide retry")
	case errors.Is(err, fs.ErrNotExist):
		return fail(transport.Unavailable, op, err.Error(), "put it there, or correct the path in the configuration")
	}
	return transport.Classify(System, op, err)
}

func fail(kind transport.Kind, op, detail, fix string) *transport.Error {
	return &transport.Error{Kind: kind, System: System, Op: op, Detail: detail, Fix: fix}
}
