// Package wireguard cuts a person's WireGuard peers off a gateway and reads
// them back. It runs on the gateway, knows no other system and no Temporal.
//
// WireGuard has keys and no users. A file, the inventory, says whose each
// public key is; the person's entry stays there, for it is the map and grants
// nothing. A peer that is on the gateway and not in the inventory may be the
// leaver's: then the leaver's known keys are cut all the same, but the class is
// blind until somebody maps the key, or sets allow_unmapped.
//
// The one class is peers. Contain ends it: first the configuration file, then
// the device, then both are read again. The file goes first because `wg
// syncconf` from a file that still has the peer brings it back to life.
package wireguard

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/offboarding"
)

// System is this connector's name.
const System offboarding.System = "wireguard"

// Classes lists every class of this connector.
func Classes() []offboarding.Class { return []offboarding.Class{offboarding.Peers} }

// Config is the wireguard section of the configuration.
type Config struct {
	// Interface is the gateway's interface, such as wg0.
	Interface string `yaml:"interface"`
	// ConfigFile is the file wg-quick brings the interface up from, such as
	// /etc/wireguard/wg0.conf, or "none" where no file holds the peers. Left
	// out, a removed peer may come back when the interface is brought up again:
	// the peer is cut off the device, and is never called verified.
	ConfigFile string `yaml:"config_file"`
	// Inventory is the file that maps public keys to people: .yaml, .yml or .csv.
	Inventory string `yaml:"inventory"`
	// UAPISocket is the control socket of a userspace WireGuard that is not at
	// the standard place. Empty: the kernel, or /var/run/wireguard.
	UAPISocket string `yaml:"uapi_socket"`
	// ControlKey is a public key that always is a peer. An answer without it
	// proves nothing. Default: any peer the inventory maps to somebody else.
	ControlKey string `yaml:"control_key"`
	// AllowUnmapped accepts peers that are not in the inventory as nobody's.
	AllowUnmapped bool `yaml:"allow_unmapped"`
}

// NoConfigFile is the config_file that says: no file brings the peers back.
const NoConfigFile = "none"

// file is the path of the configuration file; empty if there is none.
func (c *Config) file() string {
	if c.ConfigFile == NoConfigFile {
		return ""
	}
	return c.ConfigFile
}

// Defaults fills what is empty; there is nothing that could be guessed safely.
func (c *Config) Defaults() {}

var interfacePattern = regexp.MustCompile(`^[A-Za-z0-9_=+.-]{1,15}$`)

// Validate checks the section without touching a file. The error names the key
// and says what to do.
func (c *Config) Validate() error {
	if !interfacePattern.MatchString(c.Interface) || strings.Trim(c.Interface, ".") == "" {
		return fmt.Errorf("wireguard.interface: %q is not an interface's name; give one like wg0", c.Interface)
	}
	if c.Inventory == "" {
		return fmt.Errorf("wireguard.inventory: no file; WireGuard has no users, so name the file that maps public keys to people")
	}
	switch strings.ToLower(filepath.Ext(c.Inventory)) {
	case ".yaml", ".yml", ".csv":
	default:
		return fmt.Errorf("wireguard.inventory: %q ends neither in .yaml, .yml nor .csv", c.Inventory)
	}
	for key, path := range map[string]string{"config_file": c.file(), "inventory": c.Inventory, "uapi_socket": c.UAPISocket} {
		if path != "" && !filepath.IsAbs(path) {
			return fmt.Errorf("wireguard.%s: %q is not an absolute path", key, path)
		}
	}
	if c.ControlKey != "" {
		if _, err := wgtypes.ParseKey(c.ControlKey); err != nil {
			return fmt.Errorf("wireguard.control_key: not a public key; copy it from `wg show %s peers`", c.Interface)
		}
	}
	return nil
}
