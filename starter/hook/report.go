package hook

import (
	"context"
	"log/slog"

	"lastday/offboarding"
)

// Report is something of an HR system's that a person must look at: Lastday has
// changed nothing.
type Report struct {
	Source  string
	Subject offboarding.Subject
	// Why says in a sentence what was told, what was not done, and what to do.
	Why string
}

// Reporter tells people. It is called once for each thing to look at, once more
// where the mark for it could not be set. An error lets the HR system repeat.
type Reporter interface {
	Report(ctx context.Context, r Report) error
}

// Option changes how a hook works.
type Option func(*handler)

// WithReporter lets the hook tell people; without it the log is all.
func WithReporter(r Reporter) Option { return func(h *handler) { h.reporter = r } }

// WithLog sets the log; default slog.Default.
func WithLog(l *slog.Logger) Option { return func(h *handler) { h.log = l } }
