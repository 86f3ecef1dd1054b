package casefile

import (
	"fmt"
	"slices"
	"time"

	"lastday/offboarding"
	"lastday/record"
)

// Check compares what a case's entries sum up with what they say in detail, and
// names each contradiction in a sentence; none is nil. It judges every proof
// anew from what was read back, so that a grade that nothing shows is found.
func Check(entries []record.Recorded) ([]string, error) {
	c, err := Rebuild(entries, nil)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range c.Systems {
		out = append(out, checkProofs(s, c)...)
	}
	if c.Standing.State == "" {
		return append(out, "no entry says how the case stands"), nil
	}
	if !c.State.Ended() {
		return out, nil
	}
	out = append(out, checkSum(c)...)
	return append(out, checkEnd(c)...), nil
}

// checkProofs compares each grade with what the observations and decisions give,
// and each class of a case that has ended with the grades.
func checkProofs(s offboarding.SystemCase, c Case) []string {
	var out []string
	judged := map[offboarding.Class]offboarding.Proof{}
	for _, v := range offboarding.Judge(s, c.Decisions) {
		judged[v.Class] = v.Proof
		graded := slices.ContainsFunc(s.Verdicts, func(o offboarding.Verdict) bool { return o.Class == v.Class })
		if c.State.Ended() && !graded {
			out = append(out, fmt.Sprintf("%s/%s was found, and no entry says what became of it", s.System, v.Class))
		}
	}
	for _, v := range s.Verdicts {
		got := judged[v.Class]
		switch {
		case got == v.Proof:
		case v.Verified():
			out = append(out, fmt.Sprintf("%s/%s is called %s, and no observation after the last change shows it", s.System, v.Class, v.Proof))
		case v.Proof == offboarding.Attested || v.Proof == offboarding.Waived:
			out = append(out, fmt.Sprintf("%s/%s is called %s, and no decision says so", s.System, v.Class, v.Proof))
		}
	}
	return out
}

// checkSum compares the sums of the confirmation with the systems' own entries.
func checkSum(c Case) []string {
	var out []string
	got, want := c.Standing, StandingOf(c.Case)
	count := func(what string, a, b int) {
		if a != b {
			out = append(out, fmt.Sprintf("the confirmation counts %d %s, the entries %d", a, what, b))
		}
	}
	count("systems with an account", got.Systems, want.Systems)
	count("open classes", got.Open, want.Open)
	count("attested classes", got.Attested, want.Attested)
	count("waived classes", got.Waived, want.Waived)
	count("reported classes", got.Reported, want.Reported)
	count("residuals", got.Residuals, want.Residuals)
	at := func(what string, a time.Time, f func(offboarding.SystemCase) time.Time) {
		if b := offboarding.Latest(c.Systems, f); !a.Equal(b) {
			out = append(out, fmt.Sprintf("the confirmation says %s at %s, the systems' entries %s", what, instant(a), instant(b)))
		}
	}
	at("contained", got.ContainedAt, func(s offboarding.SystemCase) time.Time { return s.ContainedAt })
	at("revoked", got.RevokedAt, func(s offboarding.SystemCase) time.Time { return s.RevokedAt })
	at("proven", got.ProvenAt, func(s offboarding.SystemCase) time.Time { return s.ProvenAt })
	return out
}

// checkEnd refuses a good end that the systems do not show.
func checkEnd(c Case) []string {
	var out []string
	for _, s := range c.Systems {
		if c.State == offboarding.Verified && !s.Verified() {
			out = append(out, fmt.Sprintf("the case is called verified, and %s is not", s.System))
		}
		if c.State == offboarding.Closed && !s.Settled() {
			out = append(out, fmt.Sprintf("the case is called closed, and %s is open", s.System))
		}
	}
	return out
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339Nano)
}
