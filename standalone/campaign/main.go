// Command campaign offboards many people while everything goes wrong: the
// vendors lie, lag, mix people up, limit and fail, workers and the Temporal
// server are killed again and again. At the end it holds what cases, messages
// and the record say against what the vendors truly have. It exits 1 if a case
// says what is not so, did something twice, or was lost.
//
// The vendors are the sandbox, in this process; Temporal and the workers are
// processes of their own, made of this binary. Nothing leaves the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const help = `Campaign offboards many people while vendors, workers and the server fail.

Usage: go run ./campaign [flags]        in the folder standalone, or: make campaign

The same seed draws the same faults for the same calls; which calls are made
depends on the machine as well.

`

// processVar makes this binary one of the processes that are killed.
const processVar = "LASTDAY_CAMPAIGN_PROCESS"

// processes are what the binary can be instead of the campaign.
var processes = map[string]func() error{
	"worker": runWorker,
	"server": runServer,
}

func main() {
	if name := os.Getenv(processVar); name != "" {
		if err := processes[name](); err != nil {
			fmt.Fprintln(os.Stderr, name+":", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	err := campaign(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "campaign:", err)
		os.Exit(1)
	}
}

// errNotHeld says that the promise was broken; the table says how.
var errNotHeld = errors.New("not held: see the table, and run it again with its seed")

func campaign(ctx context.Context, args []string) error {
	var o orders
	flags := flag.NewFlagSet("campaign", flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprint(flags.Output(), help); flags.PrintDefaults() }
	flags.IntVar(&o.cases, "cases", 1000, "how many `people` leave")
	flags.IntVar(&o.atOnce, "concurrency", 40, "how many `cases` are open at once")
	flags.IntVar(&o.workers, "workers", 3, "how many worker `processes` there are")
	flags.Uint64Var(&o.seed, "seed", 0, "`number` that draws the faults (default: a new one)")
	flags.Float64Var(&o.rate, "rate", 0.01, "`share` of all calls with which something goes wrong")
	flags.Float64Var(&o.stubborn, "stubborn", 0.15, "`share` of people about whom a vendor is wrong until somebody looks, or for good")
	flags.DurationVar(&o.deadline, "deadline", time.Minute, "how long a case tries before it asks a person")
	flags.DurationVar(&o.killWorker, "kill-worker", 1500*time.Millisecond, "`time` between two kills of a worker")
	flags.DurationVar(&o.killServer, "kill-server", 8*time.Second, "`time` between two kills of the server")
	flags.DurationVar(&o.limit, "limit", 2*time.Hour, "`time` after which all faults end and what is still open is cancelled")
	flags.StringVar(&o.keep, "keep", "", "`folder` for the data and logs, which then stay (default: one that is removed)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	if o.seed == 0 {
		o.seed = rand.Uint64() //nolint:gosec // to repeat a run, not to keep a secret
	}
	fmt.Fprintf(os.Stderr, "seed %d\n", o.seed)
	got, err := run(ctx, o)
	if err != nil {
		return err
	}
	got.show(os.Stdout)
	if !got.held() {
		return errNotHeld
	}
	return nil
}

// orders are how a campaign is run.
type orders struct {
	cases, atOnce, workers           int
	seed                             uint64
	rate, stubborn                   float64
	deadline, killWorker, killServer time.Duration
	limit                            time.Duration
	keep                             string
}

func (o orders) check() error {
	switch {
	case o.cases < 1 || o.atOnce < 1 || o.workers < 1:
		return errors.New("--cases, --concurrency and --workers must be 1 or more")
	case o.rate < 0 || o.rate > 0.2:
		return errors.New("--rate must be between 0 and 0.2: a case makes hundreds of calls, and a step is through only without a fault")
	case o.stubborn < 0 || o.stubborn > 1:
		return errors.New("--stubborn must be between 0 and 1")
	case o.deadline < time.Second || o.killWorker <= 0 || o.killServer <= 0 || o.limit <= 0:
		return errors.New("--deadline must be a second or more, and the other times more than none")
	}
	return nil
}
