package hook

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"lastday/secret"
)

// Config is the hooks section: the HR systems that may tell of departures.
// Without a source there is no hook.
type Config struct {
	Sources []Source `yaml:"sources"`
}

// Source is one HR system.
type Source struct {
	// Name is its path below /hooks/hr/, and who asks, in cases, records and the
	// policy (door hook, id NAME).
	Name string `yaml:"name"`
	// Signature is how it signs: standard (Standard Webhooks) or bamboohr;
	// default standard.
	Signature Signature `yaml:"signature"`
	// Secrets are the signing secrets: one, or two while the old one is replaced.
	// A request signed with either is taken. They are read at each request.
	Secrets []secret.Ref `yaml:"secrets"`
	// Late is how long a last day may have passed for the departure to begin at
	// once; one further back starts nothing. Keep it below the time that Temporal
	// keeps closed cases. Default 168h.
	Late time.Duration `yaml:"late"`
	// Mapping turns the system's JSON into a departure.
	Mapping Mapping `yaml:"mapping"`
}

// Signature is a way of signing requests.
type Signature string

const (
	Standard Signature = "standard" // www.standardwebhooks.com
	BambooHR Signature = "bamboohr" // documentation.bamboohr.com/docs/webhooks
)

// Mapping are CEL expressions (cel.dev) over event, the request's JSON. All give
// text, but Ignore a boolean and Each a list. A field that is not there is an
// error, unless the expression asks: has(event.x), or event.?x.orValue(”).
type Mapping struct {
	// Each is for requests that carry several people: a list, such as
	// event.employees. The other expressions then see one of it as item.
	Each string `yaml:"each"`
	// Ignore is true for events that are about no departure; default false.
	Ignore string `yaml:"ignore"`
	// What is leaves, changed, withdrawn or rehired; from a system that sends whole
	// records, stays for one without a last day.
	What string `yaml:"what"`
	// Email is the person's work e-mail.
	Email string `yaml:"email"`
	// LastDay is a date; access ends with that day. At, instead, is a date and a time.
	LastDay string `yaml:"last_day"`
	At      string `yaml:"at"`
	// Zone is an IANA time zone; needed unless At has an offset.
	Zone string `yaml:"zone"`
	// Kind is one of the kinds of departure; Reason a sentence, Partner the
	// company they work for, Successor an e-mail. An empty text is none.
	Kind      string `yaml:"kind"`
	Reason    string `yaml:"reason"`
	Partner   string `yaml:"partner"`
	Successor string `yaml:"successor"`
	// EventID names the event; the same id again changes nothing. Default: the
	// webhook-id header, for bamboohr the signature.
	EventID string `yaml:"event_id"`
	// OccurredAt is when it was so in the HR system, RFC 3339: an older event that
	// comes after a newer one then changes nothing.
	OccurredAt string `yaml:"occurred_at"`
}

const (
	maxSources = 50
	maxSecrets = 2
	maxLate    = 30 * 24 * time.Hour
)

var goodName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// Defaults fills in what was left out.
func (c *Config) Defaults() {
	for i := range c.Sources {
		s := &c.Sources[i]
		if s.Signature == "" {
			s.Signature = Standard
		}
		if s.Late == 0 {
			s.Late = 7 * 24 * time.Hour
		}
	}
}

// Validate says which key is wrong and what to do, a mistake in an expression
// with its place. It reads no secret.
func (c *Config) Validate() error {
	var errs []error
	if len(c.Sources) > maxSources {
		errs = append(errs, fmt.Errorf("hooks.sources has %d entries: at most %d", len(c.Sources), maxSources))
	}
	seen := map[string]bool{}
	for i, s := range c.Sources {
		at := fmt.Sprintf("hooks.sources[%d]", i)
		if goodName.MatchString(s.Name) {
			at = "hooks.sources." + s.Name
		}
		for _, err := range s.check() {
			errs = append(errs, fmt.Errorf("%s.%w", at, err))
		}
		if seen[s.Name] {
			errs = append(errs, fmt.Errorf("%s.name is given twice: each source has its own", at))
		}
		seen[s.Name] = true
	}
	return errors.Join(errs...)
}

func (s *Source) check() []error {
	var errs []error
	if !goodName.MatchString(s.Name) {
		errs = append(errs, errors.New("name: give small letters, digits and hyphens, such as bamboohr"))
	}
	if s.Signature != Standard && s.Signature != BambooHR {
		errs = append(errs, errors.New("signature is not known: give standard or bamboohr; for any other way of signing let a relay sign, see docs/hr-systems.md"))
	}
	if len(s.Secrets) == 0 || len(s.Secrets) > maxSecrets {
		errs = append(errs, errors.New("secrets: give one, or two while the old one is replaced, as env:NAME or file:PATH"))
	}
	for _, r := range s.Secrets {
		if !r.IsSet() {
			errs = append(errs, errors.New("secrets: one is empty: give env:NAME or file:PATH"))
		}
	}
	if s.Late < 0 || s.Late > maxLate {
		errs = append(errs, fmt.Errorf("late is %s: give up to %s", s.Late, maxLate))
	}
	if _, err := compile(s.Mapping); err != nil {
		errs = append(errs, err)
	}
	return errs
}
