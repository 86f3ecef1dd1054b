package policy

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"

	"lastday/offboarding"
)

const (
	// costLimit bounds one evaluation, in cel's units; about 10 ms.
	costLimit = 100_000
	// maxExpression is an expression's length in characters.
	maxExpression = 4000
)

// expression is one compiled key of the file.
type expression struct {
	program cel.Program
	// speaks are the variables it uses: actor, departure, plan, action.
	speaks map[string]bool
	// groups are those whose members it speaks for, sources the groups of a
	// door that it names itself.
	groups, sources []string
}

// compiler compiles the expressions of one policy.
type compiler struct {
	env    *cel.Env
	groups map[string][]string
	errs   []error
}

func newCompiler(groups map[string][]string) (*compiler, error) {
	actor := cel.ObjectType("policy.Actor")
	env, err := cel.NewEnv(
		ext.NativeTypes(ext.ParseStructTags(true), reflect.TypeFor[Actor](), reflect.TypeFor[Departure](), reflect.TypeFor[Plan]()),
		cel.Variable("actor", actor),
		cel.Variable("departure", cel.ObjectType("policy.Departure")),
		cel.Variable("plan", cel.ObjectType("policy.Plan")),
		cel.Variable("action", cel.StringType),
		cel.Function("memberOf", cel.MemberOverload("actor_memberOf_string",
			[]*cel.Type{actor, cel.StringType}, cel.BoolType, cel.BinaryBinding(memberOf(groups)))),
		cel.Function("same", cel.MemberOverload("actor_same_actor",
			[]*cel.Type{actor, actor}, cel.BoolType, cel.BinaryBinding(same))),
		cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(60),
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(), cel.ValidateRegexLiterals(),
			cel.ValidateHomogeneousAggregateLiterals()),
	)
	if err != nil {
		return nil, fmt.Errorf("prepare the policy's language: %w", err)
	}
	return &compiler{env: env, groups: groups}, nil
}

func memberOf(groups map[string][]string) func(ref.Val, ref.Val) ref.Val {
	return func(who, group ref.Val) ref.Val {
		a, ok := who.Value().(Actor)
		if !ok {
			return types.NewErr("memberOf is asked of somebody who is no actor")
		}
		name, _ := group.Value().(string)
		p := offboarding.Actor{Email: offboarding.Subject(a.Email), Groups: a.Groups}
		return types.Bool(p.InAny(groups[name]))
	}
}

func same(one, other ref.Val) ref.Val {
	a, ok := one.Value().(Actor)
	b, ok2 := other.Value().(Actor)
	if !ok || !ok2 {
		return types.NewErr("same is asked of somebody who is no actor")
	}
	return types.Bool(a.same(b))
}

// compile turns the text of the key at the place into an expression. Mistakes
// are gathered, each with its place and column. It may not use the variables
// in without, for the reason given with each.
func (c *compiler) compile(place, text string, without map[string]string) *expression {
	if strings.TrimSpace(text) == "" {
		c.errs = append(c.errs, fmt.Errorf("%s: %w", place, errEmpty))
		return nil
	}
	checked, issues := c.env.Compile(text)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			c.mistake(place, text, e.Location.Line(), e.Location.Column(), advice(e.Message))
		}
		return nil
	}
	if !checked.OutputType().IsExactType(types.BoolType) {
		c.mistake(place, text, 1, 0, fmt.Sprintf("it is of type %s, where true or false is expected", checked.OutputType()))
		return nil
	}
	r := reader{compiler: c, place: place, text: text, ast: checked.NativeRep(), without: without, speaks: map[string]bool{}}
	if !r.read() {
		return nil
	}
	program, err := c.env.Program(checked, cel.CostLimit(costLimit), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		c.errs = append(c.errs, fmt.Errorf("%s: %w", place, err))
		return nil
	}
	slices.Sort(r.groups)
	slices.Sort(r.sources)
	return &expression{program: program, speaks: r.speaks, groups: slices.Compact(r.groups), sources: slices.Compact(r.sources)}
}

// mistake notes one. Columns count from 0 in cel, and from 1 for people.
func (c *compiler) mistake(place, text string, line, column int, what string) {
	where := fmt.Sprintf("column %d", max(column, 0)+1)
	if strings.Contains(strings.TrimSpace(text), "\n") {
		where = fmt.Sprintf("line %d, column %d", line, max(column, 0)+1)
	}
	c.errs = append(c.errs, fmt.Errorf("%s, %s: %s", place, where, what))
}

// advice puts cel's words into those of somebody who writes a policy.
func advice(message string) string {
	if strings.Contains(message, "'.in'") {
		return "in stands between a value and a list; for groups say actor.memberOf('NAME')"
	}
	message, _, _ = strings.Cut(message, " expecting {")
	return strings.ReplaceAll(message, " (in container '')", "")
}

// holds evaluates the expression. An error means that it is neither true nor
// false.
func (x *expression) holds(vars map[string]any) (bool, error) {
	out, _, err := x.program.Eval(vars)
	if err != nil {
		if strings.Contains(err.Error(), "cost limit") {
			return false, errors.New("it takes too long")
		}
		return false, err
	}
	yes, ok := out.Value().(bool)
	if !ok {
		return false, errors.New("it is neither true nor false")
	}
	return yes, nil
}
