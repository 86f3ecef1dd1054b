package notify

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// Message is what a case shows. Every text is plain: nothing in it is taken
// for formatting, a mention or a link.
type Message struct {
	Headline string   // one line, at most 150 characters are shown
	Fields   []string // short facts, shown in two columns
	Rows     []Row    // one line a system
	Footer   string   // small print
	Links    []Link   // after the footer
	Groups   []Group  // buttons, at the end
}

// Group is a row of buttons, with a line above it where Label is set.
type Group struct {
	Label   string
	Buttons []Button
}

// Button sends its value back when somebody presses it. ID is its action_id,
// unique in the message; one whose id or value is too long for Slack is left out.
type Button struct {
	ID, Text, Value string
	Style           slack.Style // primary, danger, or none
	// Confirm is asked before the value is sent, if set.
	Confirm string
}

// Row is one line of the list.
type Row struct {
	Icon   string // name of a Slack emoji without colons, such as white_check_mark; may be empty
	System string // shown bold
	Text   string
}

// Link is something to open. Only http and https are shown.
type Link struct{ Text, URL string }

// Slack's limits (docs.slack.dev, Block Kit reference), and our own below them.
const (
	maxHeader   = 150
	maxField    = 300 // Slack: 2000
	fieldsEach  = 10
	maxFields   = 20
	maxRow      = 600
	maxList     = 2800  // one list of rows; Slack's limit for a section is 3000
	maxRows     = 10000 // all rows together
	maxFooter   = 1000
	maxLinks    = 5
	maxFallback = 3900

	// maxBlocks is below where chat.postMessage says msg_blocks_too_long. Slack
	// documents no figure; 13,200 characters were measured by others
	// (github.com/slackapi/bolt-js/issues/2509).
	maxBlocks = 12_500

	maxGroups  = 8
	maxButtons = 25
	maxValue   = 2000
	maxID      = 255
	maxButton  = 75
	maxConfirm = 300
)

var emojiName = regexp.MustCompile(`^[a-z0-9_+-]{1,60}$`)

// Blocks renders the message. Texts stand in plain_text and rich_text elements,
// in which Slack parses nothing; only links are mrkdwn, and escaped. Where all
// together would be too long every text is cut shorter.
func (m Message) Blocks() []slack.Block {
	for share := 1; ; share *= 2 {
		out := m.render(share)
		if b, err := json.Marshal(out); share == 32 || (err == nil && utf8.RuneCount(b) <= maxBlocks) {
			return out
		}
	}
}

// render gives every text its share of what it may have.
func (m Message) render(share int) []slack.Block {
	headline := line(m.Headline, maxHeader)
	if headline == "" {
		headline = "…" // Slack refuses an empty header
	}
	out := []slack.Block{slack.NewHeaderBlock(plain(headline))}
	var fields []*slack.TextBlockObject
	for i, f := range m.Fields {
		if i == maxFields-1 && len(m.Fields) > maxFields {
			fields = append(fields, plain(andMore(len(m.Fields)-i)))
			break
		}
		if t := clean(f, maxField/share); t != "" {
			fields = append(fields, plain(t))
		}
	}
	for len(fields) > 0 {
		n := min(len(fields), fieldsEach)
		out = append(out, slack.NewSectionBlock(nil, fields[:n], nil))
		fields = fields[n:]
	}
	if len(m.Rows) > 0 {
		out = append(out, slack.NewDividerBlock())
		out = append(out, rows(m.Rows, share)...)
	}
	var small []slack.MixedElement
	if t := clean(m.Footer, maxFooter/share); t != "" {
		small = append(small, plain(t))
	}
	for _, l := range m.Links[:min(len(m.Links), maxLinks)] {
		if t := l.mrkdwn(); t != "" {
			small = append(small, slack.NewTextBlockObject(slack.MarkdownType, t, false, true))
		}
	}
	if len(small) > 0 {
		out = append(out, slack.NewContextBlock("", small...))
	}
	return append(out, groups(m.Groups)...)
}

// groups are the rows of buttons, each below its line.
func groups(all []Group) []slack.Block {
	var out []slack.Block
	for i, g := range all[:min(len(all), maxGroups)] {
		var row []slack.BlockElement
		for _, b := range g.Buttons {
			if b.ID == "" || len(b.ID) > maxID || b.Value == "" || len(b.Value) > maxValue || len(row) == maxButtons {
				continue
			}
			row = append(row, b.element())
		}
		if len(row) == 0 {
			continue
		}
		if label := line(g.Label, maxField); label != "" {
			out = append(out, slack.NewContextBlock("", plain(label)))
		}
		out = append(out, slack.NewActionBlock("buttons-"+strconv.Itoa(i), row...))
	}
	return out
}

func (b Button) element() *slack.ButtonBlockElement {
	text := line(b.Text, maxButton)
	if text == "" {
		text = "…"
	}
	out := slack.NewButtonBlockElement(b.ID, b.Value, plain(text)).WithStyle(b.Style)
	if ask := clean(b.Confirm, maxConfirm); ask != "" {
		out.Confirm = slack.NewConfirmationBlockObject(plain("Are you sure?"), plain(ask), plain("Yes"), plain("No"))
	}
	return out
}

// rows are one rich text after the other, each below the limit; what is too
// much is counted.
func rows(all []Row, share int) []slack.Block {
	var out []slack.Block
	var list []slack.RichTextElement
	size, total := 0, 0
	flush := func() {
		if len(list) > 0 {
			out = append(out, slack.NewRichTextBlock("", list...))
		}
		list, size = nil, 0
	}
	for i, r := range all {
		system, text := line(r.System, maxField/share), clean(r.Text, maxRow/share)
		n := len(system) + len(text) + len(r.Icon) + 4
		if total+n > maxRows/share {
			more := slack.NewRichTextSectionTextElement(andMore(len(all)-i), &slack.RichTextSectionTextStyle{Italic: true})
			list = append(list, slack.NewRichTextSection(more))
			break
		}
		if size+n > maxList {
			flush()
		}
		var e []slack.RichTextSectionElement
		if emojiName.MatchString(r.Icon) {
			e = append(e, slack.NewRichTextSectionEmojiElement(r.Icon, 0, nil), slack.NewRichTextSectionTextElement(" ", nil))
		}
		if system != "" {
			e = append(e, slack.NewRichTextSectionTextElement(system, &slack.RichTextSectionTextStyle{Bold: true}))
		}
		if text != "" {
			e = append(e, slack.NewRichTextSectionTextElement("  "+text, nil))
		}
		if len(e) > 0 {
			list = append(list, slack.NewRichTextSection(e...))
		}
		size, total = size+n, total+n
	}
	flush()
	return out
}

// Text is the fallback for notifications and screen readers, escaped.
func (m Message) Text() string {
	parts := []string{line(m.Headline, maxHeader)}
	for _, f := range m.Fields {
		parts = append(parts, line(f, maxField))
	}
	for _, r := range m.Rows {
		parts = append(parts, strings.TrimSpace(line(r.System, maxField)+": "+line(r.Text, maxRow)))
	}
	parts = append(parts, line(m.Footer, maxFooter))
	var out strings.Builder
	for _, p := range parts {
		p = escape(p)
		if p == "" {
			continue
		}
		if out.Len()+len(p)+1 > maxFallback {
			out.WriteString("\n…")
			break
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(p)
	}
	if out.Len() == 0 {
		return "…"
	}
	return out.String()
}

func (l Link) mrkdwn() string {
	u, err := url.Parse(l.URL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(l.URL) > 1000 {
		return ""
	}
	text := line(l.Text, 100)
	if text == "" {
		text = u.Host
	}
	return "<" + strings.ReplaceAll(escape(u.String()), "|", "%7C") + "|" + strings.ReplaceAll(escape(text), "|", "/") + ">"
}

func plain(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}
