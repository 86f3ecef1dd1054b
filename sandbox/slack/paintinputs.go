package slack

import (
	"html"
	"slices"
	"strconv"
)

// input shows an input block: label, input, hint, and what is wrong with it.
func (p *painter) input(b *block) {
	if b.Element == nil {
		return
	}
	id := "in-" + b.ID + "-" + b.Element.ActionID
	wrong := p.errors[b.ID]
	p.put(`<div class="input`)
	if wrong != "" {
		p.put(` wrong`)
	}
	p.put(`"`, attr("data-input", b.ID), `>`)
	group := b.Element.Type == "radio_buttons" || b.Element.Type == "checkboxes"
	optional := ""
	if b.Optional {
		optional = ` <span class="optional">(optional)</span>`
	}
	if group {
		p.put(`<fieldset><legend dir="auto">`, p.text(b.Label), optional, `</legend>`)
	} else {
		p.put(`<label`, attr("for", id), ` dir="auto">`, p.text(b.Label), optional, `</label>`)
	}
	p.element(b, b.Element)
	if group {
		p.put(`</fieldset>`)
	}
	if b.Hint != nil {
		p.put(`<p class="hint" dir="auto">`, p.text(b.Hint), `</p>`)
	}
	if wrong != "" {
		p.put(`<p class="error" role="alert"`, attr("id", id+"-error"), ` dir="auto">`, html.EscapeString(wrong), `</p>`)
	}
	p.put(`</div>`)
}

// names are the attributes by which the page knows an element.
func (p *painter) names(b *block, e *element) string {
	out := attr("data-block", b.ID) + attr("data-action", e.ActionID) + attr("data-kind", e.Type)
	if b.Type == "input" && !b.DispatchAction {
		out += ` data-quiet="yes"` // a choice is sent with the submission only
	}
	return out
}

func (p *painter) element(b *block, e *element) {
	switch e.Type {
	case "image":
		p.put(`<div class="picture">`, html.EscapeString(e.AltText), `</div>`)
		return
	case "button":
		p.button(b, e)
	case "overflow":
		p.overflow(b, e)
	case "static_select", "multi_static_select":
		p.selection(b, e)
	case "users_select":
		p.person(b, e)
	case "multi_users_select":
		p.people(b, e)
	case "radio_buttons", "checkboxes":
		p.marks(b, e)
	default:
		p.field(b, e)
	}
	p.confirm(e)
}

// confirm is what the page asks before an action is sent.
func (p *painter) confirm(e *element) {
	if c := e.Confirm; c != nil {
		p.put(`<template class="confirm"`, attr("data-style", c.Style), `><h2 dir="auto">`, p.text(&c.Title), `</h2><div class="text" dir="auto">`, p.text(&c.Text),
			`</div><span class="yes">`, p.text(&c.Confirm), `</span><span class="no">`, p.text(&c.Deny), `</span></template>`)
	}
}

func (p *painter) button(b *block, e *element) {
	p.put(`<button type="button" class="button `, html.EscapeString(e.Style.Word), `"`, p.names(b, e), attr("data-value", e.Value))
	if e.URL != "" {
		p.put(attr("data-url", e.URL))
	}
	p.put(`>`, p.text(&e.Text), `</button>`)
}

func (p *painter) overflow(b *block, e *element) {
	p.put(`<details class="overflow"><summary aria-label="More actions" title="More actions">⋯</summary><div class="menu" role="menu">`)
	for _, o := range e.Options {
		p.put(`<button type="button" role="menuitem"`, p.names(b, e), attr("data-value", o.Value), `>`, p.text(&o.Text), `</button>`)
	}
	p.put(`</div></details>`)
}

func (p *painter) id(b *block, e *element) string {
	out := attr("id", "in-"+b.ID+"-"+e.ActionID)
	if p.errors[b.ID] != "" {
		out += ` aria-invalid="true"` + attr("aria-describedby", "in-"+b.ID+"-"+e.ActionID+"-error")
	}
	if e.Focus {
		out += ` autofocus`
	}
	return out
}

func hint(e *element, otherwise string) string {
	if e.Placeholder != nil {
		return e.Placeholder.Text
	}
	return otherwise
}

func (p *painter) selection(b *block, e *element) {
	chosen := standing(p.filled, b, e)
	p.put(`<select`, p.id(b, e), p.names(b, e))
	if e.several() {
		p.put(` multiple>`)
	} else {
		p.put(`><option value="">`, html.EscapeString(hint(e, "Select an option")), `</option>`)
	}
	options := func(all []option) {
		for _, o := range all {
			p.put(`<option`, attr("value", o.Value))
			if slices.Contains(chosen, o.Value) {
				p.put(` selected`)
			}
			p.put(`>`, html.EscapeString(o.Text.Text), `</option>`)
		}
	}
	options(e.Options)
	for _, g := range e.Groups {
		p.put(`<optgroup`, attr("label", g.Label.Text), `>`)
		options(g.Options)
		p.put(`</optgroup>`)
	}
	p.put(`</select>`)
}

// person is a field that finds a member by name or address; the page fills its
// list.
func (p *painter) person(b *block, e *element) {
	id, name := "", ""
	if chosen := standing(p.filled, b, e); len(chosen) > 0 {
		if u := p.server.state.users[chosen[0]]; u != nil {
			id, name = u.ID, u.name()
		}
	}
	p.put(`<div class="person"><input type="text" role="combobox" aria-expanded="false" aria-autocomplete="list" autocomplete="off"`,
		p.id(b, e), p.names(b, e), attr("data-value", id), attr("value", name), attr("placeholder", hint(e, "Select a person")),
		`><div class="menu" role="listbox" hidden></div></div>`)
}

func (p *painter) people(b *block, e *element) {
	chosen := standing(p.filled, b, e)
	p.put(`<select multiple`, p.id(b, e), p.names(b, e), `>`)
	for _, id := range p.server.state.order {
		u := p.server.state.users[id]
		if u.Bot || u.Deleted {
			continue
		}
		p.put(`<option`, attr("value", id))
		if slices.Contains(chosen, id) {
			p.put(` selected`)
		}
		p.put(`>`, html.EscapeString(u.name()), `</option>`)
	}
	p.put(`</select>`)
}

// marks are radio buttons and checkboxes.
func (p *painter) marks(b *block, e *element) {
	chosen := standing(p.filled, b, e)
	kind := "radio"
	if e.several() {
		kind = "checkbox"
	}
	p.put(`<div class="marks"`, p.names(b, e), `>`)
	for _, o := range e.Options {
		p.put(`<label class="mark"><input type="`, kind, `"`, attr("name", b.ID+"/"+e.ActionID), attr("value", o.Value))
		if slices.Contains(chosen, o.Value) {
			p.put(` checked`)
		}
		p.put(`><span dir="auto">`, p.text(&o.Text))
		if o.Description != nil {
			p.put(`<small dir="auto">`, p.text(o.Description), `</small>`)
		}
		p.put(`</span></label>`)
	}
	p.put(`</div>`)
}

// field is everything that is typed: text, dates and times.
func (p *painter) field(b *block, e *element) {
	value := ""
	if chosen := standing(p.filled, b, e); len(chosen) > 0 {
		value = chosen[0]
	}
	if e.Multiline {
		p.put(`<textarea rows="4"`, p.id(b, e), p.names(b, e), attr("placeholder", hint(e, "")), ` dir="auto">`, "\n", html.EscapeString(value), `</textarea>`)
		return
	}
	kind := map[string]string{"datepicker": "date", "timepicker": "time", "datetimepicker": "datetime-local", "email_text_input": "email", "url_text_input": "url"}[e.Type]
	if kind == "" {
		kind = "text"
	}
	p.put(`<input`, attr("type", kind), p.id(b, e), p.names(b, e), attr("placeholder", hint(e, "")))
	if e.Type == "datetimepicker" {
		if _, err := strconv.ParseInt(value, 10, 64); err == nil {
			p.put(attr("data-instant", value)) // the page shows it in its own zone
		}
	} else {
		p.put(attr("value", value))
	}
	p.put(` dir="auto">`)
}
