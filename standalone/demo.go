package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"lastday/config"
	"lastday/offboarding"
	"lastday/sandbox/company"
	"lastday/sandbox/people"
	"lastday/sandbox/slack"
	"lastday/standalone/house"
	"lastday/starter/command"
	"lastday/starter/show"
)

func demoCommand() *cobra.Command {
	var keep bool
	var dir string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Offboard Jane Doe against stand-ins for the vendors",
		Long: `Demo starts everything in this process, the vendors included, and offboards
jane.doe@example.com, who holds something of every class. It exits 0 only if
the case is verified.`,
		Example: `  standalone demo --keep`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), dir, keep)
		},
	}
	c.Flags().BoolVar(&keep, "keep", false, "stay up afterwards, for the starter from another terminal and a look at the pages")
	c.Flags().StringVar(&dir, "dir", "", "folder for the data (default: a new one, removed at the end unless --keep)")
	return c
}

func demo(ctx context.Context, dir string, keep bool) error {
	began := time.Now()
	if dir == "" {
		temp, err := os.MkdirTemp("", "lastday-demo-")
		if err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
		defer os.RemoveAll(temp)
		dir = temp
	}
	firm, err := company.Start(company.Options{Dir: filepath.Join(dir, "sandbox")})
	if err != nil {
		return err
	}
	defer firm.Stop()
	path, err := firm.WriteConfig(filepath.Join(dir, "sandbox"))
	if err != nil {
		return err
	}
	if err := firm.AddDoors(path); err != nil {
		return err
	}
	f, err := config.Load(path)
	if err != nil {
		return err
	}
	f.Standalone.DataDir = filepath.Join(dir, "temporal")
	f.Standalone.Frontend, f.Standalone.UI = "127.0.0.1:0", "127.0.0.1:0"
	f.Serve.Listen = "127.0.0.1:0"
	channel := firm.URL("slack") + "/channel"
	h, err := house.Open(ctx, f, house.Options{SlackPage: channel})
	if err != nil {
		return err
	}
	defer h.Close()
	fmt.Printf("everything is up after %s: temporal, worker, and stand-ins for %v\n", time.Since(began).Round(time.Millisecond), f.Names())

	end, err := offboardJane(ctx, h, firm)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "case.json")
	if keep {
		places(h, end, channel, file)
	} else {
		file = filepath.Join(os.TempDir(), "lastday-demo-case.json")
		fmt.Printf("\nthe case as JSON: %s\nto look at the pages, keep it up: make demo KEEP=1\n", file)
	}
	if err := writeCase(file, end); err != nil {
		return err
	}
	if keep {
		fmt.Println("stop with Ctrl-C")
		<-ctx.Done()
	}
	if held := firm.Holds(string(end.Departure.Subject)); len(held) > 0 && end.State == offboarding.Verified {
		return fmt.Errorf("the case says verified, but the sandbox still holds %v", held)
	}
	if end.State != offboarding.Verified {
		fmt.Fprintln(os.Stderr, "standalone: the case is not verified:", end.Outcome)
		return exitStatus(command.ExitError)
	}
	return nil
}

// offboardJane runs the case and shows it, and the ping that stops with it.
func offboardJane(ctx context.Context, h *house.House, firm *company.Company) (offboarding.Case, error) {
	if err := until(ctx, firm.Office.Laptop().Alive); err != nil {
		return offboarding.Case{}, errors.New("jane's laptop gets no answer through WireGuard")
	}
	fmt.Println("Jane's laptop pings the office through WireGuard")
	who, err := offboarding.ParseSubject(people.Jane.Email)
	if err != nil {
		return offboarding.Case{}, err
	}
	started, err := h.Cases.Offboard(ctx, offboarding.Departure{
		Subject: who, Partner: people.Jane.Partner, Reason: "contract end", RequestedBy: offboarding.Named(offboarding.DoorCommand, "hr@example.com"),
	}, false)
	if err != nil {
		return offboarding.Case{}, err
	}
	end, err := h.Cases.Watch(ctx, started.CaseID, show.NewProgress(os.Stdout).Show)
	if err != nil {
		return offboarding.Case{}, err
	}
	show.Case(os.Stdout, end)
	if err := until(ctx, func() bool { return !firm.Office.Laptop().Alive() }); err != nil {
		return end, errors.New("jane's laptop still reaches the office")
	}
	fmt.Printf("\nJane's laptop: the last answer from the office came at %s, none since\n", firm.Office.Laptop().LastPong().UTC().Format("15:04:05.000"))
	return end, nil
}

// until waits for a condition, at most 10 s.
func until(ctx context.Context, met func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

func places(h *house.House, c offboarding.Case, channel, file string) {
	fmt.Printf("\nthe case in Temporal's UI  %s/namespaces/%s/workflows/%s/%s\n", h.Server.UIURL(), house.Namespace, c.ID, c.RunID)
	fmt.Printf("its record, for auditors   %s\n", c.Record)
	fmt.Printf("the Slack channel          %s\n", channel)
	fmt.Printf("as Hanna of HR             %s?as=%s (type /offboard there)\n", channel, slack.UserID(people.Hanna.Email))
	fmt.Printf("the case as JSON           %s\n", file)
	fmt.Printf("from another terminal      go run ./starter status %s\n", c.Departure.Subject)
	fmt.Printf("the bundle for an auditor  go run ./starter record export %s -o case.zip\n", c.Departure.Subject)
}

func writeCase(path string, c offboarding.Case) error {
	w, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write case: %w", err)
	}
	defer w.Close()
	if err := show.JSON(w, c); err != nil {
		return fmt.Errorf("write case: %w", err)
	}
	return nil
}
