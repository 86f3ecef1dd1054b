package slack

import (
	"html"
	"html/template"
	"strings"
)

// painter turns blocks into HTML. Whatever comes from outside goes through
// html.EscapeString, mrkdwn or plain.
type painter struct {
	strings.Builder
	server *Server
	filled Fill
	errors map[string]string // by block_id
}

// put writes text that is safe as it stands, and what was escaped already.
func (p *painter) put(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

// attr is an attribute with its value escaped.
func attr(name, value string) string { return ` ` + name + `="` + html.EscapeString(value) + `"` }

// body shows a message: its blocks, or its text where it has none.
func (s *Server) body(m *message) template.HTML {
	blocks := parse(m.Full)
	if blocks == nil {
		return template.HTML(`<p dir="auto">` + mrkdwn(m.Text, s.nameOf) + `</p>`)
	}
	return s.paint(blocks, nil, nil)
}

func (s *Server) paint(blocks []block, filled Fill, errors map[string]string) template.HTML {
	p := &painter{server: s, filled: filled, errors: errors}
	for i := range blocks {
		p.block(&blocks[i])
	}
	return template.HTML(p.String())
}

// text shows a text object.
func (p *painter) text(t *textObj) string {
	switch {
	case t == nil:
		return ""
	case t.Type == "mrkdwn":
		return mrkdwn(t.Text, p.server.nameOf)
	}
	return plain(t.Text)
}

func (p *painter) block(b *block) {
	switch b.Type {
	case "header":
		p.put(`<h3 dir="auto">`, p.text(b.Text), `</h3>`)
	case "divider":
		p.put(`<hr>`)
	case "section":
		p.section(b)
	case "context":
		p.put(`<div class="context">`)
		for _, e := range b.Elements {
			if e.Type == "image" {
				p.put(`<span>`, html.EscapeString(e.AltText), `</span>`)
				continue
			}
			p.put(`<span dir="auto">`, p.text(&textObj{Type: e.Type, Text: e.Text.Text}), `</span>`)
		}
		p.put(`</div>`)
	case "actions":
		p.put(`<div class="actions">`)
		for i := range b.Elements {
			p.element(b, &b.Elements[i])
		}
		p.put(`</div>`)
	case "input":
		p.input(b)
	case "image":
		p.put(`<figure>`, p.text(b.Title), `<div class="picture">`, html.EscapeString(b.AltText), `</div></figure>`)
	case "markdown":
		p.put(`<p dir="auto">`, p.text(b.Text), `</p>`)
	case "rich_text":
		p.put(`<div class="rich" dir="auto">`)
		for i := range b.Elements {
			p.put(`<div>`, p.rich(&b.Elements[i]), `</div>`)
		}
		p.put(`</div>`)
	}
}

func (p *painter) section(b *block) {
	if b.Accessory != nil {
		p.put(`<div class="beside"><div>`)
	}
	if b.Text != nil {
		p.put(`<p dir="auto">`, p.text(b.Text), `</p>`)
	}
	if len(b.Fields) > 0 {
		p.put(`<div class="fields">`)
		for i := range b.Fields {
			p.put(`<div dir="auto">`, p.text(&b.Fields[i]), `</div>`)
		}
		p.put(`</div>`)
	}
	if b.Accessory != nil {
		p.put(`</div><div class="accessory">`)
		p.element(b, b.Accessory)
		p.put(`</div></div>`)
	}
}

// rich shows an element of rich text.
func (p *painter) rich(e *element) string {
	var s string
	switch e.Type {
	case "text":
		s = lines(html.EscapeString(e.Text.Text))
	case "emoji":
		return emoji(e.Name)
	case "link":
		text := e.Text.Text
		if text == "" {
			text = e.URL
		}
		s = anchor(e.URL, html.EscapeString(text))
	case "user":
		return p.server.mention(e.UserID)
	case "usergroup":
		return p.server.mention(e.GroupID)
	case "broadcast":
		return `<mark>@` + html.EscapeString(e.Range) + `</mark>`
	case "date":
		return html.EscapeString(e.Fallback)
	}
	for i := range e.Elements {
		inner := p.rich(&e.Elements[i])
		if e.Type == "rich_text_list" {
			inner = `<li>` + inner + `</li>`
		}
		s += inner
	}
	switch {
	case e.Type == "rich_text_list" && e.Style.Word == "ordered":
		s = `<ol>` + s + `</ol>`
	case e.Type == "rich_text_list":
		s = `<ul>` + s + `</ul>`
	case e.Type == "rich_text_quote":
		s = `<q>` + s + `</q>`
	case e.Type == "rich_text_preformatted":
		s = `<pre>` + s + `</pre>`
	}
	for _, t := range []struct {
		tag string
		on  bool
	}{{"b", e.Style.Bold}, {"i", e.Style.Italic}, {"code", e.Style.Code}, {"s", e.Style.Strike}, {"u", e.Style.Underline}} {
		if t.on {
			s = "<" + t.tag + ">" + s + "</" + t.tag + ">"
		}
	}
	return s
}
