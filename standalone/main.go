// Command standalone is Lastday in one process: the Temporal server with its
// web UI on SQLite or PostgreSQL, the worker, and for the demo the sandbox vendors.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"lastday/secret"
	"lastday/starter/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := root().ExecuteContext(ctx)
	stop()
	var status exitStatus
	switch {
	case err == nil:
	case errors.As(err, &status):
		os.Exit(int(status))
	default:
		fmt.Fprintln(os.Stderr, "standalone: "+secret.Scrub(err.Error()))
		os.Exit(command.ExitError)
	}
}

// exitStatus is a command that has said all it has to say.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "standalone",
		Short: "Lastday in one process",
		Long: `Standalone runs Lastday in one process, for a small company or a look around:
the Temporal server with its web UI on SQLite or PostgreSQL, the worker, and for
the demo stand-ins for the vendors. The starter on the same machine finds it by itself.`,
		Example: `  standalone up -c lastday.yaml
  standalone demo --keep`,
		SilenceErrors: true, SilenceUsage: true,
	}
	c.CompletionOptions.HiddenDefaultCmd = true
	c.AddCommand(upCommand(), temporalCommand(), demoCommand(), backupCommand(), restoreCommand())
	return c
}
