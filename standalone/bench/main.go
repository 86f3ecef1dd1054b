// Command bench takes the figures that Lastday is held to, on this machine,
// and prints them as one table. The vendors are the sandbox, in a process of
// its own; nothing leaves the machine. It exits 1 if a figure could not be
// taken, not if one was missed: figures depend on the machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const help = `Bench takes Lastday's figures on this machine; run it where nothing else runs.

Usage: go run ./bench [flags]        in the folder standalone, or: make bench

`

// figure is one thing to measure; it may fill several lines of the table.
type figure struct {
	name, about string
	take        func(context.Context, *bench) ([]row, error)
}

var figures = []figure{
	{"start", "standalone from start to serving", startUp},
	{"case", "one case at a time, our dispatch settings beside Temporal's own", caseTime},
	{"slow", "vendors at 100 ms a call, beside a plain program", slowVendors},
	{"burst", "many cases at once, and what standalone weighs then", burst},
	{"cluster", "many cases at once, and twice as many, on PostgreSQL with three workers", cluster},
	{"worker", "the worker's binary and memory", workerSize},
	{"history", "one case in Temporal", caseHistory},
	{"limited", "many cases at once against a vendor's limit, and an urgent one among them", limited},
	{"sealed", "payloads encrypted and names hidden, beside clear text", sealed},
	{"record", "appending to the record, checking it, showing it", recording},
}

// bench is what the figures share.
type bench struct {
	n     int // cases for a median
	burst int // cases at once
	// rushes are the cases at once on a cluster, after half as many.
	rushes int
	// limited are the cases at once against a vendor's limit.
	limited int
	// beside are more workers of the limited system's, each a process.
	beside int
	dir    string
	bin    binaries
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	b := &bench{}
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), help)
		flag.PrintDefaults()
	}
	flag.IntVar(&b.n, "n", 30, "`cases` for a median")
	flag.IntVar(&b.burst, "burst", 300, "`cases` at once")
	flag.IntVar(&b.rushes, "cluster", 2000, "`cases` at once on a cluster, after half as many")
	flag.IntVar(&b.limited, "limited", 175, "`cases` at once against a vendor's limit; 1000 take 23 minutes")
	flag.IntVar(&b.beside, "beside", 0, "more `workers` of the limited system's, each a process")
	only := flag.String("only", "", "take one figure: "+strings.Join(names(), ", "))
	quick := flag.Bool("quick", false, "few cases: does it run, not how fast")
	flag.Parse()
	if *quick {
		b.n, b.burst, b.rushes, b.limited = 4, 30, 40, 10
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "lastday-bench-"); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(b.dir)
	// The servers here must not be what a starter on this machine finds.
	if err := os.Setenv("XDG_RUNTIME_DIR", b.dir); err != nil {
		return fmt.Errorf("hide from starters: %w", err)
	}
	if b.bin, err = build(ctx, b.dir); err != nil {
		return err
	}
	return b.takeAll(ctx, chosen)
}

func (b *bench) takeAll(ctx context.Context, chosen []figure) error {
	fmt.Println(machine(b.dir))
	var rows []row
	var failed error
	for _, f := range chosen {
		fmt.Fprintf(os.Stderr, "%s %-8s %s\n", time.Now().Format(time.TimeOnly), f.name, f.about)
		before, began := spent(), time.Now()
		got, err := f.take(ctx, b)
		if err != nil {
			failed = fmt.Errorf("take figure %s: %w", f.name, err)
			break
		}
		others := othersSince(before, time.Since(began))
		for i := range got {
			got[i].others = others
		}
		rows = append(rows, got...)
	}
	show(os.Stdout, rows)
	return failed
}

func choose(only string) ([]figure, error) {
	if only == "" {
		return figures, nil
	}
	for _, f := range figures {
		if f.name == only {
			return []figure{f}, nil
		}
	}
	return nil, fmt.Errorf("no figure is called %q; there are %s", only, strings.Join(names(), ", "))
}

func names() []string {
	var out []string
	for _, f := range figures {
		out = append(out, f.name)
	}
	return out
}
