package wireguard

import (
	"context"
	"fmt"
	"os"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/activities"
)

// Check reads inventory, device and configuration file, and says what would
// stop or blur a departure. It opens the file for writing and writes nothing.
func (c *Connector) Check(ctx context.Context) ([]activities.Finding, error) {
	var out []activities.Finding
	add := func(l activities.Level, what, do string) {
		out = append(out, activities.Finding{Level: l, What: "wireguard " + c.cfg.Interface + ": " + what, Do: do})
	}
	s, err := c.look(ctx)
	if ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		add(activities.Bad, err.Error(), "")
		return out, nil
	}
	add(activities.OK, fmt.Sprintf("%d peers, and %d keys in the inventory", len(s.gate.peers), len(s.inv.owner)), "")
	if keys := s.unmapped(); len(keys) > 0 {
		do := "map each key to a person, or to machine:NAME"
		add(activities.Warning, fmt.Sprintf("%d peers are in no inventory, the first is %s", len(keys), keys[0]), do)
	}
	if c.cfg.ControlKey != "" {
		k, err := wgtypes.ParseKey(c.cfg.ControlKey)
		if _, ok := s.gate.peers[k]; err != nil || !ok {
			add(activities.Bad, "the control key is no peer", "correct wireguard.control_key")
		}
	}
	if s.file == nil {
		if c.noFile() != "" {
			add(activities.Bad, "no configuration file is named: a removed peer may come back when the interface is brought up again, so none is called verified", "set wireguard.config_file, or config_file: none where no file holds its peers")
		}
		return out, nil
	}
	if s.file.saveConfig {
		add(activities.Warning, "SaveConfig = true: wg-quick writes the device's peers over the file, comments and all, when the interface goes down", "set SaveConfig = false")
	}
	if f, err := os.OpenFile(c.cfg.ConfigFile, os.O_WRONLY, 0); err != nil {
		add(activities.Bad, fileError("open configuration file for writing", err).Error(), "")
	} else if err := f.Close(); err != nil {
		return out, fileError("close configuration file", err)
	}
	if info, err := os.Stat(c.cfg.ConfigFile); err == nil && info.Mode().Perm()&0o077 != 0 {
		add(activities.Warning, c.cfg.ConfigFile+" can be read by others, and holds private keys", "chmod 600 it")
	}
	return out, nil
}
