package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/record/casefile"
)

// lenient reads JSON into v without care for what else is there.
func lenient(data []byte, v any) error { return json.Unmarshal(data, v) }

// people compares the names with the pseudonyms in the entries.
func (b *bundleCheck) people() {
	var f faults
	shown, claimed, missing := 0, 0, 0
	seen := map[string]bool{}
	for _, e := range b.entries {
		for _, pseudonym := range e.Entry.People {
			if seen[pseudonym] {
				continue
			}
			seen[pseudonym] = true
			p, named := b.ev.People[pseudonym]
			switch {
			case !named:
				missing++
			case p.Salt == "":
				claimed++
			case !p.Is(pseudonym):
				f.add("The file says that %s in the entries is %s, and that is somebody else's mark.", pseudonym, p.Identity)
			case p.Email != "" && offboarding.Subject(p.Email).Plain() != p.Identity:
				f.add("The file shows the address %s for %s.", p.Email, p.Identity)
			default:
				shown++
			}
		}
	}
	gone := ""
	if missing > 0 {
		gone = fmt.Sprintf(" %d people are not named: they were erased, or left out of this file.", missing)
	}
	switch {
	case f.none() && claimed > 0:
		b.lack(idNames, "%d people are named without anything that shows that the entries mean them: their names rest on the word of whoever made this file.%s", claimed, gone)
	default:
		b.settle(idNames, f, "Entries call people by pseudonyms. For %d people the file shows that the pseudonym was made from their address or id; how their names are spelt out is not covered.%s", shown, gone)
	}
}

// meaning reads the case back from its entries and compares what is summed up.
// It is true if they make a case.
func (b *bundleCheck) meaning(ctx context.Context) bool {
	type answer struct {
		c     casefile.Case
		wrong []string
		text  []byte
		err   error
	}
	entries, people := b.entries, b.ev.People
	a, err := within(ctx, b.o, func() (a answer) {
		if a.wrong, a.err = casefile.Check(entries); a.err == nil {
			if a.c, a.err = casefile.Rebuild(entries, people); a.err == nil {
				a.text, a.err = a.c.JSON()
			}
		}
		return a
	})
	if ctx.Err() != nil {
		return false
	}
	if err != nil {
		a.err = err
	}
	var f faults
	if a.err != nil {
		f.add("The entries do not make a case: %s.", a.err)
		b.fail(idSums, f)
		return false
	}
	for _, w := range a.wrong {
		f.add("The entries contradict each other: %s.", w)
	}
	b.settle(idSums, f, "The times, counts and grades that sum the case up follow from the single changes, readings and words of people, judged anew. Nothing is called verified that was not seen to be gone.")
	b.caseFile(a.text)
	b.says(a.c)
	return true
}

func (b *bundleCheck) caseFile(want []byte) {
	var f faults
	got, there := b.files[fileCase]
	switch {
	case !there:
		b.skip(idCase, "The file has no %s.", fileCase)
		return
	case bytes.Equal(got, want):
	case otherFormat(got):
		b.lack(idCase, "%s is in another format than this program's, of an earlier or a later version, and was not compared. What counts are the facts that this program prints from the checked entries.", fileCase)
		return
	default:
		f.add("%s is not what its entries give: %s.", fileCase, difference(got, want))
	}
	b.settle(idCase, f, "%s was made again from the checked entries, and is the same to the byte.", fileCase)
}

// otherFormat reports whether a case.json is of another version of the format.
func otherFormat(b []byte) bool {
	var c struct {
		Format int `json:"format"`
	}
	return json.Unmarshal(b, &c) == nil && c.Format > 0 && c.Format != casefile.Format
}

// difference says where two texts first differ.
func difference(got, want []byte) string {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range min(len(g), len(w)) {
		if !bytes.Equal(g[i], w[i]) {
			return fmt.Sprintf("line %d says %s, and the entries %s", i+1, quote(g[i]), quote(w[i]))
		}
	}
	return fmt.Sprintf("it has %d lines, and should have %d", len(g), len(w))
}

func quote(b []byte) string {
	return "“" + offboarding.Shorten(strings.TrimSpace(strings.ToValidUTF8(string(b), "\ufffd")), 120) + "”"
}

// says keeps the main facts for the report.
func (b *bundleCheck) says(c casefile.Case) {
	who := string(c.Departure.Subject)
	if who == "" {
		who = "erased person " + c.Subject
	} else if b.report.Check(idNames).Result != Passed {
		who = "the file says " + who + ", and nothing shows it: see the check of the names"
	}
	add := func(name, text string) {
		if text != "" {
			b.report.Says = append(b.report.Says, Fact{name, offboarding.Shorten(text, 400)})
		}
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return instant(t)
	}
	add("who leaves", who)
	add("the case is", string(c.State))
	add("outcome", c.Outcome)
	add("asked for", at(c.Departure.RequestedAt))
	add("agreed to", at(c.Standing.ApprovedAt))
	add("due", at(c.Standing.Due))
	add("deadline", at(c.Standing.Deadline))
	add("last access stopped everywhere", at(c.Standing.ContainedAt))
	add("every grant ended", at(c.Standing.RevokedAt))
	add("shown to be gone", at(c.Standing.ProvenAt))
	add("ended", at(c.Standing.EndedAt))
	for i, row := range offboarding.Timeline(c.Case) {
		if i == 50 {
			add("and", fmt.Sprintf("%d more systems", len(c.Systems)-i))
			break
		}
		add(string(row.System), fmt.Sprintf("found %s; contained %s; revoked %s; proven %s; %s",
			row.Found, orNever(row.ContainedAt), orNever(row.RevokedAt), orNever(row.ProvenAt), row.Proof))
	}
	add("what nobody can revoke", count(len(c.Residuals()), "thing"))
	add("entries", fmt.Sprintf("%d, the last recorded %s", len(c.Lines), instant(c.Lines[len(c.Lines)-1].Recorded)))
}

func orNever(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return instant(t)
}

func count(n int, what string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
