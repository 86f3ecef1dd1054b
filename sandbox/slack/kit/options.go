package kit

import (
	"encoding/json"
	"strconv"
)

// options checks the options of an element and gives them by value.
func (c *checker) options(o object, least, most int, required bool) map[string]string {
	seen := map[string]string{}
	c.optionList(o, least, most, required, o.v["type"] == "overflow", o.v["type"] == "radio_buttons" || o.v["type"] == "checkboxes", seen)
	return seen
}

func (c *checker) optionList(o object, least, most int, required, urls, marked bool, seen map[string]string) {
	for i, v := range o.list("options", least, most, required) {
		p := c.object(v, o.at+"/options/"+strconv.Itoa(i))
		if marked {
			p.any("text", OptionText, true)
			p.any("description", OptionText, false)
		} else {
			p.plain("text", OptionText, true)
			p.plain("description", OptionText, false)
		}
		value := p.text("value", 1, OptionValue, true)
		if _, twice := seen[value]; twice && value != "" {
			c.bad(p.at+"/value", "must be unique among the options: %s", value)
		}
		seen[value] = same(v)
		if urls {
			c.link(p, "url", false)
		}
		p.done()
	}
}

// menu checks options or option groups, of which a select has one.
func (c *checker) menu(o object) map[string]string {
	if o.has("options") == o.has("option_groups") {
		c.bad(o.at, "must define either `options` or `option_groups`")
		o.asked["options"], o.asked["option_groups"] = true, true
		return nil
	}
	if o.has("options") {
		return c.options(o, 1, SelectOptions, true)
	}
	seen := map[string]string{}
	for i, v := range o.list("option_groups", 1, OptionGroups, true) {
		g := c.object(v, o.at+"/option_groups/"+strconv.Itoa(i))
		g.plain("label", OptionText, true)
		c.optionList(g, 1, SelectOptions, true, false, false, seen)
		g.done()
	}
	return seen
}

// initial checks that what is chosen at first is one of the options, the same in
// every property.
func (c *checker) initial(o object, options map[string]string, several bool) {
	if !several {
		if v, ok := o.get("initial_option", false); ok {
			c.among(v, options, o.at+"/initial_option")
		}
		return
	}
	for i, v := range o.list("initial_options", 1, SelectOptions, false) {
		c.among(v, options, o.at+"/initial_options/"+strconv.Itoa(i))
	}
}

func (c *checker) among(v any, options map[string]string, at string) {
	if m, ok := v.(map[string]any); ok {
		if value, ok := m["value"].(string); ok && options[value] == same(v) {
			return
		}
	}
	c.bad(at, "must be one of the options")
}

// same is equal for equal JSON: Marshal sorts the keys.
func same(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
