package command

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"lastday/config"
	"lastday/record/anchor"
	"lastday/record/setup"
	"lastday/starter/show"
)

func recordStatusCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say how large the log is, when it was last signed, and where it is anchored",
		Args:  args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := g.ledger(cmd.Context())
			if err != nil {
				return err
			}
			defer l.Close()
			s, err := l.Status(cmd.Context())
			if err != nil {
				return err
			}
			return g.print(s, func(w io.Writer) { show.Log(w, s, time.Now()) })
		},
	}
}

func recordResumeCommand(g *globals) *cobra.Command {
	var adopt string
	c := &cobra.Command{
		Use:   "resume",
		Short: "Let the record be signed again, after somebody has looked",
		Long: `Signing stops with an alarm when the log does not continue what was signed
before: an entry was changed, an older database was put back, or the copy of the
last checkpoint is lost. Find out which (starter record status, the anchors,
docs/operations.md) before you resume. Resume overrules nothing: what is still
wrong stops it again.

With --adopt it takes a checkpoint from an anchor for the copy that was lost; the
database must continue it. Run it where the cases run, on the machine with the copy.`,
		Example: `  starter record resume -c lastday.yaml
  starter record resume -c lastday.yaml --adopt /mnt/audit/lastday/latest`,
		Args: args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			signed, err := readCheckpoint(adopt)
			if err != nil {
				return err
			}
			l, err := g.ledger(cmd.Context())
			if err != nil {
				return err
			}
			defer l.Close()
			post, err := g.poster()
			if err != nil {
				return err
			}
			n, err := l.Notary(setup.Signing{Post: post, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				return err
			}
			if signed != "" {
				err = n.Adopt(cmd.Context(), signed)
			} else {
				err = n.Clear(cmd.Context())
			}
			if err != nil {
				return err
			}
			done := struct {
				Resumed bool `json:"resumed"`
				Adopted bool `json:"adopted"`
			}{true, signed != ""}
			return g.print(done, func(w io.Writer) {
				fmt.Fprintln(w, "the next round of signing decides; see in a few seconds: starter record status")
			})
		},
	}
	c.Flags().StringVar(&adopt, "adopt", "", "`file` with a checkpoint from an anchor, for the copy that was lost")
	return c
}

// readCheckpoint reads a file that holds one checkpoint; "" for no file.
func readCheckpoint(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return "", fmt.Errorf("read the checkpoint: %w", err)
	}
	return string(b), nil
}

// poster is what an anchor in Slack needs, where the configuration has one.
func (g *globals) poster() (anchor.Poster, error) {
	if g.configPath == "" {
		return nil, nil //nolint:nilnil // the standalone process's own record is anchored on its machine
	}
	f, err := config.Load(g.configPath)
	if err != nil {
		return nil, err
	}
	return f.Poster()
}
