package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/setup"
	"lastday/record/tiles"
	"lastday/record/verify"
)

// readRecord holds the record against the cases and against what is true, and
// has the offline verifier check the whole of it.
func (s *site) readRecord(ctx context.Context, out *result) error {
	conf, err := setup.Embedded(s.told.Data)
	if err != nil {
		return err
	}
	l, err := setup.Open(ctx, conf)
	if err != nil {
		return err
	}
	defer l.Close()
	for _, who := range s.leavers {
		if !who.over {
			continue
		}
		if err := s.readCase(ctx, l, who, out); err != nil {
			return err
		}
	}
	stop, err := l.Sign(setup.Signing{Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	stop() // once it has signed for what the killed workers left
	dir := filepath.Join(s.dir, "log")
	if err := tiles.Export(ctx, l, dir); err != nil {
		return err
	}
	report, err := verify.Path(ctx, dir, verify.Options{Keys: []note.Verifier{l.Verifier}})
	if err != nil {
		return err
	}
	head, err := l.Head(ctx)
	if err != nil {
		return err
	}
	out.entries, out.verdict = head.N, report.Verdict()
	if out.verdict == verify.Tampered {
		out.contradictions = append(out.contradictions, report.Findings...)
	}
	return nil
}

// readCase compares one case's entries with its result.
func (s *site) readCase(ctx context.Context, l *setup.Ledger, who *leaver, out *result) error {
	entries, err := l.Case(ctx, who.run)
	if err != nil {
		return fmt.Errorf("read the record of %s: %w", who.Email, err)
	}
	if len(entries) == 0 {
		out.lost = append(out.lost, who.Email+": the record has no entry of the case")
		return nil
	}
	wrong := func(format string, args ...any) {
		out.contradictions = append(out.contradictions, who.Email+": "+fmt.Sprintf(format, args...)+who.plotted())
	}
	found, err := casefile.Check(entries)
	if err != nil {
		wrong("the entries cannot be read: %v", err)
		return nil
	}
	if len(found) > 0 {
		wrong("the entries contradict each other: %s", strings.Join(found, "; "))
	}
	summaries, err := l.Cases(ctx, record.Filter{Case: who.run})
	if err != nil {
		return fmt.Errorf("read the record of %s: %w", who.Email, err)
	}
	if len(summaries) != 1 || summaries[0].State != string(who.end.State) || !summaries[0].Ended() {
		wrong("the case is %s, and the record sums it up as %+v", who.end.State, summaries)
	}
	book, err := casefile.Rebuild(entries, nil)
	if err != nil {
		wrong("the case cannot be read back: %v", err)
		return nil
	}
	for _, f := range falsely(book.Case, s.firm.Holds(who.Email)) {
		out.falsely = append(out.falsely, who.Email+", in the record: "+f+who.plotted())
	}
	if has, says := grades(who.end), grades(book.Case); has != says {
		wrong("the case graded %s, the record %s", has, says)
	}
	return nil
}

// grades is how each class of a case was graded, in one line.
func grades(c offboarding.Case) string {
	var out []string
	for _, s := range c.Systems {
		for _, v := range s.Verdicts {
			out = append(out, fmt.Sprintf("%s/%s %s", s.System, v.Class, v.Proof))
		}
	}
	return strings.Join(out, ", ")
}
