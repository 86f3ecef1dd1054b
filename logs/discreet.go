package logs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"lastday/codec"
	"lastday/offboarding"
)

// Keys of every line that has them.
const (
	CaseKey = "case" // offboarding.CaseTag of the workflow's id
	RunKey  = "run"  // the run's id: the case in the record and in Temporal's UI
)

// Discreet makes what next gets name nobody: ids of workflows become tags, and
// e-mail addresses are masked.
func Discreet(next slog.Handler) slog.Handler { return discreet{next} }

type discreet struct{ next slog.Handler }

// Enabled implements slog.Handler.
func (d discreet) Enabled(ctx context.Context, l slog.Level) bool { return d.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (d discreet) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, mask(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(clean(a))
		return true
	})
	return d.next.Handle(ctx, out)
}

// WithAttrs implements slog.Handler.
func (d discreet) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		out = append(out, clean(a))
	}
	return discreet{d.next.WithAttrs(out)}
}

// WithGroup implements slog.Handler.
func (d discreet) WithGroup(name string) slog.Handler { return discreet{d.next.WithGroup(name)} }

// clean goes by the keys that Temporal's SDK gives its values; every other text
// has its addresses masked.
func clean(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch a.Key {
	case "WorkflowID", "ChildWorkflowID":
		return slog.String(CaseKey, offboarding.CaseTag(v.String()))
	case "RunID":
		return slog.String(RunKey, v.String())
	case "Error", "PanicError":
		return slog.String(a.Key, kindOf(v.Any()))
	case "StackTrace", "PanicStack":
		// Its first line may be the panic's words; the rest are places in the code.
		_, places, _ := strings.Cut(v.String(), "\n")
		return slog.String(a.Key, places)
	case "Result":
		return slog.String(a.Key, "[left out]")
	case "WorkerID": // a process, and its machine
		return a
	}
	switch v.Kind() {
	case slog.KindGroup:
		group := v.Group()
		out := make([]slog.Attr, 0, len(group))
		for _, g := range group {
			out = append(out, clean(g))
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(out...)}
	case slog.KindString, slog.KindAny:
		return slog.String(a.Key, mask(v.String()))
	case slog.KindBool, slog.KindDuration, slog.KindFloat64, slog.KindInt64, slog.KindTime, slog.KindUint64, slog.KindLogValuer:
	}
	return a
}

var address = regexp.MustCompile(`[^\s@"'<>():,;=/\[\]]+@[^\s@"'<>():,;=/\[\]]+\.[^\s@"'<>():,;=/\[\]]+`)

func mask(s string) string {
	if !strings.Contains(s, "@") {
		return s
	}
	return address.ReplaceAllString(s, "[address]")
}

// kindOf says what kind of error it is. The runtime's own words name nobody; an
// error of Temporal's server is of a type that says what it is.
func kindOf(v any) string {
	if words := fmt.Sprint(v); strings.HasPrefix(words, codec.Unreadable) {
		return words // which key is missing
	}
	err, isError := v.(error)
	if !isError {
		return fmt.Sprintf("a panic with a %T", v)
	}
	var app *temporal.ApplicationError
	var broken runtime.Error
	var panicked *temporal.PanicError
	var down *serviceerror.Unavailable
	switch {
	case errors.As(err, &down):
		return mask(down.Error())
	case errors.As(err, &app) && app.Type() != "":
		return app.Type()
	case errors.As(err, &broken):
		return broken.Error()
	case errors.As(err, &panicked):
		return "a panic"
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", err), "*")
}
