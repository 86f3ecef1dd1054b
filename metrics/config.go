package metrics

import (
	"fmt"
	"net"
	"strconv"
)

// Config is the metrics section of the configuration.
type Config struct {
	// Listen is the address of /metrics, /healthz and /readyz; empty: none of
	// them. Without a host it is loopback. There is no sign-in: what is shown
	// names nobody, but it tells how many people leave.
	Listen string `yaml:"listen"`
}

// Defaults makes an address without a host loopback.
func (c *Config) Defaults() {
	if host, port, err := net.SplitHostPort(c.Listen); err == nil && host == "" {
		c.Listen = net.JoinHostPort("127.0.0.1", port)
	}
}

// Validate says which key is wrong and what to do.
func (c *Config) Validate() error {
	if c.Listen == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(c.Listen)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
		return fmt.Errorf("metrics.listen %q is not an address like 127.0.0.1:9464", c.Listen)
	}
	return nil
}

// On reports whether the process is to show anything.
func (c *Config) On() bool { return c.Listen != "" }
