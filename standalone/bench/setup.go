package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"lastday/config"
	"lastday/sandbox/faults"
	"lastday/sandbox/people"
	"lastday/standalone/house"
	"lastday/starter/cases"
)

// firm is the sandbox in a process of its own.
type firm struct {
	*process
	dir    string
	urls   []string
	config string
	staff  []people.Person
}

// found starts a sandbox with so many staff, and more flags.
func (b *bench) found(ctx context.Context, staff int, more ...string) (*firm, error) {
	dir, err := os.MkdirTemp(b.dir, "firm-")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	const any = "127.0.0.1:0"
	p, err := spawn(ctx, nil, b.bin.sandbox, append(more, "--people", fmt.Sprint(staff), "--dir", dir,
		"--okta", any, "--github", any, "--slack", any, "--tailscale", any)...)
	if err != nil {
		return nil, err
	}
	f := &firm{process: p, dir: dir, staff: people.Staff(staff)}
	for _, name := range []string{"okta", "github", "slack", "tailscale"} {
		url, err := p.await(name)
		if err != nil {
			return nil, err
		}
		f.urls = append(f.urls, url)
	}
	f.config, err = p.await("config")
	return f, err
}

// slow makes every call to every stand-in take so long.
func (f *firm) slow(ctx context.Context, millis int) error {
	fault, err := json.Marshal(faults.Fault{Op: "*", Kind: faults.Latency, Millis: millis})
	if err != nil {
		return fmt.Errorf("slow down: %w", err)
	}
	for _, url := range f.urls {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/_sandbox/faults", strings.NewReader(string(fault)))
		if err != nil {
			return fmt.Errorf("slow down: %w", err)
		}
		resp, err := (&http.Client{}).Do(r)
		if err != nil {
			return fmt.Errorf("slow down: %w", err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusNoContent {
			return fmt.Errorf("slow down %s: %s", url, resp.Status)
		}
	}
	return nil
}

// settings is the sandbox's configuration, with a new data folder.
func (f *firm) settings() (config.File, error) {
	c, err := config.Load(f.config)
	if err != nil {
		return c, err
	}
	c.Standalone.DataDir, err = os.MkdirTemp(f.dir, "data-")
	c.Standalone.Frontend, c.Standalone.UI = "127.0.0.1:0", "127.0.0.1:0"
	c.Serve.Listen = "127.0.0.1:0"
	return c, err
}

// house opens the whole program in this process, against the sandbox.
func (f *firm) house(ctx context.Context, o house.Options) (*house.House, error) {
	c, err := f.settings()
	if err != nil {
		return nil, err
	}
	return house.Open(ctx, c, o)
}

// up is `standalone up` in a process of its own, and a client to it.
type up struct {
	*process
	address  string
	temporal client.Client
	cases    *cases.Client
}

// up starts the standalone binary with the sandbox's configuration.
func (b *bench) up(ctx context.Context, f *firm) (*up, error) {
	c, err := f.settings()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(f.config)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	s := c.Standalone
	text = fmt.Appendf(text, "standalone: {data_dir: %s, frontend: %s, ui: %s}\n", s.DataDir, s.Frontend, s.UI)
	path := filepath.Join(s.DataDir, "lastday.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	p, err := spawn(ctx, nil, b.bin.standalone, "up", "-c", path)
	if err != nil {
		return nil, err
	}
	return reach(ctx, p)
}

// reach connects to a Temporal server that was just spawned.
func reach(ctx context.Context, p *process) (_ *up, err error) {
	u := &up{process: p}
	if u.address, err = p.await("temporal"); err != nil {
		return nil, err
	}
	log := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	u.temporal, err = client.DialContext(ctx, client.Options{HostPort: u.address, Namespace: house.Namespace, Logger: log})
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("connect to %s: %w", u.address, err)
	}
	u.cases = cases.New(u.temporal, house.Namespace)
	return u, nil
}

func (u *up) stop() {
	u.temporal.Close()
	u.process.stop()
}
