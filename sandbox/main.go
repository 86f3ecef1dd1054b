// Command sandbox runs stand-ins for Okta, GitHub, Slack and Tailscale over
// real HTTP, and a real WireGuard gateway, for trying things out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"lastday/sandbox/company"
)

const help = `Sandbox runs stand-ins for the vendors, with a company of invented staff.

Usage: sandbox [flags]

Example:
  go run ./sandbox --okta 127.0.0.1:9001 --github 127.0.0.1:9002 \
      --slack 127.0.0.1:9003 --tailscale 127.0.0.1:9004 --people 50

It writes a configuration for them (lastday.yaml) into its folder. Faults are
set per operation at /_sandbox/faults of each stand-in, for example:
  curl -d '{"op":"GET /api/v1/users/{id}","kind":"fail","times":3}' http://127.0.0.1:9001/_sandbox/faults

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var o company.Options
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(flags.Output(), help); flags.PrintDefaults() }
	flags.StringVar(&o.Okta, "okta", "127.0.0.1:9001", "`address` of the Okta stand-in")
	flags.StringVar(&o.GitHub, "github", "127.0.0.1:9002", "`address` of the GitHub stand-in")
	flags.StringVar(&o.Slack, "slack", "127.0.0.1:9003", "`address` of the Slack stand-in; its channel is a page there")
	flags.StringVar(&o.Tailscale, "tailscale", "127.0.0.1:9004", "`address` of the Tailscale stand-in")
	flags.IntVar(&o.People, "people", 50, "how many `staff` the company has; the first is jane.doe@example.com")
	flags.StringVar(&o.Dir, "dir", filepath.Join(os.TempDir(), fmt.Sprintf("lastday-sandbox-%d", os.Getuid())), "`folder` for the gateway's files and the configuration")
	flags.BoolVar(&o.RateLimits, "rate-limits", false, "enforce the vendors' published rate limits")
	flags.Func("okta-limit", "an Okta `operation=calls` a minute, enforced on all credentials together: 'GET /api/v1/users/{id}=600'", func(s string) error {
		op, calls, _ := strings.Cut(s, "=")
		n, err := strconv.Atoi(calls)
		if err != nil || n < 1 || op == "" {
			return errors.New("give METHOD /path/{id}=CALLS")
		}
		if o.OktaPerMinute == nil {
			o.OktaPerMinute = map[string]int{}
		}
		o.OktaPerMinute[op] = n
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	c, err := company.Start(o)
	if err != nil {
		return err
	}
	defer c.Stop()
	path, err := c.WriteConfig(o.Dir)
	if err != nil {
		return err
	}
	for _, name := range []string{"okta", "github", "slack", "tailscale"} {
		fmt.Printf("%-10s %s\n", name, c.URL(name))
	}
	fmt.Printf("%-10s %s\n%-10s %s\n", "channel", c.URL("slack")+"/channel", "config", path)
	<-ctx.Done()
	return nil
}
