package verify

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const width = 78

// Text is the report for an auditor, in plain text of at most 78 columns.
func (r Report) Text() string {
	var b strings.Builder
	verdict := r.Verdict()
	fmt.Fprintf(&b, "%s\n\n", wrap("", "What was checked: "+r.What))
	fmt.Fprintf(&b, "VERDICT: %s\n\n%s\n", strings.ToUpper(string(verdict)), wrap("", r.sentence(verdict)))
	if len(r.Findings) > 0 {
		b.WriteString("\nWhat is wrong\n\n")
		for _, f := range r.Findings {
			fmt.Fprintf(&b, "%s\n", wrap("- ", f))
		}
	}
	if verdict == CannotSay {
		b.WriteString("\nWhat is missing\n\n")
		for _, c := range r.Checks {
			if c.Limits {
				fmt.Fprintf(&b, "%s\n", wrap("- ", c.Name+" "+c.Detail))
			}
		}
	}
	if len(r.Says) > 0 {
		b.WriteString("\nWhat the entries say (compare it with any report about this case)\n\n")
		for _, f := range r.Says {
			fmt.Fprintf(&b, "%s\n", wrap("  ", f.Name+": "+f.Text))
		}
	}
	b.WriteString("\nThe checks\n")
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "\n%s\n%s\n", wrap("", fmt.Sprintf("[%s] %s", c.Result, c.Name)), wrap("    ", c.Detail))
	}
	b.WriteString("\nThe words\n\n")
	for _, f := range glossary() {
		fmt.Fprintf(&b, "%s\n", wrap("  ", f.Name+": "+f.Text))
	}
	return b.String()
}

// sentence says what the verdict means.
func (r Report) sentence(v Verdict) string {
	switch v {
	case Intact:
		text := "Every entry is as it was recorded and signed. None was changed, removed, moved or added since, and somebody other than the operator of the log vouches for that."
		if r.Kind == KindBundle && r.Check(idPapers).Result == NotChecked {
			text += " The papers report.html and report.pdf are for reading, and were not compared with the entries: what counts is printed below."
		}
		return text
	case Tampered:
		return "Something here is not as it was recorded and signed, or contradicts itself. What is wrong is listed below. Do not rely on any of it before you know why."
	case CannotSay:
	}
	for _, c := range r.Checks {
		if c.Limits && c.ID != idOperator {
			return "Nothing wrong was found, but not everything that matters could be checked. What is missing is listed below."
		}
	}
	return "Nothing wrong was found: everything fits together and bears the log's signature. But tampering by the host, that is by the operator of the log, cannot be excluded: whoever has its signing key could have written all of it anew. What is missing to exclude that is listed below."
}

// wrap breaks a text into lines after the lead, which the lines after the first
// are set in by. It makes harmless what a terminal would obey.
func wrap(lead, text string) string {
	var b strings.Builder
	b.WriteString(lead)
	column := utf8.RuneCountInString(lead)
	indent := strings.Repeat(" ", column)
	for i, word := range strings.Fields(printable(text)) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// printable replaces what is no visible character: escapes, marks that turn the
// direction of writing, bytes that are no text.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || (unicode.IsPrint(r) && r != utf8.RuneError):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return '\ufffd'
	}, s)
}
