package logs

import (
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
	"lastday/secret"
)

// Keys of every line that has them.
const (
	CaseKey = "case" // offboarding.CaseTag of the workflow's id
	RunKey  = "run"  // the run's id: the case in the record and in Temporal's UI
)

// Discreet makes what next gets name nobody: ids of workflows become tags, and
// e-mail addresses are masked.
func Discreet(next slog.Handler) slog.Handler { return secret.Rewrite(next, mask, clean) }

// clean goes by the keys that Temporal's SDK gives its values; every other text
// has its addresses masked.
func clean(a slog.Attr) slog.Attr {
	v := a.Value
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
	if v.Kind() == slog.KindString || v.Kind() == slog.KindAny {
		return slog.String(a.Key, mask(v.String()))
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
