package temporal

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// expected are lines the server warns with about what we chose.
var expected = []string{
	"HTTP API port has not been set", // the frontend speaks gRPC only
}

// logger passes the server's lines to slog. Fatal panics, as the server relies
// on it not to return.
type logger struct {
	to   *slog.Logger
	gate *gate
}

var (
	_ log.Logger      = logger{}
	_ log.WithLogger  = logger{}
	_ log.SLogWrapper = logger{}
)

func newLogger(to *slog.Logger, least slog.Leveler) logger {
	if to == nil {
		to = slog.New(slog.DiscardHandler)
	}
	if least == nil {
		least = slog.LevelWarn
	}
	g := &gate{least: least}
	return logger{to: slog.New(gated{to.Handler(), g}), gate: g}
}

func (l logger) Debug(msg string, tags ...tag.Tag)  { l.write(slog.LevelDebug, msg, tags) }
func (l logger) Info(msg string, tags ...tag.Tag)   { l.write(slog.LevelInfo, msg, tags) }
func (l logger) Warn(msg string, tags ...tag.Tag)   { l.write(slog.LevelWarn, msg, tags) }
func (l logger) Error(msg string, tags ...tag.Tag)  { l.write(slog.LevelError, msg, tags) }
func (l logger) DPanic(msg string, tags ...tag.Tag) { l.write(slog.LevelError, msg, tags) }

func (l logger) Panic(msg string, tags ...tag.Tag) {
	l.write(slog.LevelError, msg, tags)
	panic("temporal: " + msg)
}

func (l logger) Fatal(msg string, tags ...tag.Tag) { l.Panic(msg, tags...) }

func (l logger) With(tags ...tag.Tag) log.Logger {
	return logger{to: slog.New(l.to.Handler().WithAttrs(attrs(tags))), gate: l.gate}
}

// SLog is what the server's own SDK workers log to.
func (l logger) SLog() *slog.Logger { return l.to }

func (l logger) write(level slog.Level, msg string, tags []tag.Tag) {
	if l.to.Enabled(context.Background(), level) {
		l.to.LogAttrs(context.Background(), level, msg, attrs(tags)...) //nolint:sloglint // the message is the server's
	}
}

func attrs(tags []tag.Tag) []slog.Attr {
	out := make([]slog.Attr, len(tags))
	for i, t := range tags {
		out[i] = slog.Any(t.Key(), t.Value())
	}
	return out
}

// gate is the least level that passes. While the server stops, its services
// complain that the others are gone; only errors pass then.
type gate struct {
	least    slog.Leveler
	stopping atomic.Bool
}

func (g *gate) open(level slog.Level) bool {
	if g.stopping.Load() && level < slog.LevelError {
		return false
	}
	return level >= g.least.Level()
}

// gated drops what does not pass the gate, and what is expected.
type gated struct {
	slog.Handler
	gate *gate
}

func (h gated) Enabled(ctx context.Context, level slog.Level) bool {
	return h.gate.open(level) && h.Handler.Enabled(ctx, level)
}

func (h gated) Handle(ctx context.Context, r slog.Record) error {
	for _, begin := range expected {
		if strings.HasPrefix(r.Message, begin) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, r)
}

func (h gated) WithAttrs(a []slog.Attr) slog.Handler { return gated{h.Handler.WithAttrs(a), h.gate} }

func (h gated) WithGroup(name string) slog.Handler { return gated{h.Handler.WithGroup(name), h.gate} }
