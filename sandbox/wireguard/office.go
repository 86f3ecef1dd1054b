// Package wireguard is a real WireGuard gateway and real laptops, all in one
// process and without root: wireguard-go with its own network stack, over UDP
// on the loopback interface. The gateway has a control socket, a
// configuration file and an inventory of keys on disk, as a machine in an
// office has. It knows no connector.
package wireguard

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.zx2c4.com/wireguard/device"
	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"

	"lastday/sandbox/people"
)

var (
	network       = netip.MustParsePrefix("10.77.0.0/16")
	officeAddress = netip.MustParseAddr("10.77.0.1")
)

// Machine is the inventory's entry for the one peer that is nobody's.
const Machine = "machine:branch-office"

// Options shape the office.
type Options struct {
	// Dir holds the configuration file, the inventory and the socket; empty: a
	// temporary directory that Close removes.
	Dir string
	// Socket is the control socket's path; default wg0.sock in Dir.
	Socket string
	// Interface is the gateway's; default wg0.
	Interface string
	// CSV writes the inventory as CSV instead of YAML.
	CSV bool
	// SaveConfig puts SaveConfig = true into the configuration file.
	SaveConfig bool
	// PingEvery is how often a laptop pings; default 50 ms.
	PingEvery time.Duration
	// ControlLaptop starts a laptop for people.Admin too.
	ControlLaptop bool
}

type member struct {
	person  people.Person
	key     wgtypes.Key
	address netip.Addr
}

// Office is the gateway and its laptops. Safe for concurrent use.
type Office struct {
	opts          Options
	temp          bool
	key           wgtypes.Key
	gw            *tunnel
	port          string
	echo          *gonet.UDPConn
	echoed        sync.WaitGroup
	sock          *socket
	jane, control *Laptop

	mu      sync.Mutex
	members map[string]*member       // by e-mail
	keys    map[string][]wgtypes.Key // by e-mail, or machine:NAME, or "" for a stranger
	more    []*Laptop
	count   int
}

// Start brings up a gateway that has a peer for each of the staff and for
// people.Admin, and the laptop of people.Jane if she is among them. Close it.
func Start(staff []people.Person, o Options) (*Office, error) {
	if o.Interface == "" {
		o.Interface = "wg0"
	}
	if o.PingEvery <= 0 {
		o.PingEvery = 50 * time.Millisecond
	}
	off := &Office{opts: o, members: map[string]*member{}, keys: map[string][]wgtypes.Key{}}
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "lastday-wg")
		if err != nil {
			return nil, fmt.Errorf("make the office's directory: %w", err)
		}
		off.opts.Dir, off.temp = dir, true
	}
	if o.Socket == "" {
		off.opts.Socket = filepath.Join(off.opts.Dir, o.Interface+".sock")
	}
	if err := off.start(staff); err != nil {
		return nil, errors.Join(err, off.Close())
	}
	return off, nil
}

func (o *Office) start(staff []people.Person) error {
	var err error
	if o.key, err = wgtypes.GeneratePrivateKey(); err != nil {
		return fmt.Errorf("make the gateway's key: %w", err)
	}
	var uapi strings.Builder
	fmt.Fprintf(&uapi, "private_key=%s\n", hexKey(o.key))
	for _, p := range append([]people.Person{people.Admin}, staff...) {
		m, err := o.enrol(p)
		if err != nil {
			return err
		}
		peerLines(&uapi, m.key.PublicKey(), m.address)
	}
	branch, err := wgtypes.GeneratePrivateKey()
	if err != nil {
		return fmt.Errorf("make the branch office's key: %w", err)
	}
	o.keys[Machine] = append(o.keys[Machine], branch.PublicKey())
	peerLines(&uapi, branch.PublicKey(), netip.AddrFrom4([4]byte{10, 77, 255, 1}))
	if o.gw, err = newTunnel("gateway", officeAddress, uapi.String()); err != nil {
		return err
	}
	if o.port, err = listenPort(o.gw.dev); err != nil {
		return err
	}
	if err := o.writeFiles(staff, branch.PublicKey()); err != nil {
		return err
	}
	if o.sock, err = listen(o.opts.Socket, o.gw); err != nil {
		return err
	}
	if o.echo, err = o.gw.net.ListenUDPAddrPort(netip.AddrPortFrom(officeAddress, echoPort)); err != nil {
		return fmt.Errorf("open the office's echo socket: %w", err)
	}
	o.echoed.Go(func() { echo(o.echo) })
	if _, ok := o.members[people.Jane.Email]; ok {
		if o.jane, err = o.laptop(people.Jane.Email); err != nil {
			return err
		}
	}
	if o.opts.ControlLaptop {
		if o.control, err = o.laptop(people.Admin.Email); err != nil {
			return err
		}
	}
	return nil
}

// enrol gives a person a key and an address.
func (o *Office) enrol(p people.Person) (*member, error) {
	key, err := wgtypes.GeneratePrivateKey()
	if err != nil {
		return nil, fmt.Errorf("make key of %s: %w", p.Email, err)
	}
	o.count++
	m := &member{person: p, key: key, address: netip.AddrFrom4([4]byte{10, 77, byte(1 + o.count/250), byte(1 + o.count%250)})}
	o.members[p.Email] = m
	o.keys[p.Email] = append(o.keys[p.Email], key.PublicKey())
	return m, nil
}

func peerLines(b *strings.Builder, key wgtypes.Key, address netip.Addr) {
	fmt.Fprintf(b, "public_key=%s\nreplace_allowed_ips=true\nallowed_ip=%s/32\n", hexKey(key), address)
}

func listenPort(dev *device.Device) (string, error) {
	state, err := dev.IpcGet()
	if err != nil {
		return "", fmt.Errorf("read the gateway: %w", err)
	}
	for line := range strings.Lines(state) {
		if port, ok := strings.CutPrefix(strings.TrimSpace(line), "listen_port="); ok {
			return port, nil
		}
	}
	return "", errors.New("read the gateway: it listens on no port")
}

// Interface, Socket, ConfigFile and Inventory are what the gateway's
// administrator would put into Lastday's configuration.
func (o *Office) Interface() string { return o.opts.Interface }

// Socket is the path of the control socket.
func (o *Office) Socket() string { return o.opts.Socket }

// ConfigFile is the path of the gateway's configuration file.
func (o *Office) ConfigFile() string { return filepath.Join(o.opts.Dir, o.opts.Interface+".conf") }

// Inventory is the path of the map from public key to person.
func (o *Office) Inventory() string {
	if o.opts.CSV {
		return filepath.Join(o.opts.Dir, "peers.csv")
	}
	return filepath.Join(o.opts.Dir, "peers.yaml")
}

// Laptop is Jane's; nil if she is not on the staff.
func (o *Office) Laptop() *Laptop { return o.jane }

// Control is people.Admin's laptop; nil without Options.ControlLaptop.
func (o *Office) Control() *Laptop { return o.control }

// SetFault makes the control socket misbehave for connections from now on;
// None puts it right.
func (o *Office) SetFault(f Fault) error { return o.sock.set(f) }

// NewLaptop starts another machine with the key the person has: a restart, or
// a copy of the key. Close closes it too.
func (o *Office) NewLaptop(email string) (*Laptop, error) {
	l, err := o.laptop(email)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.more = append(o.more, l)
	return l, nil
}

func (o *Office) laptop(email string) (*Laptop, error) {
	o.mu.Lock()
	m, ok := o.members[email]
	o.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("start laptop: %s is not on the staff", email)
	}
	return newLaptop(email, m.key, m.address, o.key.PublicKey(), "127.0.0.1:"+o.port, o.opts.PingEvery)
}

// Holds lists the access the person truly has at this moment: "peers/KEY" for
// each key the gateway lets in, and "peers/KEY (file)" for each that it will
// let in after a restart. It asks the device itself and reads the file as
// text, whatever the control socket says.
func (o *Office) Holds(email string) []string { return o.filter(email, true) }

// HoldsBesides lists what everybody but this person has, in the same form.
func (o *Office) HoldsBesides(email string) []string { return o.filter(email, false) }

func (o *Office) filter(email string, theirs bool) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := []string{}
	file, errFile := os.ReadFile(o.ConfigFile())
	for mail, keys := range o.keys {
		if strings.EqualFold(mail, email) != theirs {
			continue
		}
		for _, k := range keys {
			if o.gw.dev.LookupPeer(device.NoisePublicKey(k)) != nil {
				out = append(out, "peers/"+k.String())
			}
			if errFile != nil || inFile(string(file), k.String()) {
				out = append(out, "peers/"+k.String()+" (file)")
			}
		}
	}
	slices.Sort(out)
	return out
}

func inFile(text, key string) bool {
	for line := range strings.Lines(text) {
		active, _, _ := strings.Cut(line, "#")
		if strings.Contains(active, key) {
			return true
		}
	}
	return false
}

// Close stops everything and removes the temporary directory; again is fine.
func (o *Office) Close() error {
	o.mu.Lock()
	more := append([]*Laptop{o.jane, o.control}, o.more...)
	o.mu.Unlock()
	for _, l := range more {
		if l != nil {
			l.Close()
		}
	}
	if o.sock != nil {
		o.sock.close()
	}
	if o.echo != nil {
		_ = o.echo.Close()
		o.echoed.Wait()
	}
	if o.gw != nil {
		o.gw.close()
	}
	if o.temp {
		return os.RemoveAll(o.opts.Dir)
	}
	return nil
}
