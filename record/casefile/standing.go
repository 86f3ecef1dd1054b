package casefile

import (
	"slices"
	"time"

	"lastday/offboarding"
	"lastday/record"
)

// StandingOf sums a case up. Everything in it follows from what the entries say
// in detail; Check compares the two.
func StandingOf(c offboarding.Case) record.Standing {
	s := record.Standing{
		State: string(c.State), Partner: c.Departure.Partner, Kind: string(c.Departure.Kind), Urgent: c.Departure.Urgent,
		RequestedAt: c.Departure.RequestedAt, StartedAt: c.StartedAt, ApprovedAt: approvedAt(c), Due: c.Due, Deadline: c.Deadline,
		ContainedAt: c.ContainedAt, RevokedAt: c.RevokedAt, ProvenAt: c.ProvenAt, EndedAt: c.EndedAt, Plan: c.Plan,
	}
	unknown := false
	for _, sys := range c.Systems {
		if sys.Account.Found {
			s.Systems++
		}
		for _, v := range sys.Verdicts {
			switch {
			case v.Verified():
			case v.Proof == offboarding.Attested:
				s.Attested++
			case v.Proof == offboarding.Waived:
				s.Waived++
				s.ExceptionsEnd = later(s.ExceptionsEnd, waivedUntil(sys.System, v.Class, c.Decisions))
			case v.Proof == offboarding.ReportedProof:
				s.Reported++
			default:
				s.Open++
			}
		}
		for _, r := range sys.Residuals {
			s.Residuals++
			unknown = unknown || r.Ends.IsZero()
			s.ResidualsEnd = later(s.ResidualsEnd, r.Ends)
		}
	}
	if unknown {
		s.ResidualsEnd = time.Time{}
	}
	return s
}

// waivedUntil is the end of the newest waiver of the class. One that was taken
// back, or that was overtaken because the access is gone, counts no more.
func waivedUntil(s offboarding.System, class offboarding.Class, decisions []offboarding.Decision) time.Time {
	for _, d := range slices.Backward(decisions) {
		if d.System == s && d.Verb == offboarding.Waive && (d.Class == class || d.Class == "") {
			return d.Until
		}
	}
	return time.Time{}
}

// approvedAt is when the last approval came that was needed; zero as long as
// one is missing, or where none is needed.
func approvedAt(c offboarding.Case) time.Time {
	if len(c.Ruling.Approvals) == 0 || len(offboarding.Missing(c.Ruling.Approvals, c.Approvals, c.Plan, c.Departure)) > 0 {
		return time.Time{}
	}
	var at time.Time
	for _, a := range c.Approvals {
		if !a.Reject && a.Plan == c.Plan {
			at = later(at, a.At)
		}
	}
	return at
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
