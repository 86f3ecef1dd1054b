package okta

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// filter is a parsed SCIM expression of the kind Okta takes: eq, sw and co,
// and, or, parentheses.
type filter struct {
	op   string // "and", "or", or the comparison
	kids []*filter
	attr string
	want string
}

func parseFilter(text string) (*filter, error) {
	p := &parser{tokens: tokens(text)}
	f, err := p.or()
	if err != nil {
		return nil, err
	}
	if len(p.tokens) > 0 {
		return nil, fmt.Errorf("unexpected %q", p.tokens[0])
	}
	return f, nil
}

func tokens(s string) []string {
	var out []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		end := 1
		switch s[0] {
		case '(', ')':
		case '"':
			for end < len(s) && s[end] != '"' {
				if s[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(s))
		default:
			if end = strings.IndexAny(s, " ()"); end < 0 {
				end = len(s)
			}
		}
		out = append(out, s[:end])
		s = s[end:]
	}
	return out
}

type parser struct{ tokens []string }

func (p *parser) take() string {
	if len(p.tokens) == 0 {
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *parser) chain(word string, next func() (*filter, error)) (*filter, error) {
	f, err := next()
	if err != nil {
		return nil, err
	}
	for len(p.tokens) > 0 && strings.EqualFold(p.tokens[0], word) {
		p.take()
		more, err := next()
		if err != nil {
			return nil, err
		}
		f = &filter{op: word, kids: []*filter{f, more}}
	}
	return f, nil
}

func (p *parser) or() (*filter, error)  { return p.chain("or", p.and) }
func (p *parser) and() (*filter, error) { return p.chain("and", p.term) }

func (p *parser) term() (*filter, error) {
	attr := p.take()
	if attr == "(" {
		f, err := p.or()
		if err == nil && p.take() != ")" {
			err = errors.New("a parenthesis is not closed")
		}
		return f, err
	}
	op, value := strings.ToLower(p.take()), p.take()
	if attr == "" || !slices.Contains([]string{"eq", "sw", "co"}, op) || len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return nil, fmt.Errorf("%q is not an expression", strings.Join([]string{attr, op, value}, " "))
	}
	return &filter{op: op, attr: attr, want: strings.ReplaceAll(value[1:len(value)-1], `\"`, `"`)}, nil
}

// match evaluates the filter on something whose attributes get reads; fold
// ignores the case of values, as Okta's search does and its filter does not.
func (f *filter) match(get func(attr string) []string, fold bool) bool {
	switch f.op {
	case "and":
		return f.kids[0].match(get, fold) && f.kids[1].match(get, fold)
	case "or":
		return f.kids[0].match(get, fold) || f.kids[1].match(get, fold)
	}
	want := f.want
	if fold {
		want = strings.ToLower(want)
	}
	return slices.ContainsFunc(get(f.attr), func(have string) bool {
		if fold {
			have = strings.ToLower(have)
		}
		switch f.op {
		case "sw":
			return strings.HasPrefix(have, want)
		case "co":
			return strings.Contains(have, want)
		default:
			return have == want
		}
	})
}

// pins finds the values that one of the attributes must equal for the filter
// to match, so that an index can be used; false where there is no such limit.
func (f *filter) pins(attrs ...string) ([]string, bool) {
	switch f.op {
	case "and":
		if v, ok := f.kids[0].pins(attrs...); ok {
			return v, true
		}
		return f.kids[1].pins(attrs...)
	case "or":
		a, oka := f.kids[0].pins(attrs...)
		b, okb := f.kids[1].pins(attrs...)
		return append(a, b...), oka && okb
	case "eq":
		return []string{f.want}, slices.Contains(attrs, f.attr)
	}
	return nil, false
}
