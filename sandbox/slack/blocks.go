package slack

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// block is the part of Block Kit that is shown and acted on.
type block struct {
	Type      string    `json:"type"`
	ID        string    `json:"block_id"`
	Text      *textObj  `json:"text"`
	Fields    []textObj `json:"fields"`
	Elements  []element `json:"elements"`
	Accessory *element  `json:"accessory"`
	// of an input
	Element        *element `json:"element"`
	Label          *textObj `json:"label"`
	Hint           *textObj `json:"hint"`
	Optional       bool     `json:"optional"`
	DispatchAction bool     `json:"dispatch_action"`
	// of an image
	ImageURL string   `json:"image_url"`
	AltText  string   `json:"alt_text"`
	Title    *textObj `json:"title"`
}

// textObj is a text object, or where Slack has a bare string that.
type textObj struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// UnmarshalJSON takes both forms.
func (t *textObj) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &t.Text)
	}
	type plain textObj
	return json.Unmarshal(b, (*plain)(t))
}

// element is a part of a context block, of rich text, or something to act on.
type element struct {
	Type     string    `json:"type"`
	ActionID string    `json:"action_id"`
	Text     textObj   `json:"text"`
	Name     string    `json:"name"`
	URL      string    `json:"url"`
	ImageURL string    `json:"image_url"`
	AltText  string    `json:"alt_text"`
	Style    rawStyle  `json:"style"`
	Elements []element `json:"elements"`
	UserID   string    `json:"user_id"`
	GroupID  string    `json:"usergroup_id"`
	Range    string    `json:"range"`
	Fallback string    `json:"fallback"`

	Value       string        `json:"value"`
	Confirm     *confirm      `json:"confirm"`
	Placeholder *textObj      `json:"placeholder"`
	Options     []option      `json:"options"`
	Groups      []optionGroup `json:"option_groups"`
	Multiline   bool          `json:"multiline"`
	MinLength   int           `json:"min_length"`
	MaxLength   int           `json:"max_length"`
	MaxSelected int           `json:"max_selected_items"`
	Focus       bool          `json:"focus_on_load"`

	InitialValue   string   `json:"initial_value"`
	InitialOption  *option  `json:"initial_option"`
	InitialOptions []option `json:"initial_options"`
	InitialUser    string   `json:"initial_user"`
	InitialUsers   []string `json:"initial_users"`
	InitialDate    string   `json:"initial_date"`
	InitialTime    string   `json:"initial_time"`
	InitialInstant int64    `json:"initial_date_time"`

	raw json.RawMessage
}

// UnmarshalJSON keeps what was sent beside what is read of it.
func (e *element) UnmarshalJSON(b []byte) error {
	type plain element
	if err := json.Unmarshal(b, (*plain)(e)); err != nil {
		return err
	}
	e.raw = bytes.Clone(b)
	return nil
}

type option struct {
	Text        textObj  `json:"text"`
	Value       string   `json:"value"`
	Description *textObj `json:"description"`
	URL         string   `json:"url"`

	raw json.RawMessage
}

// UnmarshalJSON keeps what was sent: Slack gives a chosen option back whole.
func (o *option) UnmarshalJSON(b []byte) error {
	type plain option
	if err := json.Unmarshal(b, (*plain)(o)); err != nil {
		return err
	}
	o.raw = bytes.Clone(b)
	return nil
}

type optionGroup struct {
	Label   textObj  `json:"label"`
	Options []option `json:"options"`
}

// confirm is the dialog that asks before an action.
type confirm struct {
	Title   textObj `json:"title"`
	Text    textObj `json:"text"`
	Confirm textObj `json:"confirm"`
	Deny    textObj `json:"deny"`
	Style   string  `json:"style"`
}

// rawStyle is an object on a text and a word on a list or a button.
type rawStyle struct {
	Bold, Italic, Code, Strike, Underline bool
	Word                                  string `json:"-"`
}

// UnmarshalJSON takes both forms.
func (s *rawStyle) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &s.Word)
	}
	type plain rawStyle
	return json.Unmarshal(b, (*plain)(s))
}

// choices are the options of an element, grouped or not.
func (e *element) choices() []option {
	all := e.Options
	for _, g := range e.Groups {
		all = append(all, g.Options...)
	}
	return all
}

// parse reads blocks that have been checked.
func parse(raw json.RawMessage) []block {
	var all []block
	if raw == nil || json.Unmarshal(raw, &all) != nil {
		return nil
	}
	return all
}

// actors gives every element of a block that has an action_id.
func (b *block) actors() []*element {
	var all []*element
	if b.Accessory != nil && b.Accessory.ActionID != "" {
		all = append(all, b.Accessory)
	}
	if b.Element != nil {
		all = append(all, b.Element)
	}
	if b.Type == "actions" {
		for i := range b.Elements {
			all = append(all, &b.Elements[i])
		}
	}
	return all
}

// withIDs gives the blocks with a block_id and an action_id wherever the sender
// left them out, as Slack does. The same seed gives the same ids.
func withIDs(raw json.RawMessage, seed string) json.RawMessage {
	if raw == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var all []map[string]any
	if d.Decode(&all) != nil {
		return raw
	}
	for i, b := range all {
		if b["block_id"] == nil {
			b["block_id"] = hashID("b", seed+strconv.Itoa(i))[:6]
		}
		giveActionID(b["accessory"], seed, i, 0)
		giveActionID(b["element"], seed, i, 0)
		if b["type"] == "actions" {
			list, _ := b["elements"].([]any)
			for j, e := range list {
				giveActionID(e, seed, i, j)
			}
		}
	}
	out, err := json.Marshal(all)
	if err != nil {
		return raw
	}
	return out
}

func giveActionID(v any, seed string, i, j int) {
	if e, ok := v.(map[string]any); ok && e["action_id"] == nil && e["type"] != "image" {
		e["action_id"] = hashID("a", seed+strconv.Itoa(i)+"/"+strconv.Itoa(j))[:6]
	}
}
