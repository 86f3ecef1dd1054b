package wireguard

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// Connector cuts peers off one interface of this machine. Safe for concurrent use.
type Connector struct {
	cfg Config
	// edit is held while the configuration file is rewritten: two people who
	// leave at once must not undo each other.
	edit chan struct{}
}

var _ activities.Connector = (*Connector)(nil)

// New builds the connector. It touches neither file nor device.
func New(c Config) (*Connector, error) {
	c.Defaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Connector{cfg: c, edit: make(chan struct{}, 1)}, nil
}

// System is "wireguard".
func (c *Connector) System() offboarding.System { return System }

// sighting is one read of inventory, device and configuration file.
type sighting struct {
	inv  *inventory
	gate *gateway
	file *confFile // nil if none is configured
}

// look reads all three anew, and checks that the file is the device's.
func (c *Connector) look(ctx context.Context) (*sighting, error) {
	if err := ctx.Err(); err != nil {
		return nil, transport.Classify(System, "look at "+c.cfg.Interface, err)
	}
	var s sighting
	var err error
	if s.inv, err = readInventory(c.cfg.Inventory); err != nil {
		return nil, err
	}
	if s.gate, err = c.device().read(ctx); err != nil {
		return nil, err
	}
	if c.cfg.file() == "" {
		return &s, nil
	}
	if s.file, err = readConf(c.cfg.ConfigFile); err != nil {
		return nil, err
	}
	none := wgtypes.Key{}
	if s.file.own != none && s.gate.own != none && s.file.own != s.gate.own {
		return nil, fail(transport.Invalid, "compare device and configuration file", "they have two different keys, so the file is of another interface", "correct wireguard.interface or wireguard.config_file")
	}
	return &s, nil
}

// unmapped are the peers, live or in the file, that the inventory does not know.
func (s *sighting) unmapped() []wgtypes.Key {
	found := map[wgtypes.Key]bool{}
	for k := range s.gate.peers {
		found[k] = true
	}
	if s.file != nil {
		maps.Copy(found, s.file.peers())
	}
	var out []wgtypes.Key
	for k := range found {
		if _, ok := s.inv.owner[k]; !ok {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b wgtypes.Key) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// strangers says what to do about unmapped peers; empty if there are none, or
// the configuration accepts them.
func (c *Connector) strangers(s *sighting) string {
	keys := s.unmapped()
	if len(keys) == 0 || c.cfg.AllowUnmapped {
		return ""
	}
	names := make([]string, 0, 3)
	for _, k := range keys[:min(len(keys), 3)] {
		names = append(names, k.String())
	}
	if len(keys) > 3 {
		names = append(names, fmt.Sprintf("and %d more", len(keys)-3))
	}
	return fmt.Sprintf("%s is a peer of %s and in no inventory, so it may be this person's; map it in %s (to machine:NAME if it is nobody's), or set wireguard.allow_unmapped: true",
		strings.Join(names, ", "), c.cfg.Interface, c.cfg.Inventory)
}

// Find looks for the person's keys in the inventory, under any of their
// addresses: all that it maps to one of these are theirs. The account's id is
// the keys themselves, so that a later change of the inventory hides none. A
// person without a key is an Identity error while a peer that nobody claims
// might be theirs.
func (c *Connector) Find(ctx context.Context, p offboarding.Person) (offboarding.Account, error) {
	s, err := c.look(ctx)
	if err != nil {
		return offboarding.Account{}, err
	}
	email, addresses := strings.ToLower(string(p.Email)), p.Addresses()
	var keys []wgtypes.Key
	for _, address := range addresses {
		if !strings.HasPrefix(address, machinePrefix) {
			keys = append(keys, s.inv.keys[address]...)
		}
	}
	if len(keys) == 0 {
		if why := c.strangers(s); why != "" {
			return offboarding.Account{}, fail(transport.Identity, "find "+email, why, "then decide retry")
		}
		other, ok := s.inv.others(addresses)
		if !ok {
			return offboarding.Account{}, fail(transport.Invalid, "find "+email, "the inventory maps nobody", "look at "+c.cfg.Inventory)
		}
		return offboarding.Account{
			System: System, Email: email,
			Evidence: fmt.Sprintf("the inventory %s maps %d keys, none to %s; one of somebody else is %s", c.cfg.Inventory, len(s.inv.owner), strings.Join(addresses, ", "), other),
		}, nil
	}
	names := make([]string, 0, len(keys))
	live := 0
	for _, k := range keys {
		names = append(names, k.String())
		if _, ok := s.gate.peers[k]; ok {
			live++
		}
	}
	return offboarding.Account{
		System: System, Found: true, ID: strings.Join(names, ","), Login: email, Email: email, Emails: addresses,
		Status:    fmt.Sprintf("%d of %d keys on %s", live, len(keys), c.cfg.Interface),
		Evidence:  fmt.Sprintf("mapped by the inventory %s", c.cfg.Inventory),
		Protected: c.protection(s.gate.own, keys),
	}, nil
}

func (c *Connector) protection(own wgtypes.Key, keys []wgtypes.Key) string {
	if own != (wgtypes.Key{}) && slices.Contains(keys, own) {
		return "has the key of the gateway's own interface " + c.cfg.Interface
	}
	return ""
}

// accountKeys reads the keys in an account's id.
func accountKeys(a offboarding.Account) ([]wgtypes.Key, error) {
	var out []wgtypes.Key
	for _, s := range strings.Split(a.ID, ",") {
		k, err := wgtypes.ParseKey(s)
		if err != nil || !a.Found || k.String() != s {
			return nil, fail(transport.Identity, "check account", "there is no public key in this account", "find the person again")
		}
		out = append(out, k)
	}
	return out, nil
}

// keysOf are the account's keys and those the inventory has given the person
// since, under any of the addresses the person was looked for with. A key that it gives to somebody else by now is an Identity error.
func keysOf(a offboarding.Account, inv *inventory) ([]wgtypes.Key, error) {
	keys, err := accountKeys(a)
	if err != nil {
		return nil, err
	}
	addresses := offboarding.Person{Email: offboarding.Subject(a.Email), Emails: a.Emails}.Addresses()
	for _, k := range keys {
		if who, ok := inv.owner[k]; ok && !slices.Contains(addresses, who) {
			return nil, fail(transport.Identity, "check account", "the inventory maps "+k.String()+" to "+who+" now", "find the person again")
		}
	}
	for _, address := range addresses {
		for _, k := range inv.keys[address] {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	return keys, nil
}
