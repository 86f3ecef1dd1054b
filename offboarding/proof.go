package offboarding

import (
	"fmt"
	"slices"
	"time"
)

// Verdict is what a case may say of one class in one system.
type Verdict struct {
	Class Class     `json:"class"`
	Found int       `json:"found"` // how many grants were found
	Proof Proof     `json:"proof"`
	At    time.Time `json:"at,omitzero"`
	Note  string    `json:"note,omitempty"` // the control, the reason, or who said so
}

// Settled reports whether the class needs nothing more.
func (v Verdict) Settled() bool {
	return v.Verified() || v.Proof == Attested || v.Proof == Waived || v.Proof == ReportedProof
}

// Verified reports whether the class was seen to be closed.
func (v Verdict) Verified() bool { return v.Proof == Observed || v.Proof == Logged }

// Judge grades every class of one system from what was found, done, seen and
// decided. Only an observation with a positive control grades Observed or
// Logged; a person's word never turns into either, and nobody can say that what
// was read as still there is gone. Observations made before
// the last write are not in s: Wrote drops them.
func Judge(s SystemCase, decisions []Decision) []Verdict {
	var out []Verdict
	for _, class := range classes(s) {
		out = append(out, judge(s, class, decisions))
	}
	if len(out) == 0 {
		if _, ok := lastWord(s.System, "", decisions); ok {
			out = append(out, judge(s, "", decisions))
		}
	}
	return out
}

func judge(s SystemCase, class Class, decisions []Decision) Verdict {
	v := Verdict{Class: class}
	for _, g := range s.Grants {
		if g.Class == class {
			v.Found++
		}
	}
	obs, seen := lastObservation(s, class)
	acted := lastAction(s, class)
	if seen && obs.Proves() {
		v.Proof, v.At = Observed, obs.At // the control stands with the observation
		if obs.Logged {
			v.Proof = Logged
		}
		if obs.Sight == NotOffered {
			v.Note = obs.Reason
		}
		return v
	}
	if d, ok := lastWord(s.System, class, decisions); ok {
		if seen && obs.Sight == Present && d.Verb == Attest {
			v.Note = fmt.Sprintf("%s says it is gone, but %d still there", d.By, len(obs.Present))
			return v
		}
		v.At, v.Note = d.At, d.By.String()+": "+d.Reason
		v.Proof = Attested
		if d.Verb == Waive {
			v.Proof = Waived
			v.Note += ", until " + d.Until.Format(time.DateOnly)
		}
		if seen && obs.Sight == Present {
			v.Note += fmt.Sprintf("; when last read, %d still there", len(obs.Present))
		}
		return v
	}
	switch {
	case seen && obs.Sight == Present && onlyReported(s, obs.Present):
		v.Proof, v.Note = ReportedProof, "left in place: the configuration says report"
		v.At = obs.At
	case seen && obs.Sight == Present:
		v.Note = fmt.Sprintf("%d still there", len(obs.Present))
	case seen && obs.Sight == Blind:
		v.Note = obs.Reason
	case seen:
		v.Note = "read as absent, but nothing known to be there was seen by the same call"
	case !acted.IsZero():
		v.Proof, v.At = Acknowledged, acted
	}
	return v
}

// onlyReported reports whether all that is still there is there because the
// configuration says so.
func onlyReported(s SystemCase, present []Grant) bool {
	return len(present) > 0 && !slices.ContainsFunc(present, func(p Grant) bool {
		return p.Removal != Report && !slices.ContainsFunc(s.Grants, func(g Grant) bool {
			return g.Class == p.Class && g.ID == p.ID && g.Removal == Report
		})
	})
}

// classes lists every class the system spoke of, in the order it first did.
func classes(s SystemCase) []Class {
	var out []Class
	add := func(c Class) {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for _, c := range s.Coverage {
		add(c.Class)
	}
	for _, g := range s.Grants {
		add(g.Class)
	}
	for _, o := range s.Observations {
		add(o.Class)
	}
	return out
}

func lastObservation(s SystemCase, class Class) (Observation, bool) {
	for _, o := range slices.Backward(s.Observations) {
		if o.Class == class {
			return o, true
		}
	}
	return Observation{}, false
}

func lastAction(s SystemCase, class Class) time.Time {
	var at time.Time
	for _, a := range s.Actions {
		if a.Class == class && a.At.After(at) {
			at = a.At
		}
	}
	return at
}

// lastWord is the newest decision on a class, and whether it attests or waives.
// A retry of the whole system tries what is open: it takes back no word on one
// class.
func lastWord(s System, class Class, decisions []Decision) (Decision, bool) {
	retried := false
	for _, d := range slices.Backward(decisions) {
		switch {
		case !d.covers(s, class):
		case d.Class == class:
			return d, d.Verb != Retry
		case d.Verb == Retry:
			retried = true
		case !retried:
			return d, true
		}
	}
	return Decision{}, false
}

// MayRemove reports whether the grant is to be removed: its class is not set
// to ask or report, or the newest decision on that very class is a retry.
func MayRemove(s System, g Grant, decisions []Decision) bool {
	if g.Removal != Ask && g.Removal != Report {
		return true
	}
	for _, d := range slices.Backward(decisions) {
		if d.System == s && d.Class == g.Class {
			return d.Verb == Retry
		}
	}
	return false
}

// Met takes down who the person is here and what they hold. The same account
// met again keeps what was found before: it is what the case is about. Another
// account has been neither contained nor revoked.
func (s *SystemCase) Met(a Account, held Inventory, at time.Time) {
	switch {
	case s.Account.ID == a.ID && len(s.Actions) > 0:
		if a.Admin == "" {
			a.Admin = s.Account.Admin // as it was when the case cut it
		}
		s.hold(held.Grants)
		s.remain(held.Residuals)
	default:
		s.Grants, s.Residuals = held.Grants, held.Residuals
		s.ContainedAt, s.RevokedAt = time.Time{}, time.Time{}
	}
	s.Account, s.Coverage, s.FoundAt = a, held.Coverage, at
	s.Forget()
}

// Forget drops what was read back, before a new reading begins: should that
// fail, nothing older stands in for it.
func (s *SystemCase) Forget() {
	s.Observations, s.ProvenAt = nil, time.Time{}
	s.Turn++
}

// Wrote takes down what a contain or revoke step did. Whatever was observed
// before is no proof of what is true now, so it goes.
func (s *SystemCase) Wrote(actions []Action) {
	s.Actions = append(s.Actions, actions...)
	s.Forget()
}

// Saw takes down what was read back. Grants that were not found before and
// are there now join the system's grants.
func (s *SystemCase) Saw(r Readback) {
	s.Observations = r.Observations
	s.Turn++
	s.remain(r.Residuals)
	for _, o := range r.Observations {
		s.hold(o.Present)
	}
}

// hold adds the grants that are not known yet.
func (s *SystemCase) hold(grants []Grant) {
	for _, g := range grants {
		if !slices.ContainsFunc(s.Grants, func(have Grant) bool { return have.Class == g.Class && have.ID == g.ID }) {
			s.Grants = append(s.Grants, g)
		}
	}
}

// remain adds the residuals that are not known yet.
func (s *SystemCase) remain(residuals []Residual) {
	for _, r := range residuals {
		if !slices.Contains(s.Residuals, r) {
			s.Residuals = append(s.Residuals, r)
		}
	}
}

// Settled reports whether nothing is open in the system. A system that does
// not know the person is settled once it has said so.
func (s SystemCase) Settled() bool {
	return s.all(Verdict.Settled)
}

// Verified reports whether every class of the system was seen to be closed.
func (s SystemCase) Verified() bool {
	return s.all(Verdict.Verified)
}

func (s SystemCase) all(is func(Verdict) bool) bool {
	if len(s.Verdicts) == 0 {
		return !s.Account.Found && !s.FoundAt.IsZero() && s.Account.Evidence != ""
	}
	return !slices.ContainsFunc(s.Verdicts, func(v Verdict) bool { return !is(v) })
}
