package pages

import (
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode"

	"lastday/offboarding"
	"lastday/record"
)

// states are all states, in the order in which they are offered.
var states = []offboarding.State{
	offboarding.Verified, offboarding.Closed, offboarding.NeedsDecision, offboarding.AwaitingApproval, offboarding.Waiting,
	offboarding.Paused, offboarding.Finding, offboarding.Containing, offboarding.Revoking, offboarding.Observing,
	offboarding.Confirming, offboarding.Cancelled, offboarding.NothingFound, offboarding.Refused,
}

// stateWords say how a case stands. Only what was read back or logged is called
// proven, and what is open is called open.
func stateWords(s string) string {
	switch offboarding.State(s) {
	case offboarding.Verified:
		return "proven"
	case offboarding.Closed:
		return "closed, not all proven"
	case offboarding.Cancelled:
		return "cancelled"
	case offboarding.NothingFound:
		return "nothing found"
	case offboarding.Refused:
		return "refused"
	case offboarding.NeedsDecision:
		return "open: needs a decision"
	case offboarding.AwaitingApproval:
		return "open: awaits approval"
	case offboarding.Waiting:
		return "open: waits for its time"
	case offboarding.Paused:
		return "open: held by the brake"
	case offboarding.Finding, offboarding.Containing, offboarding.Revoking, offboarding.Observing, offboarding.Confirming:
		return "open: " + s
	}
	return "open"
}

// tone is how a state is coloured; the words say the same.
func tone(s string) string {
	switch offboarding.State(s) {
	case offboarding.Verified:
		return "good"
	case offboarding.Closed:
		return "fair"
	case offboarding.Cancelled, offboarding.NothingFound, offboarding.Refused:
		return "apart"
	default:
		return "open"
	}
}

// plain makes a text that somebody else wrote fit to be shown: at most n
// characters, and nothing that is not seen or that turns around what follows.
func plain(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Co, r) || r == unicode.ReplacementChar:
			return '�'
		}
		return r
	}, s)
	return offboarding.Shorten(s, n)
}

// who is a person as they are shown: somebody, or somebody whose names were
// erased.
type who struct {
	Name, Email string
	// Pseudonym is what stands in the log.
	Pseudonym string
}

func whoIs(p record.Person, pseudonym string) who {
	return who{Name: plain(p.Name, 120), Email: plain(p.Email, 120), Pseudonym: plain(pseudonym, 80)}
}

// Label is the person in one text.
func (w who) Label() string {
	switch {
	case w.Name != "":
		return w.Name
	case w.Email != "":
		return w.Email
	}
	return "erased person"
}

// More is the address beside a name, or the pseudonym of an erased person.
func (w who) More() string {
	if w.Name != "" {
		return w.Email
	}
	if w.Email != "" {
		return ""
	}
	return w.Pseudonym
}

// instant is a time for people and for programs.
func instant(t time.Time) template.HTML {
	if t.IsZero() {
		return `<span class="none">–</span>`
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s">%s</time>`, t.Format(time.RFC3339Nano), t.Format("2006-01-02 15:04:05"))) //nolint:gosec // digits only
}

// precise is instant to the millisecond: a case's steps often lie within one
// second, and their order is what it shows.
func precise(t time.Time) template.HTML {
	if t.IsZero() {
		return instant(t)
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s"><span>%s</span> <span>%s</span></time>`, t.Format(time.RFC3339Nano), t.Format(time.DateOnly), t.Format("15:04:05.000"))) //nolint:gosec // digits only
}

// breakable lets an address go on in the next line after its @ rather than
// anywhere.
func breakable(s string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(s), "@", "@<wbr>")) //nolint:gosec // it is escaped
}

// took is a length of time in at most two units.
func took(d time.Duration) string {
	if d < 0 {
		return "−" + took(-d)
	}
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return two(d, time.Minute, "min", time.Second, "s")
	case d < 24*time.Hour:
		return two(d, time.Hour, "h", time.Minute, "min")
	}
	return two(d, 24*time.Hour, "d", time.Hour, "h")
}

func two(d, large time.Duration, of string, small time.Duration, and string) string {
	n, rest := d/large, d%large/small
	if rest == 0 {
		return fmt.Sprintf("%d %s", n, of)
	}
	return fmt.Sprintf("%d %s %d %s", n, of, rest, and)
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}
