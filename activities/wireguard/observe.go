package wireguard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/offboarding"
)

// Observe reads inventory, device and configuration file over connections of
// its own. There is one credential: being on the gateway.
func (c *Connector) Observe(ctx context.Context, a offboarding.Account) (offboarding.Readback, error) {
	if _, err := accountKeys(a); err != nil {
		return offboarding.Readback{}, err
	}
	s, err := c.look(ctx)
	if err != nil {
		return offboarding.Readback{}, err
	}
	o, err := c.judge(s, a)
	if err != nil {
		return offboarding.Readback{}, err
	}
	for _, g := range o.Present {
		// In the reason, not in the label: a label is part of the plan, which
		// must not change with every handshake.
		if k, err := wgtypes.ParseKey(g.ID); err == nil && !s.gate.peers[k].handshake.IsZero() {
			o.Reason = strings.TrimPrefix(o.Reason+"; "+g.ID+" had its latest handshake at "+s.gate.peers[k].handshake.UTC().Format(time.RFC3339), "; ")
		}
	}
	return offboarding.Readback{Observations: []offboarding.Observation{o}}, nil
}

// judge says what a look shows of the person's peers.
func (c *Connector) judge(s *sighting, a offboarding.Account) (offboarding.Observation, error) {
	o := offboarding.Observation{Class: offboarding.Peers, At: time.Now().UTC(), Credential: "primary"}
	keys, err := keysOf(a, s.inv)
	if err != nil {
		return o, err
	}
	var reasons []string
	for _, k := range keys {
		where, why := c.where(s, k)
		if why != "" {
			reasons = append(reasons, why)
		}
		if len(where) > 0 {
			o.Present = append(o.Present, offboarding.Grant{Class: offboarding.Peers, ID: k.String(), Label: label(s, k, where), Closes: offboarding.StepContain})
		}
	}
	hidden := false
	for _, why := range []string{c.strangers(s), c.noFile()} {
		if why != "" {
			hidden = true
			reasons = append(reasons, why)
		}
	}
	o.Control = c.control(s, keys)
	switch {
	case len(o.Present) > 0:
		o.Sight = offboarding.Present
	case hidden:
		o.Sight, o.Control = offboarding.Blind, ""
	case o.Control == "":
		o.Sight = offboarding.Blind
		reasons = append(reasons, "no peer that is known to be there was seen, so the read proves nothing; name one that always is in wireguard.control_key")
	default:
		o.Sight = offboarding.Absent
	}
	o.Reason = strings.Join(reasons, "; ")
	return o, nil
}

// noFile says what to do where nobody told whether a file holds the peers too;
// empty if somebody did.
func (c *Connector) noFile() string {
	if c.cfg.ConfigFile != "" {
		return ""
	}
	return "no configuration file is named, so nobody knows whether the peer comes back when " + c.cfg.Interface +
		" is brought up again; set wireguard.config_file, or none: config_file: none says that no file holds its peers"
}

// where lists the places a key is a peer in, and says what only a person can do.
func (c *Connector) where(s *sighting, k wgtypes.Key) (places []string, why string) {
	if _, ok := s.gate.peers[k]; ok {
		places = append(places, "live on "+c.cfg.Interface)
	}
	if s.file == nil {
		return places, ""
	}
	if s.file.peers()[k] {
		places = append(places, "in "+c.cfg.ConfigFile)
	}
	if line, ok := s.file.named[k]; ok {
		places = append(places, fmt.Sprintf("at line %d of %s", line, c.cfg.ConfigFile))
		why = fmt.Sprintf("line %d of %s names the key outside of a [Peer] section; take it out by hand", line, c.cfg.ConfigFile)
	}
	return places, why
}

func label(s *sighting, k wgtypes.Key, places []string) string {
	parts := places
	if name := s.inv.label[k]; name != "" {
		parts = append([]string{name}, parts...)
	}
	return strings.Join(parts, ", ")
}

// control names a live peer of somebody else, which shows that this is the
// interface the inventory speaks of. With none left, the interface's own key
// serves, if the configuration file says that it is the right one.
func (c *Connector) control(s *sighting, keys []wgtypes.Key) string {
	if c.cfg.ControlKey != "" {
		k, err := wgtypes.ParseKey(c.cfg.ControlKey)
		if _, ok := s.gate.peers[k]; err != nil || !ok || slices.Contains(keys, k) {
			return ""
		}
		return "peer " + k.String()
	}
	best := ""
	for k := range s.gate.peers {
		if _, mapped := s.inv.owner[k]; !mapped || slices.Contains(keys, k) {
			continue
		}
		if name := "peer " + k.String(); best == "" || name < best {
			best = name
		}
	}
	none := wgtypes.Key{}
	if best == "" && s.file != nil && s.gate.own != none && s.gate.own == s.file.own {
		best = "the interface's own key " + s.gate.own.String()
	}
	return best
}
