package hook

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"

	"lastday/offboarding"
)

const (
	// maxCost is what one expression may cost, in CEL's units: a field is 1, ten
	// bytes of text compared are 1.
	maxCost    = 100_000
	maxSource  = 4_000
	maxPeople  = 100
	checkEvery = 100 // steps of a loop between two looks at the clock
)

// expr is one compiled expression of a mapping; nil if it was left out.
type expr struct {
	key     string // mapping.email
	program cel.Program
}

// newEnv has event and item, the standard functions and those on texts.
func newEnv() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("event", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("item", cel.DynType),
		cel.OptionalTypes(), ext.Strings(),
		cel.ParserExpressionSizeLimit(maxSource), cel.ParserRecursionLimit(100),
	)
}

// newExpr checks the types of an expression, which must give want.
func newExpr(env *cel.Env, key, source string, want *cel.Type) (*expr, error) {
	if strings.TrimSpace(source) == "" {
		return nil, nil //nolint:nilnil // an expression that is left out is no error
	}
	ast, issues := env.Compile(source)
	if issues.Err() != nil {
		return nil, fmt.Errorf("%s: %s", key, places(issues))
	}
	if got := ast.OutputType(); !want.IsAssignableType(got) && !got.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("%s gives %s where %s is expected", key, got, want)
	}
	p, err := env.Program(ast, cel.CostLimit(maxCost), cel.InterruptCheckFrequency(checkEvery))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return &expr{key: key, program: p}, nil
}

// places writes CEL's findings as LINE:COLUMN and what is wrong.
func places(issues *cel.Issues) string {
	var out []string
	for _, e := range issues.Errors() {
		out = append(out, fmt.Sprintf("%d:%d: %s", e.Location.Line(), e.Location.Column()+1, e.Message))
	}
	return strings.Join(out, "; ")
}

// eval computes the expression; an error names it, and what it found missing.
func (x *expr) eval(ctx context.Context, vars map[string]any) (ref.Val, error) {
	v, _, err := x.program.ContextEval(ctx, vars)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", x.key, offboarding.Shorten(err.Error(), 200))
	}
	return v, nil
}

// text is a text's value, without space around it.
func (x *expr) text(ctx context.Context, vars map[string]any) (string, error) {
	v, err := x.eval(ctx, vars)
	if err != nil {
		return "", err
	}
	s, ok := v.(types.String)
	if !ok {
		return "", fmt.Errorf("%s gives %s where a text is expected", x.key, typeName(v))
	}
	return strings.TrimSpace(string(s)), nil
}

// truth is a condition's value; one that is left out is false.
func (x *expr) truth(ctx context.Context, vars map[string]any) (bool, error) {
	if x == nil {
		return false, nil
	}
	v, err := x.eval(ctx, vars)
	if err != nil {
		return false, err
	}
	b, ok := v.(types.Bool)
	if !ok {
		return false, fmt.Errorf("%s gives %s where true or false is expected", x.key, typeName(v))
	}
	return bool(b), nil
}

// list is the values of a list, at most maxPeople.
func (x *expr) list(ctx context.Context, vars map[string]any) ([]ref.Val, error) {
	v, err := x.eval(ctx, vars)
	if err != nil {
		return nil, err
	}
	l, ok := v.(traits.Lister)
	if !ok {
		return nil, fmt.Errorf("%s gives %s where a list is expected", x.key, typeName(v))
	}
	n, ok := l.Size().(types.Int)
	if !ok || n > maxPeople {
		return nil, fmt.Errorf("%s gives more than %d entries", x.key, maxPeople)
	}
	var out []ref.Val
	for i := range n {
		out = append(out, l.Get(i))
	}
	return out, nil
}

func typeName(v ref.Val) string {
	if v.Type() == types.NullType {
		return "null"
	}
	return v.Type().TypeName()
}

// compile checks a whole mapping.
func compile(m Mapping) (*mapping, error) {
	env, err := newEnv()
	if err != nil {
		return nil, fmt.Errorf("set up mapping: %w", err)
	}
	out := &mapping{}
	var errs []error
	add := func(to **expr, key, source string, want *cel.Type) {
		x, err := newExpr(env, "mapping."+key, source, want)
		*to = x
		errs = append(errs, err)
	}
	add(&out.each, "each", m.Each, cel.ListType(cel.DynType))
	add(&out.ignore, "ignore", m.Ignore, cel.BoolType)
	add(&out.what, "what", m.What, cel.StringType)
	add(&out.email, "email", m.Email, cel.StringType)
	add(&out.lastDay, "last_day", m.LastDay, cel.StringType)
	add(&out.at, "at", m.At, cel.StringType)
	add(&out.zone, "zone", m.Zone, cel.StringType)
	add(&out.kind, "kind", m.Kind, cel.StringType)
	add(&out.reason, "reason", m.Reason, cel.StringType)
	add(&out.partner, "partner", m.Partner, cel.StringType)
	add(&out.successor, "successor", m.Successor, cel.StringType)
	add(&out.eventID, "event_id", m.EventID, cel.StringType)
	add(&out.occurredAt, "occurred_at", m.OccurredAt, cel.StringType)
	missing := func(source, key, why string) {
		if strings.TrimSpace(source) == "" {
			errs = append(errs, fmt.Errorf("mapping.%s is missing: %s", key, why))
		}
	}
	missing(m.What, "what", "an expression that gives leaves, changed, withdrawn, rehired or stays")
	missing(m.Email, "email", "an expression that gives the person's work e-mail")
	if (out.lastDay == nil) == (out.at == nil) && errors.Join(errs...) == nil {
		errs = append(errs, errors.New("mapping: give either last_day, a date, or at, a date and a time"))
	}
	return out, errors.Join(errs...)
}
