package slack

import (
	"encoding/json"
	"html"
	"html/template"
	"net/url"
	"regexp"
	"strings"
)

// body shows a message: its blocks, or its text where it has none.
func body(m *message) template.HTML {
	var blocks []block
	if m.Blocks == nil || json.Unmarshal(m.Blocks, &blocks) != nil {
		return template.HTML(`<p>` + mrkdwn(m.Text) + `</p>`)
	}
	var out strings.Builder
	for _, b := range blocks {
		b.show(&out)
	}
	return template.HTML(out.String())
}

func (b block) show(out *strings.Builder) {
	switch b.Type {
	case "header":
		out.WriteString(`<h3>` + b.Text.show() + `</h3>`)
	case "divider":
		out.WriteString(`<hr>`)
	case "section":
		if b.Text != nil {
			out.WriteString(`<p>` + b.Text.show() + `</p>`)
		}
		if len(b.Fields) > 0 {
			out.WriteString(`<div class="fields">`)
			for i := range b.Fields {
				out.WriteString(`<div>` + b.Fields[i].show() + `</div>`)
			}
			out.WriteString(`</div>`)
		}
	case "context":
		out.WriteString(`<div class="context">`)
		for _, e := range b.Elements {
			if e.Type != "image" {
				out.WriteString(`<span>` + (&textObj{Type: e.Type, Text: e.Text}).show() + `</span>`)
			}
		}
		out.WriteString(`</div>`)
	case "rich_text":
		out.WriteString(`<div class="rich">`)
		for _, e := range b.Elements {
			out.WriteString(`<div>` + e.show() + `</div>`)
		}
		out.WriteString(`</div>`)
	}
}

func (t *textObj) show() string {
	if t == nil {
		return ""
	}
	if t.Type == "mrkdwn" {
		return mrkdwn(t.Text)
	}
	return lines(html.EscapeString(t.Text))
}

func (e element) show() string {
	var s string
	switch e.Type {
	case "text":
		s = lines(html.EscapeString(e.Text))
	case "emoji":
		return emoji(e.Name)
	case "link":
		text := e.Text
		if text == "" {
			text = e.URL
		}
		s = anchor(e.URL, html.EscapeString(text))
	}
	for _, inner := range e.Elements {
		s += inner.show()
	}
	for tag, on := range map[string]bool{"b": e.Style.Bold, "i": e.Style.Italic, "code": e.Style.Code, "s": e.Style.Strike} {
		if on {
			s = "<" + tag + ">" + s + "</" + tag + ">"
		}
	}
	return s
}

var (
	angle  = regexp.MustCompile(`&lt;([^&\s|]+(?:&amp;[^&\s|]+)*)(?:\|([^&]*))?&gt;`)
	bold   = regexp.MustCompile(`(^|[\s(])\*([^*\n]+)\*`)
	italic = regexp.MustCompile(`(^|[\s(])_([^_\n]+)_`)
	code   = regexp.MustCompile("`([^`\n]+)`")
	named  = regexp.MustCompile(`:([a-z0-9_+-]+):`)
)

// mrkdwn shows Slack's text formatting. What was sent as &lt; is text; what
// was sent as < is Slack's own syntax.
func mrkdwn(s string) string {
	const lt, gt, amp = "\x01", "\x02", "\x03"
	s = strings.NewReplacer(lt, "", gt, "", amp, "", "&lt;", lt, "&gt;", gt, "&amp;", amp).Replace(s)
	s = html.EscapeString(s)
	s = angle.ReplaceAllStringFunc(s, func(m string) string {
		part := angle.FindStringSubmatch(m)
		target, text := html.UnescapeString(part[1]), part[2]
		switch {
		case strings.HasPrefix(target, "!"), strings.HasPrefix(target, "@"), strings.HasPrefix(target, "#"):
			return `<mark>` + html.EscapeString("@"+strings.TrimLeft(target, "!@#")) + `</mark>`
		case text == "":
			text = part[1]
		}
		return anchor(strings.NewReplacer(amp, "&").Replace(target), text)
	})
	s = bold.ReplaceAllString(s, `$1<b>$2</b>`)
	s = italic.ReplaceAllString(s, `$1<i>$2</i>`)
	s = code.ReplaceAllString(s, `<code>$1</code>`)
	s = named.ReplaceAllStringFunc(s, func(m string) string {
		return emoji(strings.Trim(m, ":"))
	})
	return lines(strings.NewReplacer(lt, "&lt;", gt, "&gt;", amp, "&amp;").Replace(s))
}

// anchor links to http and https only; text is HTML.
func anchor(target, text string) string {
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return text
	}
	return `<a href="` + html.EscapeString(u.String()) + `" rel="noreferrer" target="_blank">` + text + `</a>`
}

func lines(s string) string { return strings.ReplaceAll(s, "\n", "<br>") }
