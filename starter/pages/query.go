package pages

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/record"
)

// query is what a visitor asks a list for, as it stands in the address.
type query struct {
	From, To         time.Time // To is excluded
	FromText, ToText string    // as days; ToText is the last one that counts
	Partner, State   string
	// Person is a pseudonym: an address must not stand in the address of a page,
	// which browsers and proxies keep.
	Person  string
	Late    bool
	Only    string // one of the figures
	Seed    string
	N, Page int
}

// pseudonym is how the record calls people (record.Pseudonym).
var pseudonym = regexp.MustCompile(`^p-[a-z2-7]{32}$`)

const (
	perPage    = 50
	sampleSize = 25
	longest    = 200 // characters of a text in a query
)

// readQuery reads and checks an address; it repeats nothing that is wrong.
func readQuery(v url.Values) (query, error) {
	q := query{
		FromText: text(v, "from"), ToText: text(v, "to"), Partner: text(v, "partner"), State: text(v, "state"),
		Person: text(v, "person"), Only: text(v, "only"), Seed: text(v, "seed"), N: sampleSize, Page: 1,
	}
	var err error
	if q.From, err = day(q.FromText); err != nil {
		return q, wrong("“from” is not a day: give one like 2026-03-31.")
	}
	if q.To, err = day(q.ToText); err != nil {
		return q, wrong("“to” is not a day: give one like 2026-03-31.")
	}
	if !q.To.IsZero() {
		q.To = q.To.AddDate(0, 0, 1)
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return q, wrong("The period ends before it begins: give “from” a day that is not after “to”.")
	}
	if s := text(v, "late"); s != "" && s != "1" {
		return q, wrong("“late” is either 1 or left out.")
	} else if s == "1" {
		q.Late = true
	}
	if q.State != "" && !slices.Contains(states, offboarding.State(q.State)) {
		return q, wrong("“state” is not a state that a case can be in: choose one in the form.")
	}
	if q.Only != "" {
		if _, ok := figureNamed(q.Only); !ok {
			return q, wrong("“only” names no figure: follow the link of a figure.")
		}
	}
	if q.Person != "" && !pseudonym.MatchString(q.Person) {
		return q, wrong("“person” is not a pseudonym: look for the person's address in the form.")
	}
	if q.Page, err = number(v, "page", 1, 1_000_000); err != nil {
		return q, err
	}
	if q.N, err = number(v, "n", sampleSize, 10_000); err != nil {
		return q, err
	}
	for name, values := range v {
		if slices.ContainsFunc(values, func(s string) bool { return len(s) > longest }) {
			return q, wrong("“%s” is longer than %d characters.", plain(name, 40), longest)
		}
	}
	return q, nil
}

func text(v url.Values, name string) string { return strings.TrimSpace(v.Get(name)) }

func day(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, s)
}

func number(v url.Values, name string, otherwise, most int) (int, error) {
	s := text(v, name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		return 0, wrong("“%s” is not a number between 1 and %d.", name, most)
	}
	return n, nil
}

// filter is the query as the record takes it, without bounds and whom it is about.
func (q query) filter() record.Filter {
	return record.Filter{From: q.From, To: q.To, Partner: q.Partner, Late: q.Late, State: q.State}
}

// values are the query as it stands in an address; what is left out there is
// left out here.
func (q query) values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("from", q.FromText)
	set("to", q.ToText)
	set("partner", q.Partner)
	set("state", q.State)
	set("person", q.Person)
	set("only", q.Only)
	set("seed", q.Seed)
	if q.Late {
		v.Set("late", "1")
	}
	if q.Page > 1 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	if q.N != sampleSize {
		v.Set("n", strconv.Itoa(q.N))
	}
	return v
}

// link is the address of a page with this query.
func (q query) link(path string) string {
	if v := q.values().Encode(); v != "" {
		return Base + path + "?" + v
	}
	return Base + path
}

// period is the query with nothing but its period.
func (q query) period() query {
	return query{From: q.From, To: q.To, FromText: q.FromText, ToText: q.ToText, N: sampleSize, Page: 1}
}

// orRecent gives a query without any bound the last 90 days.
func (q query) orRecent(now time.Time) query {
	if q.From.IsZero() && q.To.IsZero() {
		today := now.UTC().Truncate(24 * time.Hour)
		q.From, q.To = today.AddDate(0, 0, -89), today.AddDate(0, 0, 1)
		q.FromText, q.ToText = q.From.Format(time.DateOnly), today.Format(time.DateOnly)
	}
	return q
}

// Span is the period in words.
func (q query) Span() string {
	switch {
	case q.FromText != "" && q.ToText != "":
		return q.FromText + " to " + q.ToText
	case q.FromText != "":
		return "since " + q.FromText
	case q.ToText != "":
		return "until " + q.ToText
	}
	return "all time"
}

// Words say which cases a list shows, so that a printed one says so too.
func (q query) Words() string {
	var out []string
	if q.Person != "" {
		out = append(out, "of one person ("+q.Person+")")
	}
	if q.FromText != "" || q.ToText != "" {
		out = append(out, "whose access was to end: "+q.Span())
	}
	if q.Partner != "" {
		out = append(out, "of the partner “"+plain(q.Partner, 60)+"”")
	}
	if q.State != "" {
		out = append(out, "in the state “"+stateWords(q.State)+"”")
	}
	if q.Late {
		out = append(out, "that are late")
	}
	return strings.TrimSpace("Cases " + strings.Join(out, ", "))
}
