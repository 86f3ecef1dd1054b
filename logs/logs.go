// Package logs makes the log of a process: one line a fact, with the case where
// there is one, as a tag that names nobody. It masks secrets and addresses, and
// keeps the words of errors out of what Temporal's SDK logs: they may name people,
// and stand in the case.
package logs

import (
	"fmt"
	"io"
	"log/slog"

	"lastday/secret"
)

// Config is the logs section of the configuration.
type Config struct {
	// Format is text or json; default text.
	Format string `yaml:"format"`
}

// Defaults fills in what was left out.
func (c *Config) Defaults() {
	if c.Format == "" {
		c.Format = "text"
	}
}

// Validate says which key is wrong and what to do.
func (c *Config) Validate() error {
	if c.Format != "text" && c.Format != "json" {
		return fmt.Errorf("logs.format %q is not known: give text or json", c.Format)
	}
	return nil
}

// New writes lines from a level on.
func New(to io.Writer, c Config, level slog.Leveler) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(to, o)
	if c.Format == "json" {
		h = slog.NewJSONHandler(to, o)
	}
	return slog.New(Discreet(secret.Handler(h)))
}
