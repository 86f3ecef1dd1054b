package slack

import (
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"lastday/activities/slack/notify"
)

// Texts stand in plain_text objects, in which Slack parses nothing: no name is
// ever a mention, a link or bold.

func clean(s string, limit int) string { return notify.Clean(s, limit) }
func line(s string, limit int) string  { return notify.Line(s, limit) }
func escape(s string) string           { return notify.Escape(s) }

// plain is a text of at most the limits of where it is put; Slack refuses an
// empty one.
func plain(s string) *slack.TextBlockObject {
	if s = strings.TrimSpace(s); s == "" {
		s = "–"
	}
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

// section is a paragraph.
func section(s string) *slack.SectionBlock {
	return slack.NewSectionBlock(plain(clean(s, 2900)), nil, nil)
}

func header(s string) *slack.HeaderBlock { return slack.NewHeaderBlock(plain(line(s, 150))) }

func small(s string) *slack.ContextBlock {
	return slack.NewContextBlock("", plain(clean(s, 1000)))
}

// parts cuts a long text at line ends into at most most pieces.
func parts(text string, limit, most int) iter.Seq[string] {
	return func(yield func(string) bool) {
		text = clean(text, limit*most)
		for n := 0; n < most && (text != "" || n == 0); n++ {
			piece := text
			if utf8.RuneCountInString(text) > limit {
				piece = string([]rune(text)[:limit])
				if i := strings.LastIndexByte(piece, '\n'); i > 0 {
					piece = piece[:i]
				}
			}
			text = strings.TrimPrefix(text[len(piece):], "\n")
			if !yield(piece) {
				return
			}
		}
	}
}

// shorten keeps a list short and says how much is left out.
func shorten(all []string, most int) []string {
	if len(all) <= most {
		return all
	}
	return append(all[:most:most], notify.AndMore(len(all)-most))
}
