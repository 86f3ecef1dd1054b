package notify

import (
	"net/url"
	"regexp"
	"strings"

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
)

var emojiName = regexp.MustCompile(`^[a-z0-9_+-]{1,60}$`)

// Blocks renders the message. Texts stand in plain_text and rich_text elements,
// in which Slack parses nothing; only links are mrkdwn, and escaped.
func (m Message) Blocks() []slack.Block {
	headline := line(m.Headline, maxHeader)
	if headline == "" {
		headline = "…" // Slack refuses an empty header
	}
	out := []slack.Block{slack.NewHeaderBlock(plain(headline))}
	var fields []*slack.TextBlockObject
	for _, f := range m.Fields[:min(len(m.Fields), maxFields)] {
		if t := clean(f, maxField); t != "" {
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
		out = append(out, rows(m.Rows)...)
	}
	var small []slack.MixedElement
	if t := clean(m.Footer, maxFooter); t != "" {
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
	return out
}

// rows are one rich text after the other, each below the limit; what is too
// much is counted.
func rows(all []Row) []slack.Block {
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
		system, text := line(r.System, maxField), clean(r.Text, maxRow)
		n := len(system) + len(text) + len(r.Icon) + 4
		if total+n > maxRows {
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
