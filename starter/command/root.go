// Package command is starter's command line.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"lastday/codec"
	"lastday/config"
	"lastday/offboarding"
	"lastday/secret"
	"lastday/starter/cases"
	"lastday/starter/show"
	"lastday/traces"
)

// Exit statuses.
const (
	ExitDone        = 0 // verified, or done
	ExitError       = 1
	ExitUsage       = 2
	ExitNeedsPerson = 3
)

// usageError is a call that cannot be right; exit status 2.
type usageError struct{ error }

// needsPerson is a case that waits for somebody; exit status 3.
type needsPerson struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// globals are the flags that every command has.
type globals struct {
	output     string
	configPath string
	by         string
	out        io.Writer
}

func (g *globals) json() bool { return g.output == "json" }

// print shows v as JSON where that was asked for, else runs text.
func (g *globals) print(v any, text func(io.Writer)) error {
	if g.json() {
		return show.JSON(g.out, v)
	}
	text(g.out)
	return nil
}

// Run runs one command line and returns the exit status.
func Run(ctx context.Context, args []string, out, errs io.Writer) int {
	root := newRoot(out)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitDone
	}
	fmt.Fprintln(errs, "starter: "+secret.Scrub(err.Error()))
	status := statusOf(err)
	if status == ExitUsage {
		fmt.Fprintln(errs, "Run 'starter --help' or 'starter COMMAND --help' for how it goes.")
	}
	return status
}

func statusOf(err error) int {
	var usage usageError
	var person needsPerson
	switch {
	case err == nil:
		return ExitDone
	case errors.As(err, &person):
		return ExitNeedsPerson
	case errors.As(err, &usage), unknownToCobra(err):
		return ExitUsage
	}
	return ExitError
}

// unknownToCobra recognises the one usage error that cobra gives no hook for.
func unknownToCobra(err error) bool { return strings.HasPrefix(err.Error(), "unknown command") }

func newRoot(out io.Writer) *cobra.Command {
	g := &globals{out: out}
	root := &cobra.Command{
		Use:   "starter",
		Short: "Start, look at and steer offboarding cases",
		Long: `Starter is Lastday's front door. It takes a person's access away in every
configured system, shows what proves that it is gone, and takes the decisions
that a case waits for.

It finds Temporal by the configuration file (-c), by Temporal's own environment
variables and profiles (TEMPORAL_ADDRESS, TEMPORAL_PROFILE), or, where nothing
is said, by the standalone process on this machine.

Exit status: 0 verified or done, 1 error, 2 usage, 3 needs a person.`,
		Example: `  starter plan jane.doe@example.com
  starter offboard jane.doe@example.com --wait
  starter offboard jane.doe@example.com --at "2026-12-31 17:00 Europe/Berlin"
  starter status`,
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if g.output != "text" && g.output != "json" {
				return usagef("-o %s is not known: give text or json", g.output)
			}
			return nil
		},
	}
	root.PersistentFlags().StringVarP(&g.output, "output", "o", "text", "text or json")
	root.PersistentFlags().StringVarP(&g.configPath, "config", "c", "", "configuration file (its sections temporal, encryption and record; check needs all of it)")
	root.PersistentFlags().StringVar(&g.by, "by", "", "your name in the record (default: $LASTDAY_USER, or the user of this machine)")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(offboardCommand(g), importCommand(g), planCommand(g), statusCommand(g), cancelCommand(g),
		rescheduleCommand(g), expediteCommand(g), decideCommand(g), approveCommand(g), rejectCommand(g),
		releaseCommand(g), freezeCommand(g), unfreezeCommand(g), serveCommand(g), checkCommand(g), setupCommand(g), policyCommand(g), refusalsCommand(g), recordCommand(g), encryptionCommand(g), rolloutCommand(g))
	return root
}

// args checks the number of arguments, as a usage error with the right form.
func args(lo, hi int) cobra.PositionalArgs {
	return func(c *cobra.Command, got []string) error {
		if len(got) < lo || len(got) > hi {
			return usagef("%s takes its arguments as: %s %s", c.Name(), c.Parent().CommandPath(), c.Use)
		}
		return nil
	}
}

// connect reaches Temporal, and begins the command's trace: what is done with the
// command's context from here on is part of it.
func (g *globals) connect(cmd *cobra.Command) (*cases.Client, func(), error) {
	client, traced, done, err := g.reach(cmd.Context())
	if err != nil {
		return nil, nil, err
	}
	ctx, end := traced.Begin(cmd.Context(), cmd.CommandPath())
	cmd.SetContext(ctx)
	return client, func() { end(); done() }, nil
}

// reach is connect without a trace of the command itself: each case that it starts
// has one of its own.
func (g *globals) reach(ctx context.Context) (*cases.Client, *traces.Traces, func(), error) {
	var f config.File
	if g.configPath != "" {
		var err error
		if f, err = config.Load(g.configPath); err != nil {
			return nil, nil, nil, err
		}
	}
	k, err := codec.Open(f.Encryption)
	if err != nil {
		return nil, nil, nil, err
	}
	// The SDK's own lines are no help at a keyboard; errors come back anyway.
	quiet := slog.New(slog.DiscardHandler)
	traced, err := traces.Open(ctx, f.Traces, "lastday-starter", quiet)
	if err != nil {
		return nil, nil, nil, err
	}
	c, namespace, err := cases.Dial(f.Temporal, quiet, cases.Sealed(k), cases.Traced(traced))
	if err != nil {
		traced.Stop()
		return nil, nil, nil, err
	}
	return cases.New(c, namespace, cases.Sealed(k)), traced, func() {
		c.Close()
		traced.Stop()
	}, nil
}

// actor is who is at the keyboard. The command line vouches for nobody: whoever
// holds Temporal's credentials may give any name. The user of this machine is a
// name and no address, however it looks.
func (g *globals) actor() offboarding.Actor {
	for _, n := range []string{g.by, os.Getenv("LASTDAY_USER")} {
		if strings.TrimSpace(n) != "" {
			return offboarding.Named(offboarding.DoorCommand, n)
		}
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		host, _ := os.Hostname()
		return offboarding.Actor{Door: offboarding.DoorCommand, Name: u.Username + "@" + host}
	}
	return offboarding.Actor{}
}
