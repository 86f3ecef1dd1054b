package secret

import (
	"context"
	"log/slog"
)

// Handler scrubs secrets from every message and attribute before next sees it.
func Handler(next slog.Handler) slog.Handler {
	return Rewrite(next, Scrub, func(a slog.Attr) slog.Attr {
		if k := a.Value.Kind(); k == slog.KindString || k == slog.KindAny {
			return slog.String(a.Key, Scrub(a.Value.String()))
		}
		return a
	})
}

// Rewrite has every message and attribute put into other words before next sees
// it. A group is rewritten part by part; attr is given resolved values.
func Rewrite(next slog.Handler, message func(string) string, attr func(slog.Attr) slog.Attr) slog.Handler {
	return rewriter{next, message, attr}
}

type rewriter struct {
	next    slog.Handler
	message func(string) string
	attr    func(slog.Attr) slog.Attr
}

// Enabled implements slog.Handler.
func (r rewriter) Enabled(ctx context.Context, l slog.Level) bool { return r.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (r rewriter) Handle(ctx context.Context, line slog.Record) error {
	out := slog.NewRecord(line.Time, line.Level, r.message(line.Message), line.PC)
	line.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(r.rewrite(a))
		return true
	})
	return r.next.Handle(ctx, out)
}

// WithAttrs implements slog.Handler.
func (r rewriter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return rewriter{r.next.WithAttrs(r.all(attrs)), r.message, r.attr}
}

// WithGroup implements slog.Handler.
func (r rewriter) WithGroup(name string) slog.Handler {
	return rewriter{r.next.WithGroup(name), r.message, r.attr}
}

func (r rewriter) rewrite(a slog.Attr) slog.Attr {
	a.Value = a.Value.Resolve()
	if a.Value.Kind() == slog.KindGroup {
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(r.all(a.Value.Group())...)}
	}
	return r.attr(a)
}

func (r rewriter) all(attrs []slog.Attr) []slog.Attr {
	out := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		out = append(out, r.rewrite(a))
	}
	return out
}
