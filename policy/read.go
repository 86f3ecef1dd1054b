package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"

	"lastday/offboarding"
)

// reader finds in a checked expression what the type checker cannot know:
// words that nothing can ever be equal to, groups that do not exist.
type reader struct {
	*compiler
	place, text     string
	ast             *ast.AST
	without         map[string]string
	speaks          map[string]bool
	groups, sources []string
	bad             bool
}

// read walks the expression and reports whether it is good.
func (r *reader) read() bool {
	ast.PreOrderVisit(r.ast.Expr(), ast.NewExprVisitor(r.node))
	r.positive(r.ast.Expr(), true)
	return !r.bad
}

func (r *reader) mistake(e ast.Expr, format string, args ...any) {
	r.bad = true
	at := r.ast.SourceInfo().GetStartLocation(e.ID())
	r.compiler.mistake(r.place, r.text, at.Line(), at.Column(), fmt.Sprintf(format, args...))
}

func (r *reader) node(e ast.Expr) {
	switch e.Kind() {
	case ast.IdentKind:
		r.ident(e)
	case ast.StructKind:
		r.mistake(e, "nothing can be made in an expression, only asked about")
	case ast.ComprehensionKind:
		for _, v := range []string{e.AsComprehension().IterVar(), e.AsComprehension().IterVar2()} {
			if slices.Contains(variables(), v) {
				r.mistake(e, "%s has a meaning already: give the items of the list another name", v)
			}
		}
	case ast.LiteralKind:
		if s, ok := text(e); ok && isSource(s) {
			r.sources = append(r.sources, s)
		}
	case ast.CallKind:
		r.call(e)
	default:
	}
}

func variables() []string { return []string{"actor", "departure", "plan", "action"} }

func (r *reader) ident(e ast.Expr) {
	name := e.AsIdent()
	if !slices.Contains(variables(), name) {
		return
	}
	r.speaks[name] = true
	if why := r.without[name]; why != "" {
		r.mistake(e, "%s is not known here: %s", name, why)
	}
}

func (r *reader) call(e ast.Expr) {
	call := e.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case "memberOf":
		name, ok := text(args[0])
		if _, known := r.compiler.groups[name]; !ok || !known {
			r.mistake(args[0], "memberOf takes a name of policy.groups, in quotes")
		}
	case operators.Equals, operators.NotEquals:
		r.equality(e, args[0], args[1])
	case operators.In:
		r.membership(args[0], args[1])
	}
}

func (r *reader) equality(e, a, b ast.Expr) {
	fa, fb := r.field(a), r.field(b)
	if persons := []string{"Actor", "Actor.id", "Actor.email", "Actor.name"}; fa == fb && slices.Contains(persons, fa) {
		r.mistake(e, "say actor.same(departure.requested_by): two of whom nothing is known would be equal")
	}
	r.word(fa, b)
	r.word(fb, a)
}

func (r *reader) membership(item, of ast.Expr) {
	if of.Kind() == ast.ListKind {
		for _, e := range of.AsList().Elements() {
			r.word(r.field(item), e)
		}
		return
	}
	r.word(r.field(of), item)
}

// word refuses a word that the field never has: the rule would never hold, and
// nobody would notice.
func (r *reader) word(field string, e ast.Expr) {
	s, ok := text(e)
	if !ok || s == "" {
		return
	}
	switch field {
	case "action":
		if !Action(s).known() {
			r.mistake(e, "%s is no action: the actions are %s", quoted(s), list(words(Actions())))
		}
	case "Actor.door":
		if !slices.Contains(doors(), s) {
			r.mistake(e, "%s is no door: the doors are %s", quoted(s), list(doors()))
		}
	case "Departure.kind":
		if !slices.Contains(offboarding.Kinds(), offboarding.Kind(s)) {
			r.mistake(e, "%s is no kind: the kinds are %s", quoted(s), list(words(offboarding.Kinds())))
		}
	case "Actor.email", "Departure.subject", "Departure.successor":
		if p, err := offboarding.ParseSubject(s); err != nil || string(p) != s {
			r.mistake(e, "%s is no work e-mail in small letters", quoted(s))
		}
	case "Actor.groups":
		if !isSource(s) {
			r.mistake(e, "%s is no group of a door: give slack:ID or okta:NAME, or say actor.memberOf('NAME')", quoted(s))
		}
	case "Plan.classes", "Plan.asks":
		if strings.Count(s, "/") != 1 {
			r.mistake(e, "%s is no class of a system: give SYSTEM/CLASS such as github/organization-roles", quoted(s))
		}
	case "Plan.accounts":
		if !strings.Contains(s, ":") {
			r.mistake(e, "%s is no account: give SYSTEM:ID", quoted(s))
		}
	}
}

func doors() []string {
	return words([]offboarding.Door{offboarding.DoorCommand, offboarding.DoorSlack, offboarding.DoorHook, offboarding.DoorFile})
}

// field names what an expression reads: action, Actor for a whole one, or a
// field such as Actor.email. Empty for anything else.
func (r *reader) field(e ast.Expr) string {
	if e.Kind() == ast.SelectKind && !e.AsSelect().IsTestOnly() {
		if owner := r.object(e.AsSelect().Operand()); owner != "" && r.object(e) == "" {
			return owner + "." + e.AsSelect().FieldName()
		}
	}
	if e.Kind() == ast.IdentKind && e.AsIdent() == "action" {
		return "action"
	}
	return r.object(e)
}

func (r *reader) object(e ast.Expr) string {
	name, ok := strings.CutPrefix(r.ast.GetType(e.ID()).TypeName(), "policy.")
	if !ok {
		return ""
	}
	return name
}

// positive gathers the groups whose members make the expression true, so that
// a refusal can say who may instead.
func (r *reader) positive(e ast.Expr, yes bool) {
	if e.Kind() != ast.CallKind {
		return
	}
	call := e.AsCall()
	switch call.FunctionName() {
	case operators.LogicalNot:
		r.positive(call.Args()[0], !yes)
	case operators.LogicalAnd, operators.LogicalOr:
		for _, a := range call.Args() {
			r.positive(a, yes)
		}
	case operators.Conditional:
		r.positive(call.Args()[1], yes)
		r.positive(call.Args()[2], yes)
	case "memberOf":
		t := call.Target()
		if name, ok := text(call.Args()[0]); ok && yes && t.Kind() == ast.IdentKind && t.AsIdent() == "actor" {
			r.groups = append(r.groups, name)
		}
	}
}

// text is the string that a literal is.
func text(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().Value().(string)
	return s, ok
}
