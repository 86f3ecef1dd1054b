// Package kit holds JSON against Slack's Block Kit rules: what a message, a
// dialog and an App Home may be made of, and how much of it. It is strict:
// a property that Slack's reference does not name is refused, and so is an
// element that the stand-in cannot show. It knows no message and no member.
//
// The rules are those of docs.slack.dev/reference/block-kit and of Slack's own
// @slack/types 3.2.0; where the two differ the narrower one holds. The wording
// of the problems follows what Slack answers in response_metadata.messages.
package kit

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// The limits of docs.slack.dev/reference/block-kit, in characters and items.
const (
	MessageBlocks   = 50
	ViewBlocks      = 100
	SectionText     = 3000
	FieldText       = 2000
	Fields          = 10
	HeaderText      = 150
	ContextElements = 10
	ActionElements  = 25
	ButtonText      = 75
	ButtonValue     = 2000
	LinkURL         = 3000
	ID              = 255 // block_id, action_id, callback_id, external_id
	LabelText       = 2000
	PlaceholderText = 150
	InputText       = 3000 // the most that max_length may be
	SelectOptions   = 100
	OptionGroups    = 100
	ChoiceOptions   = 10 // radio buttons and checkboxes
	OverflowOptions = 5
	OptionText      = 75
	OptionValue     = 75
	ConfirmTitle    = 100
	ConfirmText     = 300
	ConfirmButton   = 30
	ViewTitle       = 24 // title, submit and close
	Metadata        = 3000
	MarkdownText    = 12000
	ImageText       = 2000 // alt_text and title
	// ViewBytes is what makes a view too large (views.open, "view_too_large").
	ViewBytes = 250_000
	// BlocksLength is where chat.postMessage answers msg_blocks_too_long. Slack
	// documents no figure; 13,200 characters were measured
	// (github.com/slackapi/bolt-js/issues/2509).
	BlocksLength = 13_200
)

// surface is where blocks are shown.
type surface int

const (
	message surface = iota
	modal
	home
)

// Message gives what is wrong with the blocks of a message, at most 50 of them,
// each as "what [json-pointer:/blocks/0/text]"; none where all is well. An error
// says that it is no JSON array at all (Slack's invalid_blocks_format).
func Message(raw []byte) ([]string, error) {
	v, err := decode(raw)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("blocks are a JSON array, not %s", kindOf(v))
	}
	c := newChecker(message)
	c.blocks(list, "/blocks", MessageBlocks)
	return c.problems, nil
}

// TooLong reports whether the blocks are too long together for
// chat.postMessage and chat.update, whatever each may hold.
func TooLong(raw []byte) bool {
	var b bytes.Buffer
	return json.Compact(&b, raw) == nil && len([]rune(b.String())) > BlocksLength
}

// View gives what is wrong with a view, which is a modal or a home; none where
// all is well. An error says that it is no JSON object at all.
func View(raw []byte) ([]string, error) {
	v, err := decode(raw)
	if err != nil {
		return nil, err
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("a view is a JSON object, not %s", kindOf(v))
	}
	c := newChecker(modal)
	o := c.object(fields, "/view")
	if o.enum("type", true, "modal", "home") == "home" {
		c.surface = home
	}
	o.text("private_metadata", 0, Metadata, false)
	o.text("callback_id", 0, ID, false)
	o.text("external_id", 0, ID, false)
	if c.surface == modal {
		o.plain("title", ViewTitle, true)
		o.plain("close", ViewTitle, false)
		o.plain("submit", ViewTitle, false)
		o.flag("clear_on_close")
		o.flag("notify_on_close")
	}
	list := o.list("blocks", 0, ViewBlocks, true)
	o.done()
	c.blocks(list, "/view/blocks", ViewBlocks)
	if _, has := fields["submit"]; c.inputs > 0 && c.surface == modal && !has {
		c.bad("/view", "missing required field: submit (a modal with input blocks has one)")
	}
	return c.problems, nil
}

func decode(raw []byte) (any, error) {
	var whole json.RawMessage // refuses what follows the value
	if err := json.Unmarshal(raw, &whole); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(whole))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	return v, nil
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	case string:
		return "a string"
	case bool:
		return "a boolean"
	}
	return "a number"
}
