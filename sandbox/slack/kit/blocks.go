package kit

import (
	"net/url"
	"strconv"
	"strings"
)

func (c *checker) blocks(list []any, at string, most int) {
	if len(list) > most && c.surface == message {
		c.bad(at, "no more than %d items allowed", most)
	}
	for i, v := range list {
		c.block(v, at+"/"+strconv.Itoa(i))
	}
}

func (c *checker) block(v any, at string) {
	o := c.object(v, at)
	if o.v == nil {
		return
	}
	kind, _ := o.get("type", true)
	if id := o.text("block_id", 1, ID, false); id != "" {
		if c.blockIDs[id] {
			c.bad(at+"/block_id", "`block_id` already exists: %s", id)
		}
		c.blockIDs[id] = true
	}
	switch kind {
	case "divider":
	case "header":
		o.plain("text", HeaderText, true)
	case "section":
		c.section(o)
	case "context":
		for i, e := range o.list("elements", 1, ContextElements, true) {
			c.contextElement(e, at+"/elements/"+strconv.Itoa(i))
		}
	case "actions":
		c.elements(o.list("elements", 1, ActionElements, true), at+"/elements", inActions)
	case "image":
		c.image(o)
		o.plain("title", ImageText, false)
	case "input":
		c.input(o)
	case "rich_text":
		c.richBlock(o)
	case "markdown":
		if c.surface != message {
			c.bad(at, "unsupported type: markdown")
		}
		o.text("text", 1, MarkdownText, true)
	default:
		c.bad(at, "unsupported type: %v", kind)
		return
	}
	o.done()
}

func (c *checker) section(o object) {
	if !o.has("text") && !o.has("fields") {
		c.bad(o.at, "must define either `text` or `fields`")
	}
	o.any("text", SectionText, false)
	for i, f := range o.list("fields", 1, Fields, false) {
		c.textObject(f, o.at+"/fields/"+strconv.Itoa(i), FieldText, false)
	}
	o.flag("expand")
	if v, ok := o.get("accessory", false); ok {
		c.element(v, o.at+"/accessory", inSection, map[string]bool{})
	}
}

func (c *checker) contextElement(v any, at string) {
	if m, ok := v.(map[string]any); ok && m["type"] == "image" {
		o := c.object(v, at)
		o.enum("type", true, "image")
		c.image(o)
		o.done()
		return
	}
	c.textObject(v, at, SectionText, false)
}

func (c *checker) image(o object) {
	c.link(o, "image_url", true)
	o.text("alt_text", 1, ImageText, true)
}

// link reads an absolute URL.
func (c *checker) link(o object, key string, required bool) {
	s := o.text(key, 1, LinkURL, required)
	if s == "" {
		return
	}
	if u, err := url.Parse(s); err != nil || u.Scheme == "" || (u.Host == "" && u.Opaque == "") {
		c.bad(o.at+"/"+key, "must be a valid URL")
	}
}

func (c *checker) input(o object) {
	c.inputs++
	o.plain("label", LabelText, true)
	o.plain("hint", LabelText, false)
	o.flag("optional")
	o.flag("dispatch_action")
	if v, ok := o.get("element", true); ok {
		c.element(v, o.at+"/element", inInput, map[string]bool{})
	}
}

// richBlock checks what the stand-in shows of rich text.
func (c *checker) richBlock(o object) {
	for i, e := range o.list("elements", 1, 1000, true) {
		c.rich(e, o.at+"/elements/"+strconv.Itoa(i), "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted")
	}
}

func (c *checker) rich(v any, at string, kinds ...string) {
	o := c.object(v, at)
	if o.v == nil {
		return
	}
	switch o.enum("type", true, kinds...) {
	case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
		o.number("border", 0, 1)
		for i, e := range o.list("elements", 0, 1000, true) {
			c.rich(e, at+"/elements/"+strconv.Itoa(i), "text", "emoji", "link", "user", "usergroup", "channel", "broadcast", "date")
		}
	case "rich_text_list":
		o.enum("style", true, "bullet", "ordered")
		o.number("indent", 0, 8)
		o.number("offset", 0, 1000)
		o.number("border", 0, 1)
		for i, e := range o.list("elements", 0, 1000, true) {
			c.rich(e, at+"/elements/"+strconv.Itoa(i), "rich_text_section")
		}
	case "text":
		o.text("text", 1, 1<<30, true)
		c.style(o)
	case "emoji":
		o.text("name", 1, 1<<30, true)
		o.text("unicode", 0, 1<<30, false)
		c.style(o)
	case "link":
		c.link(o, "url", true)
		o.text("text", 0, 1<<30, false)
		o.flag("unsafe")
		c.style(o)
	case "user":
		c.mention(o, "user_id", "U", "W")
	case "usergroup":
		c.mention(o, "usergroup_id", "S")
	case "channel":
		c.mention(o, "channel_id", "C", "D", "G")
	case "broadcast":
		o.enum("range", true, "here", "channel", "everyone")
	case "date":
		o.number("timestamp", 0, 1<<40)
		o.text("format", 1, 1<<30, true)
		o.text("fallback", 0, 1<<30, false)
		c.link(o, "url", false)
	default:
		return
	}
	o.done()
}

func (c *checker) mention(o object, key string, prefixes ...string) {
	s := o.text(key, 1, ID, true)
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			c.style(o)
			return
		}
	}
	c.bad(o.at+"/"+key, "must be an id that begins with %s", strings.Join(prefixes, " or "))
}

func (c *checker) style(o object) {
	v, ok := o.get("style", false)
	if !ok {
		return
	}
	s := c.object(v, o.at+"/style")
	for _, key := range []string{"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"} {
		s.flag(key)
	}
	s.done()
}
