package slack

import (
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

var (
	angle  = regexp.MustCompile(`&lt;([^&\s|]+(?:&amp;[^&\s|]+)*)(?:\|([^&]*(?:&(?:amp|#34|#39);[^&]*)*))?&gt;`)
	dated  = regexp.MustCompile(`&lt;!date\^\d+\^[^|]*?\|([^&]*)&gt;`)
	bold   = regexp.MustCompile(`(^|[\s(])\*([^*\n]+)\*`)
	italic = regexp.MustCompile(`(^|[\s(])_([^_\n]+)_`)
	strike = regexp.MustCompile(`(^|[\s(])~([^~\n]+)~`)
	code   = regexp.MustCompile("`([^`\n]+)`")
	named  = regexp.MustCompile(`:([a-z0-9_+-]+):`)
	quote  = regexp.MustCompile(`(?m)^&gt; ?(.*)$`)
)

// held stands for a piece of HTML that is finished: no later rule may touch it.
var held = regexp.MustCompile("\x04(\\d+)\x05")

// mrkdwn shows Slack's text formatting as HTML. What was sent as &lt; is text;
// what was sent as < is Slack's own syntax. Members and groups are shown by the
// names that name gives for their ids.
func mrkdwn(s string, name func(id string) string) string {
	const lt, gt, amp = "\x01", "\x02", "\x03"
	s = strings.NewReplacer(lt, "", gt, "", amp, "", "\x04", "", "\x05", "", "&lt;", lt, "&gt;", gt, "&amp;", amp).Replace(s)
	escaped := strings.NewReplacer(lt, "&lt;", gt, "&gt;", amp, "&amp;")
	var done []string
	hold := func(piece string) string {
		done = append(done, escaped.Replace(piece))
		return "\x04" + strconv.Itoa(len(done)-1) + "\x05"
	}
	s = html.EscapeString(s)
	s = dated.ReplaceAllString(s, "$1")
	s = angle.ReplaceAllStringFunc(s, func(m string) string {
		part := angle.FindStringSubmatch(m)
		target, text := html.UnescapeString(part[1]), part[2]
		switch {
		case strings.HasPrefix(target, "@"), strings.HasPrefix(target, "#"):
			return hold(`<mark>` + html.EscapeString(name(target[1:])) + `</mark>`)
		case strings.HasPrefix(target, "!subteam^"):
			return hold(`<mark>` + html.EscapeString(name(strings.TrimPrefix(target, "!subteam^"))) + `</mark>`)
		case strings.HasPrefix(target, "!"):
			return hold(`<mark>` + html.EscapeString("@"+target[1:]) + `</mark>`)
		case text == "":
			text = strings.TrimPrefix(part[1], "mailto:")
		}
		return hold(anchor(strings.NewReplacer(amp, "&").Replace(target), text))
	})
	s = code.ReplaceAllStringFunc(s, func(m string) string { return hold(`<code>` + strings.Trim(m, "`") + `</code>`) })
	s = named.ReplaceAllStringFunc(s, func(m string) string { return hold(emoji(strings.Trim(m, ":"))) })
	s = quote.ReplaceAllString(s, `<q>$1</q>`)
	s = bold.ReplaceAllString(s, `$1<b>$2</b>`)
	s = italic.ReplaceAllString(s, `$1<i>$2</i>`)
	s = strike.ReplaceAllString(s, `$1<s>$2</s>`)
	s = lines(escaped.Replace(s))
	for range 3 { // a link in a code span
		s = held.ReplaceAllStringFunc(s, func(m string) string {
			i, err := strconv.Atoi(strings.Trim(m, "\x04\x05"))
			if err != nil || i >= len(done) {
				return ""
			}
			return done[i]
		})
	}
	return s
}

// plain shows a plain_text object: emoji names become signs, nothing else is
// markup.
func plain(s string) string {
	return lines(named.ReplaceAllStringFunc(html.EscapeString(s), func(m string) string {
		return emoji(strings.Trim(m, ":"))
	}))
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
