package codec

import (
	"errors"

	"lastday/secret"
)

// Config is the section encryption of the configuration. Every process that
// speaks to one namespace needs the same.
type Config struct {
	// Keyset is what payloads are encrypted under: the file that
	// starter encryption keys writes. Unset: Temporal sees everything in clear text.
	Keyset secret.Ref `yaml:"keyset"`
	// Opaque hides addresses and partners in workflow ids and search attributes
	// too. Change it only while no case is open.
	Opaque bool `yaml:"opaque"`
}

// Defaults fills in what was left out: nothing.
func (c *Config) Defaults() {}

// Validate says which key is wrong and what to do. It reads no secret.
func (c *Config) Validate() error {
	if c.Opaque && !c.Keyset.IsSet() {
		return errors.New("encryption.opaque needs encryption.keyset: give file:PATH of the file that starter encryption keys writes")
	}
	return nil
}

// On reports whether anything is encrypted.
func (c *Config) On() bool { return c.Keyset.IsSet() }
