package kit

import (
	"slices"
	"strconv"
	"time"
)

// place is the block that an element stands in.
type place int

const (
	inSection place = iota
	inActions
	inInput
)

// places says which element may stand where (docs.slack.dev, "Block elements",
// "Compatible with" of each).
var places = map[string][]place{
	"button":              {inSection, inActions},
	"overflow":            {inSection, inActions},
	"image":               {inSection},
	"static_select":       {inSection, inActions, inInput},
	"users_select":        {inSection, inActions, inInput},
	"multi_static_select": {inSection, inInput},
	"multi_users_select":  {inSection, inInput},
	"radio_buttons":       {inSection, inActions, inInput},
	"checkboxes":          {inSection, inActions, inInput},
	"datepicker":          {inSection, inActions, inInput},
	"timepicker":          {inSection, inActions, inInput},
	"datetimepicker":      {inActions, inInput},
	"plain_text_input":    {inInput},
	"email_text_input":    {inInput},
	"url_text_input":      {inInput},
}

func (c *checker) elements(list []any, at string, in place) {
	actions := map[string]bool{}
	for i, v := range list {
		c.element(v, at+"/"+strconv.Itoa(i), in, actions)
	}
}

func (c *checker) element(v any, at string, in place, actions map[string]bool) {
	o := c.object(v, at)
	if o.v == nil {
		return
	}
	kind, _ := o.get("type", true)
	name, _ := kind.(string)
	if !slices.Contains(places[name], in) {
		c.bad(at, "unsupported type: %v", kind)
		return
	}
	if name == "image" {
		c.image(o)
		o.done()
		return
	}
	if id := o.text("action_id", 1, ID, false); id != "" {
		if actions[id] {
			c.bad(at+"/action_id", "`action_id` already exists: %s", id)
		}
		actions[id] = true
	}
	if name != "button" && name != "overflow" && o.flag("focus_on_load") {
		if c.focused {
			c.bad(at+"/focus_on_load", "only one element of a view may have `focus_on_load`")
		}
		c.focused = true
	}
	if name != "plain_text_input" && name != "email_text_input" && name != "url_text_input" {
		c.confirm(o)
	}
	c.elementFields(o, name)
	o.done()
}

func (c *checker) elementFields(o object, name string) {
	switch name {
	case "button":
		o.plain("text", ButtonText, true)
		o.text("value", 0, ButtonValue, false)
		c.link(o, "url", false)
		o.enum("style", false, "primary", "danger")
		o.text("accessibility_label", 0, ButtonText, false)
	case "overflow":
		c.options(o, 1, OverflowOptions, true)
	case "radio_buttons":
		c.initial(o, c.options(o, 1, ChoiceOptions, true), false)
	case "checkboxes":
		c.initial(o, c.options(o, 1, ChoiceOptions, true), true)
	case "static_select", "multi_static_select":
		o.plain("placeholder", PlaceholderText, false)
		c.initial(o, c.menu(o), name == "multi_static_select")
		o.maxSelected(name)
	case "users_select":
		o.plain("placeholder", PlaceholderText, false)
		o.text("initial_user", 1, ID, false)
	case "multi_users_select":
		o.plain("placeholder", PlaceholderText, false)
		o.list("initial_users", 0, SelectOptions, false)
		o.maxSelected(name)
	case "datepicker":
		o.plain("placeholder", PlaceholderText, false)
		o.when("initial_date", time.DateOnly)
	case "timepicker":
		o.plain("placeholder", PlaceholderText, false)
		o.when("initial_time", "15:04")
		if zone := o.text("timezone", 1, ID, false); zone != "" {
			if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
				c.bad(o.at+"/timezone", "must be an IANA time zone")
			}
		}
	case "datetimepicker":
		o.number("initial_date_time", 1_000_000_000, 9_999_999_999)
	case "plain_text_input", "email_text_input", "url_text_input":
		c.textInput(o, name)
	}
}

func (o object) maxSelected(name string) {
	if name == "multi_static_select" || name == "multi_users_select" {
		o.number("max_selected_items", 1, SelectOptions)
	}
}

func (c *checker) textInput(o object, name string) {
	o.plain("placeholder", PlaceholderText, false)
	most := InputText
	if name == "plain_text_input" {
		o.flag("multiline")
		least, hasLeast := o.number("min_length", 0, InputText)
		n, hasMost := o.number("max_length", 1, InputText)
		if hasMost {
			most = n
		}
		if hasLeast && least > most {
			c.bad(o.at+"/min_length", "must not be more than max_length")
		}
	}
	o.text("initial_value", 0, most, false)
	if v, ok := o.get("dispatch_action_config", false); ok {
		d := c.object(v, o.at+"/dispatch_action_config")
		for _, on := range d.list("trigger_actions_on", 1, 2, false) {
			if on != "on_enter_pressed" && on != "on_character_entered" {
				c.bad(d.at+"/trigger_actions_on", "must be on_enter_pressed or on_character_entered")
			}
		}
		d.done()
	}
}

func (o object) when(key, layout string) {
	s := o.text(key, 0, ID, false)
	if s == "" {
		return
	}
	if _, err := time.Parse(layout, s); err != nil {
		o.c.bad(o.at+"/"+key, "must be a %s", map[string]string{time.DateOnly: "date YYYY-MM-DD", "15:04": "time HH:mm"}[layout])
	}
}

// confirm checks the dialog that asks before an action (docs.slack.dev,
// "Confirmation dialog object").
func (c *checker) confirm(o object) {
	v, ok := o.get("confirm", false)
	if !ok {
		return
	}
	d := c.object(v, o.at+"/confirm")
	d.plain("title", ConfirmTitle, true)
	d.any("text", ConfirmText, true)
	d.plain("confirm", ConfirmButton, true)
	d.plain("deny", ConfirmButton, true)
	d.enum("style", false, "primary", "danger")
	d.done()
}
