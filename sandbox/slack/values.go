package slack

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lastday/sandbox/slack/kit"
)

// stateful reports whether an element holds a value; buttons and overflow menus
// hold none.
func (e *element) stateful() bool { return e.Type != "button" && e.Type != "overflow" }

// several reports whether an element takes more than one value.
func (e *element) several() bool {
	return e.Type == "checkboxes" || strings.HasPrefix(e.Type, "multi_")
}

// initial is what stands in an element before anybody touches it.
func (e *element) initial() []string {
	one := func(s string) []string {
		if s == "" {
			return nil
		}
		return []string{s}
	}
	switch e.Type {
	case "static_select", "radio_buttons":
		if e.InitialOption != nil {
			return []string{e.InitialOption.Value}
		}
		return nil
	case "checkboxes", "multi_static_select":
		var out []string
		for _, o := range e.InitialOptions {
			out = append(out, o.Value)
		}
		return out
	case "users_select":
		return one(e.InitialUser)
	case "multi_users_select":
		return e.InitialUsers
	case "datepicker":
		return one(e.InitialDate)
	case "timepicker":
		return one(e.InitialTime)
	case "datetimepicker":
		if e.InitialInstant == 0 {
			return nil
		}
		return []string{strconv.FormatInt(e.InitialInstant, 10)}
	}
	return one(e.InitialValue)
}

// standing is what stands in an element now.
func standing(filled Fill, b *block, e *element) []string {
	if v, ok := filled[b.ID+"/"+e.ActionID]; ok {
		return v
	}
	return e.initial()
}

// value is Slack's form of what stands in an element (docs.slack.dev, "View
// interaction payloads", "state").
func (e *element) value(chosen []string) answer {
	out := answer{"type": e.Type}
	first := any(nil)
	if len(chosen) > 0 {
		first = chosen[0]
	}
	picked := []json.RawMessage{}
	for _, o := range e.choices() {
		if slices.Contains(chosen, o.Value) {
			picked = append(picked, o.raw)
		}
	}
	switch e.Type {
	case "static_select", "radio_buttons", "overflow":
		out["selected_option"] = nil
		if len(picked) > 0 {
			out["selected_option"] = picked[0]
		}
	case "checkboxes", "multi_static_select":
		out["selected_options"] = picked
	case "users_select":
		out["selected_user"] = first
	case "multi_users_select":
		out["selected_users"] = slices.Concat([]string{}, chosen)
	case "datepicker":
		out["selected_date"] = first
	case "timepicker":
		out["selected_time"] = first
	case "datetimepicker":
		out["selected_date_time"] = nil
		if len(chosen) > 0 {
			out["selected_date_time"] = json.Number(chosen[0])
		}
	default:
		out["value"] = first
	}
	return out
}

// valuesOf is Slack's state.values of a surface.
func valuesOf(blocks []block, filled Fill) answer {
	out := answer{}
	for i := range blocks {
		b := &blocks[i]
		for _, e := range b.actors() {
			if !e.stateful() {
				continue
			}
			of, _ := out[b.ID].(answer)
			if of == nil {
				of = answer{}
				out[b.ID] = of
			}
			of[e.ActionID] = e.value(standing(filled, b, e))
		}
	}
	return out
}

func (v *view) values() answer { return valuesOf(v.Blocks, v.filled) }

// fill puts what a member fills in into the inputs of a surface; the keys of the
// result are "block_id/action_id".
func (s *Server) fill(blocks []block, with Fill) (Fill, error) {
	out := Fill{}
	for key, values := range with {
		b, e, err := find(blocks, key, (*element).stateful)
		if err != nil {
			return nil, err
		}
		if e.several() && e.MaxSelected > 0 && len(values) > e.MaxSelected {
			return nil, &Failure{"not_possible", fmt.Sprintf("%s takes at most %d", key, e.MaxSelected)}
		}
		if !e.several() && len(values) > 1 {
			return nil, &Failure{"not_possible", key + " takes one value"}
		}
		kept := make([]string, 0, len(values))
		for _, v := range values {
			if v == "" {
				continue
			}
			if v, err = s.fits(e, v); err != nil {
				return nil, err
			}
			kept = append(kept, v)
		}
		out[b.ID+"/"+e.ActionID] = kept
	}
	return out, nil
}

// find looks an element up by action_id, block_id or "block_id/action_id".
func find(blocks []block, key string, wanted func(*element) bool) (*block, *element, error) {
	var inBlock *block
	var found *element
	n := 0
	for i := range blocks {
		b := &blocks[i]
		for _, e := range b.actors() {
			if key == b.ID+"/"+e.ActionID && wanted(e) {
				return b, e, nil
			}
			if (key == b.ID || key == e.ActionID) && wanted(e) {
				inBlock, found = b, e
				n++
			}
		}
	}
	switch n {
	case 0:
		return nil, nil, &Failure{"not_found", "there is no " + key + " here"}
	case 1:
		return inBlock, found, nil
	}
	return nil, nil, &Failure{"not_found", key + " is here more than once; name it block_id/action_id"}
}

// fits checks what the client lets a person enter at all, and gives it in
// Slack's form.
func (s *Server) fits(e *element, v string) (string, error) {
	no := &Failure{"not_possible", fmt.Sprintf("%q cannot be entered into %s (%s)", v, e.ActionID, e.Type)}
	switch e.Type {
	case "static_select", "radio_buttons", "checkboxes", "multi_static_select", "overflow":
		if !slices.ContainsFunc(e.choices(), func(o option) bool { return o.Value == v }) {
			return "", no
		}
	case "users_select", "multi_users_select":
		u := s.member(v)
		if u == nil || u.Deleted {
			return "", no
		}
		return u.ID, nil
	case "datepicker":
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			return "", no
		}
	case "timepicker":
		if _, err := time.Parse("15:04", v); err != nil {
			return "", no
		}
	case "datetimepicker":
		if _, err := strconv.ParseInt(v, 10, 64); err != nil {
			return "", no
		}
	}
	return v, nil
}

// incomplete says by block_id what keeps a dialog from being submitted: Slack's
// client checks this itself and sends nothing.
func (v *view) incomplete() map[string]string {
	out := map[string]string{}
	for i := range v.Blocks {
		b := &v.Blocks[i]
		if b.Type != "input" || b.Element == nil {
			continue
		}
		if what := b.Element.lacking(standing(v.filled, b, b.Element), b.Optional); what != "" {
			out[b.ID] = what
		}
	}
	return out
}

func (e *element) lacking(chosen []string, optional bool) string {
	if len(chosen) == 0 || chosen[0] == "" {
		if optional {
			return ""
		}
		return "Please complete this required field."
	}
	text := chosen[0]
	n := utf8.RuneCountInString(text)
	most := e.MaxLength
	if most == 0 {
		most = kit.InputText
	}
	switch {
	case e.Type == "email_text_input":
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return "Please enter a valid email address."
		}
	case e.Type == "url_text_input":
		if u, err := url.Parse(text); err != nil || u.Host == "" {
			return "Please enter a valid URL."
		}
	case e.Type != "plain_text_input":
	case n < e.MinLength:
		return fmt.Sprintf("Please use at least %d characters; these are %d.", e.MinLength, n)
	case n > most:
		return fmt.Sprintf("Please use at most %d characters; these are %d.", most, n)
	}
	return ""
}
