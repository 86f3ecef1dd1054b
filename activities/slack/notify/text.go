package notify

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes a text harmless and short: valid UTF-8, no control characters
// but line breaks, nothing that turns the direction of writing or is not seen,
// and at most limit characters.
func clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t', r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.TrimSpace(defuse(s))
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
}

// line is clean on one line.
func line(s string, limit int) string {
	return clean(strings.Join(strings.Fields(s), " "), limit)
}

// defuse breaks the words that call a whole channel, should a place parse them
// after all.
func defuse(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		out.WriteByte(s[i])
		if s[i] != '@' {
			continue
		}
		for _, w := range []string{"channel", "here", "everyone"} {
			if rest := s[i+1:]; len(rest) >= len(w) && strings.EqualFold(rest[:len(w)], w) {
				out.WriteRune('\u2060')
			}
		}
	}
	return out.String()
}

// escape replaces the three characters that Slack's text formatting knows
// (docs.slack.dev, "Formatting message text").
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func andMore(n int) string { return "and " + strconv.Itoa(n) + " more" }

// Clean makes a text harmless and short, as in a message: see clean. It is for
// texts that go into plain_text objects.
func Clean(s string, limit int) string { return clean(s, limit) }

// Line is Clean on one line.
func Line(s string, limit int) string { return line(s, limit) }

// AndMore says how many of a list are left out.
func AndMore(n int) string { return andMore(n) }

// Escape is for texts that Slack parses.
func Escape(s string) string { return escape(s) }
