package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lastday/record/bundle"
	"lastday/record/setup"
	"lastday/record/tiles"
)

func recordExportCommand(g *globals) *cobra.Command {
	var file, dir string
	var outputs []string
	c := &cobra.Command{
		Use:   "export EMAIL -o FILE | export --log DIR",
		Short: "Write a person's case, or the whole log, for an auditor to take away",
		Long: `Export writes what can be checked without us. For a person it is one zip a case:
the case as JSON, a report as HTML and PDF, every entry with its proof, the
signed checkpoint, where it is anchored, and how to check it. A second case of
the same person goes into FILE-2.zip, and so on.

With --log it is the whole log as C2SP tlog-tiles, without anybody's names. Run
again into the same folder it adds what is new.`,
		Example: `  starter record export jane.doe@example.com -o case.zip
  starter record export --log ./log`,
		Args: args(0, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := g.toFile(outputs, &file); err != nil {
				return err
			}
			if (len(a) == 1) == (dir != "") || (dir != "" && file != "") {
				return usagef("export takes either EMAIL -o FILE or --log DIR")
			}
			if len(a) == 1 && file == "" {
				return usagef("export needs a file to write to: -o case.zip")
			}
			l, err := g.ledger(cmd.Context())
			if err != nil {
				return err
			}
			defer l.Close()
			if dir != "" {
				return g.exportLog(cmd.Context(), l, dir)
			}
			return g.exportCases(cmd.Context(), l, a[0], file)
		},
	}
	c.Flags().StringArrayVarP(&outputs, "output", "o", nil, "zip `file` to write; text or json, as everywhere, is how to tell what was written")
	c.Flags().StringVarP(&file, "file", "f", "", "zip `file` to write, as -o, of any name")
	c.Flags().StringVar(&dir, "log", "", "`folder` for the whole log")
	return c
}

// toFile reads -o, which is a file here. What it means everywhere else, text or
// json, it means here too.
func (g *globals) toFile(outputs []string, file *string) error {
	for _, o := range outputs {
		switch {
		case o == "text" || o == "json":
			g.output = o
		case !strings.HasSuffix(strings.ToLower(o), ".zip"):
			return usagef("-o %s is neither a file that ends in .zip nor text or json", o)
		case *file != "":
			return usagef("export writes to one file: -o case.zip")
		default:
			*file = o
		}
	}
	return nil
}

func (g *globals) exportLog(ctx context.Context, l *setup.Ledger, dir string) error {
	if err := g.looked(ctx, l, "", look{What: "the whole log, without names"}); err != nil {
		return err
	}
	if err := tiles.Export(ctx, l, dir); err != nil {
		return err
	}
	out := struct {
		Folder    string `json:"folder"`
		PublicKey string `json:"public_key"`
	}{dir, l.PublicKey}
	return g.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "the log is in %s; check it:\n  starter record verify %s --key '%s'\n", dir, dir, l.PublicKey)
	})
}

// exported is one bundle that was written.
type exported struct {
	File  string `json:"file"`
	Case  string `json:"case"`
	State string `json:"state"`
}

func (g *globals) exportCases(ctx context.Context, l *setup.Ledger, email, file string) error {
	found, err := g.casesOf(ctx, l, email)
	if err != nil {
		return err
	}
	var out []exported
	for i, s := range found {
		path := numbered(file, i)
		if err := g.looked(ctx, l, s.Case, look{What: "bundle of the case"}); err != nil {
			return err
		}
		if err := writeFile(path, func(w io.Writer) error { return bundle.Write(ctx, w, l, s.Case, bundle.Options{Key: l.PublicKey}) }); err != nil {
			return err
		}
		out = append(out, exported{path, s.Case, s.State})
	}
	return g.print(out, func(w io.Writer) {
		for _, e := range out {
			fmt.Fprintf(w, "%s: the case of %s, %s\n", e.File, email, e.State)
		}
		fmt.Fprintf(w, "check it, on any machine and without a network:\n  starter record verify %s --key '%s'\n", file, l.PublicKey)
	})
}

// numbered is the file for the i-th case: case.zip, case-2.zip, …
func numbered(file string, i int) string {
	if i == 0 {
		return file
	}
	ext := filepath.Ext(file)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(file, ext), i+1, ext)
}

// writeFile writes a file whole or not at all, readable by this user only.
func writeFile(path string, write func(io.Writer) error) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".lastday-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(temp.Name())
	if err := write(temp); err != nil {
		temp.Close()
		return err
	}
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
