package policy

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastday/offboarding"
)

// Config is the section policy of the configuration.
type Config struct {
	// Groups are names for people: Slack user groups (slack:ID), Okta groups
	// (okta:NAME) and work e-mails.
	Groups map[string][]string `yaml:"groups"`
	// May says who may do what, an expression for each action.
	May       map[Action]string `yaml:"may"`
	Refuse    []Refuse          `yaml:"refuse"`
	Approvals []Approval        `yaml:"approvals"`
	Brake     Brake             `yaml:"brake"`
	Examples  []Example         `yaml:"examples"`
}

// Refuse is something that never happens.
type Refuse struct {
	Rule string `yaml:"rule"`
	When string `yaml:"when"` // an expression
	Say  string `yaml:"say"`  // what the refused read
}

// Approval is an agreement that some departures need.
type Approval struct {
	Rule    string             `yaml:"rule"`
	When    string             `yaml:"when"`    // an expression; its actor is who asked for the departure
	From    string             `yaml:"from"`    // a name of Groups
	Count   int                `yaml:"count"`   // default 1
	Within  time.Duration      `yaml:"within"`  // default 24h
	Expired offboarding.Expiry `yaml:"expired"` // default remind
	Say     string             `yaml:"say"`
}

// Brake bounds how many departures may begin, over all doors.
type Brake struct {
	PerHour int `yaml:"per_hour"` // default 20; zero where there is no policy: any number
	// Percent of Directory, the number of people there are, may leave in a day;
	// default 5. Without Directory it bounds nothing.
	Percent   int    `yaml:"percent"`
	Directory int    `yaml:"directory"`
	Release   Quorum `yaml:"release"`
}

// Quorum is how many of whom it takes.
type Quorum struct {
	From  string `yaml:"from"`  // a name of Groups; empty: whoever may release
	Count int    `yaml:"count"` // default 2, and never less
}

// PerDay is how many departures may begin in a day; zero: the percentage
// bounds nothing. Of a small company one may always leave.
func (b Brake) PerDay() int {
	if b.Directory == 0 {
		return 0
	}
	return max(1, b.Directory*b.Percent/100)
}

// Bounds, so that no file makes a question slow.
const (
	maxRules    = 200
	maxGroups   = 500
	maxMembers  = 1000
	maxExamples = 2000
	maxText     = 500
)

// Open reports whether there is no policy: nothing is said but perhaps about
// the brake.
func (c Config) Open() bool {
	return len(c.Groups) == 0 && len(c.May) == 0 && len(c.Refuse) == 0 && len(c.Approvals) == 0 && len(c.Examples) == 0
}

// Defaults fills in what is left out. Without a policy at all nothing is bounded
// either.
func (c *Config) Defaults() {
	if c.Open() && c.Brake == (Brake{}) {
		return
	}
	orElse(&c.Brake.PerHour, 20)
	orElse(&c.Brake.Percent, 5)
	orElse(&c.Brake.Release.Count, 2)
	for i := range c.Approvals {
		a := &c.Approvals[i]
		orElse(&a.Count, 1)
		orElse(&a.Within, 24*time.Hour)
		orElse(&a.Expired, offboarding.ExpiryRemind)
	}
}

func orElse[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}

// Validate checks everything, expressions included, and names the key, the rule
// and the column of each mistake. It expects Defaults to have run.
func (c *Config) Validate() error {
	_, err := New(*c)
	return err
}

var (
	ruleName  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,59}$`)
	groupName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,59}$`)
	slackID   = regexp.MustCompile(`^slack:S[A-Z0-9]{2,20}$`)
	oktaName  = regexp.MustCompile(`^okta:\S(.{0,198}\S)?$`)
)

// checkShape checks all but the expressions and the examples.
func (c Config) checkShape() []error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("policy."+format, args...)) }
	if !c.Open() && len(c.May) == 0 {
		bad("may is empty, so nobody may do anything: give at least may.request, see docs/policy.md")
	}
	if len(c.Groups) > maxGroups || len(c.Refuse) > maxRules || len(c.Approvals) > maxRules || len(c.Examples) > maxExamples {
		bad("groups, refuse, approvals or examples are too many: %d, %d, %d and %d are the most", maxGroups, maxRules, maxRules, maxExamples)
		return errs
	}
	for _, name := range slices.Sorted(maps.Keys(c.Groups)) {
		errs = append(errs, checkGroup(name, c.Groups[name])...)
	}
	for _, a := range slices.Sorted(maps.Keys(c.May)) {
		if !a.known() {
			bad("may.%s is no action: the actions are %s", key(string(a)), list(words(Actions())))
		}
	}
	named := map[string]bool{}
	name := func(place, rule, say string) {
		switch {
		case !ruleName.MatchString(rule):
			bad("%s.rule is %s: name the rule with small letters, digits and -", place, quoted(rule))
		case named[rule] || slices.Contains(builtins(), rule):
			bad("%s.rule is %q, and there is another rule of that name", place, rule)
		}
		named[rule] = true
		if len(say) > maxText {
			bad("%s.say is longer than %d characters", place, maxText)
		}
	}
	for i, r := range c.Refuse {
		name(fmt.Sprintf("refuse[%d]", i), r.Rule, r.Say)
	}
	for i, a := range c.Approvals {
		name(fmt.Sprintf("approvals[%d]", i), a.Rule, a.Say)
		errs = append(errs, c.checkApproval(fmt.Sprintf("policy.approvals[%d] (%s)", i, key(a.Rule)), a)...)
	}
	return append(errs, c.checkBrake()...)
}

func checkGroup(name string, members []string) []error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("policy.groups.%s%s", key(name), fmt.Sprintf(format, args...)))
	}
	if !groupName.MatchString(name) {
		bad(": name the group with small letters, digits, - and _")
	}
	if len(members) == 0 || len(members) > maxMembers {
		bad(" has %d members: give 1 to %d", len(members), maxMembers)
	}
	for _, m := range members {
		if _, err := offboarding.ParseSubject(m); err != nil && !isSource(m) {
			bad(": %s is nobody: give slack:ID of a user group such as slack:S0HR00001, okta:NAME of an Okta group, or a work e-mail", quoted(m))
		}
	}
	return errs
}

// isSource reports whether a member is a group that a door can look up.
func isSource(m string) bool { return slackID.MatchString(m) || oktaName.MatchString(m) }

func (c Config) checkApproval(place string, a Approval) []error {
	var errs []error
	errs = append(errs, c.checkQuorum(place, a.From, a.Count, 1)...)
	if a.Within < time.Minute || a.Within > 90*24*time.Hour {
		errs = append(errs, fmt.Errorf("%s.within is %s: give between 1m and 2160h", place, a.Within))
	}
	if a.Expired != offboarding.ExpiryCancel && a.Expired != offboarding.ExpiryRemind {
		errs = append(errs, fmt.Errorf("%s.expired is %s: give cancel or remind", place, quoted(string(a.Expired))))
	}
	return errs
}

// checkQuorum refuses a group that nobody knows, and a number of people that
// it can never come to.
func (c Config) checkQuorum(place, from string, count, least int) []error {
	var errs []error
	members, known := c.Groups[from]
	if !known {
		errs = append(errs, fmt.Errorf("%s.from is %s: name a group of policy.groups", place, quoted(from)))
	}
	if count < least || count > 20 {
		errs = append(errs, fmt.Errorf("%s.count is %d: give between %d and 20", place, count, least))
	}
	people := normal(members)
	if known && !slices.ContainsFunc(people, isSource) && len(people) < count {
		errs = append(errs, fmt.Errorf("%s: the group %s has %d people, and %d of them must agree: add some, or ask for fewer", place, from, len(people), count))
	}
	return errs
}

func (c Config) checkBrake() []error {
	var errs []error
	b := c.Brake
	if c.Open() && b == (Brake{}) {
		return nil
	}
	if b.PerHour < 1 || b.PerHour > 100_000 {
		errs = append(errs, fmt.Errorf("policy.brake.per_hour is %d: give between 1 and 100000", b.PerHour))
	}
	if b.Percent < 1 || b.Percent > 100 {
		errs = append(errs, fmt.Errorf("policy.brake.percent is %d: give between 1 and 100", b.Percent))
	}
	if b.Directory < 0 || b.Directory > 10_000_000 {
		errs = append(errs, fmt.Errorf("policy.brake.directory is %d: give the number of people in the directory", b.Directory))
	}
	if b.Release.From != "" {
		return append(errs, c.checkQuorum("policy.brake.release", b.Release.From, b.Release.Count, 2)...)
	}
	if b.Release.Count < 2 || b.Release.Count > 20 {
		errs = append(errs, fmt.Errorf("policy.brake.release.count is %d: give between 2 and 20", b.Release.Count))
	}
	return errs
}

// normal is a group's members in one form: addresses in small letters, sorted,
// none twice.
func normal(members []string) []string {
	out := make([]string, 0, len(members))
	for _, m := range members {
		if s, err := offboarding.ParseSubject(m); err == nil {
			m = string(s)
		}
		out = append(out, m)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// key is a key or a name of the file as an error may show it: on one line, and
// not too long.
func key(s string) string {
	if groupName.MatchString(strings.ToLower(s)) {
		return s
	}
	return quoted(s)
}

func quoted(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}

// list is "a, b or c".
func list(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " or " + items[len(items)-1]
}

var errEmpty = errors.New(`it is empty; one that begins with ! or a quote stands in double quotes: "!actor.bot"`)
