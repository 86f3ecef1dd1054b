package wireguard

import (
	"fmt"
	"net/netip"
	"os"
	"strings"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/sandbox/people"
)

// writeFiles writes the configuration file, in the order the device was
// configured, and the inventory.
func (o *Office) writeFiles(staff []people.Person, branch wgtypes.Key) error {
	var conf, inv strings.Builder
	fmt.Fprintf(&conf, "# Office gateway. Edited by hand: keep the comments.\n[Interface]\nAddress = %s/16\nListenPort = %s\nPrivateKey = %s\n", officeAddress, o.port, o.key)
	if o.opts.SaveConfig {
		conf.WriteString("SaveConfig = true\n")
	}
	if o.opts.CSV {
		inv.WriteString("# who has which key\npublic_key,person,label\n")
	} else {
		inv.WriteString("# who has which key\n")
	}
	for _, p := range append([]people.Person{people.Admin}, staff...) {
		m := o.members[p.Email]
		o.section(&conf, p.Name()+", laptop", m.key.PublicKey(), m.address)
		o.entry(&inv, m.key.PublicKey(), p.Email, "laptop")
	}
	o.section(&conf, "branch office, all its machines", branch, netip.AddrFrom4([4]byte{10, 77, 255, 1}))
	o.entry(&inv, branch, Machine, "")
	conf.WriteString("\n# end of the list\n")
	if err := os.WriteFile(o.ConfigFile(), []byte(conf.String()), 0o600); err != nil {
		return fmt.Errorf("write the configuration file: %w", err)
	}
	if err := os.WriteFile(o.Inventory(), []byte(inv.String()), 0o600); err != nil {
		return fmt.Errorf("write the inventory: %w", err)
	}
	return nil
}

func (o *Office) section(b *strings.Builder, comment string, key wgtypes.Key, address netip.Addr) {
	fmt.Fprintf(b, "\n# %s\n[Peer]\nPublicKey = %s\nAllowedIPs = %s/32\n", comment, key, address)
}

func (o *Office) entry(b *strings.Builder, key wgtypes.Key, who, label string) {
	switch {
	case o.opts.CSV:
		fmt.Fprintf(b, "%s,%s,%s\n", key, who, label)
	case label == "":
		fmt.Fprintf(b, "%q: %s\n", key.String(), who)
	default:
		fmt.Fprintf(b, "%q: {person: %s, label: %s}\n", key.String(), who, label)
	}
}

// AddPeer gives a person one more key, on the device, in the file and in the
// inventory, and returns it as inventories write it. An empty e-mail makes a
// peer that is in no inventory.
func (o *Office) AddPeer(email string) (string, error) {
	key, err := wgtypes.GeneratePrivateKey()
	if err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	pub := key.PublicKey()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count++
	address := netip.AddrFrom4([4]byte{10, 77, byte(1 + o.count/250), byte(1 + o.count%250)})
	var uapi, conf, inv strings.Builder
	peerLines(&uapi, pub, address)
	o.section(&conf, "one more", pub, address)
	if err := o.gw.dev.IpcSet(uapi.String()); err != nil {
		return "", fmt.Errorf("add peer: %w", err)
	}
	if err := appendTo(o.ConfigFile(), conf.String()); err != nil {
		return "", err
	}
	o.keys[email] = append(o.keys[email], pub)
	if email == "" {
		return pub.String(), nil
	}
	o.entry(&inv, pub, email, "spare")
	return pub.String(), appendTo(o.Inventory(), inv.String())
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	_, err = f.WriteString(text)
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// SyncConf makes the device what the configuration file says, as `wg syncconf`
// does: peers that stay keep their sessions. From a file that still has a
// removed peer it brings that peer back.
func (o *Office) SyncConf() error {
	text, err := os.ReadFile(o.ConfigFile())
	if err != nil {
		return fmt.Errorf("read the configuration file: %w", err)
	}
	before, err := o.gw.dev.IpcGet()
	if err != nil {
		return fmt.Errorf("read the device: %w", err)
	}
	var uapi strings.Builder
	wanted := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		name, value, _ := strings.Cut(line, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "publickey":
			k, err := wgtypes.ParseKey(value)
			if err != nil {
				return fmt.Errorf("read the configuration file: %w", err)
			}
			wanted[hexKey(k)] = true
			fmt.Fprintf(&uapi, "public_key=%s\n", hexKey(k))
		case "allowedips":
			fmt.Fprintf(&uapi, "replace_allowed_ips=true\nallowed_ip=%s\n", value)
		}
	}
	for line := range strings.Lines(before) {
		if k, ok := strings.CutPrefix(strings.TrimSpace(line), "public_key="); ok && !wanted[k] {
			fmt.Fprintf(&uapi, "public_key=%s\nremove=true\n", k)
		}
	}
	if err := o.gw.dev.IpcSet(uapi.String()); err != nil {
		return fmt.Errorf("set the device: %w", err)
	}
	return nil
}

// RemoveFromDevice takes a peer off the device alone, as `wg set` does.
func (o *Office) RemoveFromDevice(publicKey string) error {
	k, err := wgtypes.ParseKey(publicKey)
	if err != nil {
		return fmt.Errorf("read key: %w", err)
	}
	return o.gw.dev.IpcSet("public_key=" + hexKey(k) + "\nremove=true\n")
}
