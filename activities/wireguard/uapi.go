package wireguard

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/activities/transport"
)

// patience bounds one exchange where the context has no deadline.
const patience = 5 * time.Second

// uapi speaks WireGuard's cross-platform configuration protocol over a unix
// socket (https://www.wireguard.com/xplatform/).
type uapi struct{ path string }

func (u uapi) read(ctx context.Context) (*gateway, error) {
	var b reading
	err := u.exchange(ctx, "get", "get=1\n\n", b.line)
	if err != nil {
		return nil, err
	}
	return sound(b.gateway())
}

func (u uapi) remove(ctx context.Context, keys []wgtypes.Key) error {
	var b strings.Builder
	b.WriteString("set=1\n")
	for _, k := range keys {
		// update_only first: a peer that is not there must not be made to be removed.
		fmt.Fprintf(&b, "public_key=%s\nupdate_only=true\nremove=true\n", hex.EncodeToString(k[:]))
	}
	b.WriteString("\n")
	return u.exchange(ctx, "set", b.String(), func(string, string) error { return nil })
}

// exchange sends one request and hands each line of the answer to line, up to
// errno=0. Anything else at the end is an error. Nothing of the answer gets
// into an error's text: it holds the private key.
func (u uapi) exchange(ctx context.Context, op, request string, line func(name, value string) error) error {
	op += " on the control socket"
	var dial net.Dialer
	c, err := dial.DialContext(ctx, "unix", u.path)
	if err != nil {
		return deviceError(op, err)
	}
	defer c.Close()
	deadline := time.Now().Add(patience)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	_ = c.SetDeadline(deadline)
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
	if _, err := io.WriteString(c, request); err != nil {
		return socketError(ctx, op, err)
	}
	in := bufio.NewScanner(c)
	for in.Scan() {
		name, value, ok := strings.Cut(in.Text(), "=")
		if !ok {
			return fail(transport.Invalid, op, "the answer has a line that is not name=value", "")
		}
		if name == "errno" {
			if value != "0" {
				return fail(transport.Unavailable, op, "the device answers errno="+strconv.Quote(value), "look at the gateway's log")
			}
			return nil
		}
		if err := line(name, value); err != nil {
			return fail(transport.Invalid, op, err.Error(), "")
		}
	}
	if err := in.Err(); err != nil {
		return socketError(ctx, op, err)
	}
	return fail(transport.Invalid, op, "the answer ended before errno", "")
}

func socketError(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return deviceError(op, err)
}

// reading collects the lines of a get.
type reading struct {
	private, last wgtypes.Key
	peers         map[wgtypes.Key]peer
}

func (r *reading) line(name, value string) error {
	switch name {
	case "private_key":
		k, err := parseHex(value)
		if err != nil {
			return errors.New("the interface's key is not a key")
		}
		r.private = k
	case "public_key":
		k, err := parseHex(value)
		if err != nil {
			return errors.New("a peer's key is not a key")
		}
		if r.peers == nil {
			r.peers = map[wgtypes.Key]peer{}
		}
		r.peers[k], r.last = peer{}, k
	case "last_handshake_time_sec":
		sec, err := strconv.ParseInt(value, 10, 64)
		if err != nil || r.peers == nil {
			return errors.New("a handshake's time is not a number, or of no peer")
		}
		if sec > 0 {
			r.peers[r.last] = peer{handshake: time.Unix(sec, 0).UTC()}
		}
	}
	return nil
}

func (r *reading) gateway() *gateway {
	out := &gateway{peers: r.peers}
	if out.peers == nil {
		out.peers = map[wgtypes.Key]peer{}
	}
	if r.private != (wgtypes.Key{}) {
		out.own = r.private.PublicKey()
	}
	return out
}

func parseHex(s string) (wgtypes.Key, error) {
	raw, err := hex.DecodeString(s)
	if err != nil {
		return wgtypes.Key{}, err
	}
	return wgtypes.NewKey(raw)
}
