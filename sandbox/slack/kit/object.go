package kit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checker collects what is wrong.
type checker struct {
	problems []string
	surface  surface
	blockIDs map[string]bool
	inputs   int  // input blocks seen
	focused  bool // an element has focus_on_load
}

func newChecker(s surface) *checker { return &checker{surface: s, blockIDs: map[string]bool{}} }

func (c *checker) bad(at, format string, args ...any) {
	if len(c.problems) < 50 {
		c.problems = append(c.problems, fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
	}
}

// object is a JSON object whose properties are asked for one by one; done
// reports those that nobody asked for.
type object struct {
	c     *checker
	at    string
	v     map[string]any
	asked map[string]bool
}

func (c *checker) object(v any, at string) object {
	m, ok := v.(map[string]any)
	if !ok {
		c.bad(at, "must be an object, not %s", kindOf(v))
	}
	return object{c: c, at: at, v: m, asked: map[string]bool{}}
}

// get looks a property up; what is missing is reported where it is required.
func (o object) get(key string, required bool) (any, bool) {
	o.asked[key] = true
	v, ok := o.v[key]
	if !ok && required && o.v != nil {
		o.c.bad(o.at, "missing required field: %s", key)
	}
	return v, ok
}

func (o object) has(key string) bool { _, ok := o.v[key]; return ok }

func (o object) done() {
	for _, key := range sorted(o.v) {
		if !o.asked[key] {
			o.c.bad(o.at, "invalid additional property: %s", key)
		}
	}
}

func sorted(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// text reads a string of so many characters.
func (o object) text(key string, least, most int, required bool) string {
	v, ok := o.get(key, required)
	if !ok {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		o.c.bad(o.at+"/"+key, "must be a string, not %s", kindOf(v))
		return ""
	}
	o.c.length(o.at+"/"+key, s, least, most)
	return s
}

func (c *checker) length(at, s string, least, most int) {
	switch n := utf8.RuneCountInString(s); {
	case n < least:
		c.bad(at, "must be more than %d characters", least-1)
	case n > most:
		c.bad(at, "must be less than %d characters", most+1)
	}
}

func (o object) flag(key string) bool {
	v, ok := o.get(key, false)
	if !ok {
		return false
	}
	b, ok := v.(bool)
	if !ok {
		o.c.bad(o.at+"/"+key, "must be a boolean, not %s", kindOf(v))
	}
	return b
}

func (o object) number(key string, least, most int) (int, bool) {
	v, ok := o.get(key, false)
	if !ok {
		return 0, false
	}
	n, isNumber := v.(json.Number)
	i, err := strconv.Atoi(string(n))
	if !isNumber || err != nil || i < least || i > most {
		o.c.bad(o.at+"/"+key, "must be an integer from %d to %d", least, most)
		return 0, false
	}
	return i, true
}

func (o object) enum(key string, required bool, values ...string) string {
	v, ok := o.get(key, required)
	if !ok {
		return ""
	}
	s, ok := v.(string)
	if !ok || !slices.Contains(values, s) {
		o.c.bad(o.at+"/"+key, "must be one of: %s", strings.Join(values, ", "))
		return ""
	}
	return s
}

func (o object) list(key string, least, most int, required bool) []any {
	v, ok := o.get(key, required)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		o.c.bad(o.at+"/"+key, "must be an array, not %s", kindOf(v))
		return nil
	}
	switch {
	case len(list) < least:
		o.c.bad(o.at+"/"+key, "no fewer than %d items allowed", least)
	case len(list) > most:
		o.c.bad(o.at+"/"+key, "no more than %d items allowed", most)
	}
	return list
}

// plain reads a plain_text object.
func (o object) plain(key string, most int, required bool) {
	if v, ok := o.get(key, required); ok {
		o.c.textObject(v, o.at+"/"+key, most, true)
	}
}

// any reads a plain_text or mrkdwn object.
func (o object) any(key string, most int, required bool) {
	if v, ok := o.get(key, required); ok {
		o.c.textObject(v, o.at+"/"+key, most, false)
	}
}

// textObject checks a text object. Emoji belongs to plain_text and verbatim to
// mrkdwn (docs.slack.dev, "Text object").
func (c *checker) textObject(v any, at string, most int, plain bool) {
	o := c.object(v, at)
	kind := ""
	if plain {
		kind = o.enum("type", true, "plain_text")
	} else {
		kind = o.enum("type", true, "plain_text", "mrkdwn")
	}
	o.text("text", 1, most, true)
	if kind == "mrkdwn" {
		o.flag("verbatim")
	} else {
		o.flag("emoji")
	}
	o.done()
}
