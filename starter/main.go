// Command starter is Lastday's front door: it starts offboarding cases, shows
// how they stand, and takes the decisions they wait for.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"lastday/starter/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
