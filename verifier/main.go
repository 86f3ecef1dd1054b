// Lastday-verify checks offline what Lastday's record hands out: the file of one
// case, or the folder of a whole log. It calls nobody and writes nothing. It is a
// program of its own so that an auditor can read all of it: it holds no vendor's
// library, no database and no workflow engine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	_ "time/tzdata" // a case tells times in the zone they were given in; not every machine knows zones

	"github.com/spf13/pflag"

	"lastday/record/verify"
)

// Exit codes.
const (
	exitIntact    = 0
	exitTampered  = 1
	exitUsage     = 2
	exitCannotSay = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program but for its way out.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	a, err := read(args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		fmt.Fprint(out, help)
		return exitIntact
	case err != nil:
		fmt.Fprintf(errs, "lastday-verify: %s\nlastday-verify --help explains how to use it.\n", err)
		return exitUsage
	}
	report, err := verify.Path(ctx, a.path, a.options)
	if err != nil {
		fmt.Fprintf(errs, "lastday-verify: %s\n", err)
		return exitUsage
	}
	if err := show(out, report, a.json); err != nil {
		fmt.Fprintf(errs, "lastday-verify: write the report: %s\n", err)
		return exitCannotSay
	}
	switch report.Verdict() {
	case verify.Intact:
		return exitIntact
	case verify.Tampered:
		return exitTampered
	case verify.CannotSay:
	}
	return exitCannotSay
}

func show(out io.Writer, r verify.Report, asJSON bool) error {
	if !asJSON {
		_, err := io.WriteString(out, r.Text())
		return err
	}
	b, err := r.JSON()
	if err != nil {
		return err
	}
	_, err = out.Write(b)
	return err
}
