package slack

import (
	"encoding/json"
	"unicode/utf8"
)

// block is the part of Block Kit that is checked and shown.
type block struct {
	Type     string    `json:"type"`
	Text     *textObj  `json:"text"`
	Fields   []textObj `json:"fields"`
	Elements []element `json:"elements"`
}

type textObj struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// element is a part of a context block or of rich text.
type element struct {
	Type     string    `json:"type"`
	Text     string    `json:"text"`
	Name     string    `json:"name"`
	URL      string    `json:"url"`
	ImageURL string    `json:"image_url"`
	AltText  string    `json:"alt_text"`
	Style    rawStyle  `json:"style"`
	Elements []element `json:"elements"`
}

// rawStyle is an object on a text and a string on a list or a button.
type rawStyle struct{ Bold, Italic, Code, Strike bool }

// UnmarshalJSON takes the object form and passes over the string form.
func (s *rawStyle) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	type plain rawStyle
	return json.Unmarshal(b, (*plain)(s))
}

// CheckBlocks holds the JSON of blocks against Slack's limits (Block Kit
// reference) and gives the error word of the first that breaks one, or nothing.
func CheckBlocks(raw json.RawMessage) string {
	var all []block
	if err := json.Unmarshal(raw, &all); err != nil {
		return "invalid_blocks_format"
	}
	if len(all) > 50 {
		return "invalid_blocks"
	}
	for _, b := range all {
		if !b.valid() {
			return "invalid_blocks"
		}
	}
	return ""
}

func (b block) valid() bool {
	fits := func(t *textObj, most int) bool {
		n := utf8.RuneCountInString(t.Text)
		return (t.Type == "plain_text" || t.Type == "mrkdwn") && n > 0 && n <= most
	}
	switch b.Type {
	case "header":
		return b.Text != nil && b.Text.Type == "plain_text" && fits(b.Text, 150)
	case "section":
		if (b.Text == nil && len(b.Fields) == 0) || len(b.Fields) > 10 || (b.Text != nil && !fits(b.Text, 3000)) {
			return false
		}
		for i := range b.Fields {
			if !fits(&b.Fields[i], 2000) {
				return false
			}
		}
		return true
	case "context":
		if len(b.Elements) == 0 || len(b.Elements) > 10 {
			return false
		}
		for _, e := range b.Elements {
			if e.Type != "image" && !fits(&textObj{Type: e.Type, Text: e.Text}, 3000) {
				return false
			}
		}
		return true
	case "rich_text":
		return len(b.Elements) > 0
	case "divider", "actions", "image":
		return true
	}
	return false
}
