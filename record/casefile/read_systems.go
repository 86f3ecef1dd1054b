package casefile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lastday/offboarding"
)

// erased stands for what was said of a person who was erased; that something was
// said is a fact.
const erased = "(erased with the person)"

func (r *reader) plan(p piece) (string, error) {
	var v found
	if err := p.into(&v); err != nil {
		return "", err
	}
	s := r.system(p.entry.System)
	if !v.FoundAt.Equal(s.FoundAt) {
		// It was looked for anew: what was read back before is no proof of it.
		s.Observations, s.Residuals = nil, nil
	}
	v.Account.System, v.Account.Found = s.System, v.Known
	s.FoundAt, s.Account, s.Grants, s.Coverage = v.FoundAt, v.Account, v.Grants, v.Covered
	r.counts[p.entry.System] = v.Counts
	if len(v.Covered) == 0 {
		for _, c := range v.Sights {
			s.Coverage = append(s.Coverage, offboarding.Coverage{Class: c.Class, Sight: c.Sight})
		}
	}
	if v.Evidenced && p.details == nil {
		s.Account.Evidence = erased
	}
	anew := ""
	if v.FoundAt.IsZero() {
		anew = "is looked up anew; before: "
	}
	if !v.Known {
		return anew + joined("no account found", v.Account.Evidence), nil
	}
	classes := slices.Sorted(maps.Keys(v.Counts))
	parts := make([]string, 0, len(classes))
	for _, c := range classes {
		parts = append(parts, fmt.Sprintf("%d %s", v.Counts[c], c))
	}
	text := anew + "account found"
	if v.Account.Login != "" {
		text += " (" + v.Account.Login + ")"
	}
	if len(parts) == 0 {
		return text + ", no access left", nil
	}
	return text + ": " + strings.Join(parts, ", "), nil
}

func (r *reader) action(p piece) (string, error) {
	var v struct {
		offboarding.Action
		N int `json:"n"`
	}
	if err := p.into(&v); err != nil {
		return "", err
	}
	s := r.system(p.entry.System)
	s.Actions = put(s.Actions, v.N, v.Action)
	s.Observations = nil // what was read before a change proves nothing after it
	text := v.Do
	if text == "" {
		text = "a change to " + string(v.Class)
	}
	if v.RequestID != "" {
		text += " (request " + v.RequestID + ")"
	}
	return joined(text, v.Answer), nil
}

func (r *reader) observation(p piece) (string, error) {
	var v struct {
		offboarding.Observation
		partial
		Controlled bool `json:"controlled"`
		Still      int  `json:"still,omitempty"`
	}
	if err := p.into(&v); err != nil {
		return "", err
	}
	o := v.Observation
	if v.Controlled && (p.details == nil || v.leftOut("control")) {
		o.Control = erased
	}
	if p.details != nil && !v.leftOut("control", "present") && (v.Controlled != (o.Control != "") || v.Still != len(o.Present)) {
		return "", errors.New("the details of an observation say something else than its facts")
	}
	s := r.system(p.entry.System)
	s.Observations = append(s.Observations, o)
	r.saw(s.System, p.entry.Event, o)
	text := fmt.Sprintf("%s: %s", o.Class, o.Sight)
	switch {
	case v.Still > 0:
		text = fmt.Sprintf("%s: %d still there", o.Class, v.Still)
	case o.Control != "":
		text += ", while the same question showed " + o.Control
	case o.Sight == offboarding.Absent:
		text += ", but nothing known to be there was seen by the same question"
	}
	if o.Credential != "" {
		text += " (credential " + o.Credential + ")"
	}
	return joined(text, o.Reason), nil
}

// saw keeps an observation under its event, for stages to name it by.
func (r *reader) saw(system offboarding.System, event string, o offboarding.Observation) {
	r.seen[string(system)+event[strings.LastIndexByte(event, '/')+1:]] = o
}

// still gives the observations that a stage says hold.
func (r *reader) still(system offboarding.System, seen []string) []offboarding.Observation {
	var out []offboarding.Observation
	for _, id := range seen {
		if o, known := r.seen[string(system)+id]; known {
			out = append(out, o)
		}
	}
	return out
}

func (r *reader) proof(p piece) (string, error) {
	var v offboarding.Verdict
	if err := p.into(&v); err != nil {
		return "", err
	}
	s := r.system(p.entry.System)
	i := slices.IndexFunc(s.Verdicts, func(o offboarding.Verdict) bool { return o.Class == v.Class })
	if i < 0 {
		s.Verdicts = append(s.Verdicts, v)
	} else {
		s.Verdicts[i] = v
	}
	grade := string(v.Proof)
	if v.Proof == offboarding.ProofNone {
		grade = "open"
	}
	return joined(fmt.Sprintf("%s: %s, %d found", v.Class, grade, v.Found), v.Note), nil
}

func (r *reader) residual(p piece) (string, error) {
	var v struct {
		offboarding.Residual
		N       int       `json:"n"`
		FoundAt time.Time `json:"found_at"`
	}
	if err := p.into(&v); err != nil {
		return "", err
	}
	s := r.system(p.entry.System)
	s.Residuals = put(s.Residuals, v.N, v.Residual)
	ends := "and nobody knows until when"
	if !v.Ends.IsZero() {
		ends = "until " + v.Ends.UTC().Format(time.RFC3339)
	}
	return joined(fmt.Sprintf("%s: something remains, %s", v.Class, ends), v.What), nil
}

func (r *reader) stage(p piece) (string, error) {
	var v stage
	if err := p.into(&v); err != nil {
		return "", err
	}
	s := r.system(p.entry.System)
	s.Stage, s.ContainedAt, s.RevokedAt, s.ProvenAt = v.Stage, v.ContainedAt, v.RevokedAt, v.ProvenAt
	s.FoundAt, s.Turn = v.FoundAt, v.Turn
	s.Observations = r.still(s.System, v.Seen)
	var parts []string
	for _, m := range []struct {
		what string
		at   time.Time
	}{{"contained", v.ContainedAt}, {"revoked", v.RevokedAt}, {"proven", v.ProvenAt}} {
		if !m.at.IsZero() {
			parts = append(parts, m.what+" "+m.at.UTC().Format("2006-01-02 15:04:05.000 UTC"))
		}
	}
	if len(parts) == 0 {
		return "the system is at: " + string(v.Stage), nil
	}
	return strings.Join(parts, ", "), nil
}
