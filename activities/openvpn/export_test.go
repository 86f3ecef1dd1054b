package openvpn

import "time"

// Watch sets how long Observe watches, which is eleven seconds otherwise.
func (c *Connector) Watch(d time.Duration) { c.watch = d }

// Watches tells it.
func (c *Connector) Watches() time.Duration { return c.watch }

// CommonName, Disabled and Split are parsers, for tests without a server.
var (
	CommonName = commonName
	Disabled   = isDisabled
	Split      = splitLine
)
