package casefile

import (
	"fmt"
	"strconv"
	"time"

	"lastday/offboarding"
	"lastday/record"
)

// found is what one system knew of the person. Counts and what could be looked
// at are facts; the account and the grants are not.
type found struct {
	Known   bool           `json:"known"`
	FoundAt time.Time      `json:"found_at"`
	Counts  map[string]int `json:"counts,omitempty"`
	Sights  []sight        `json:"sights,omitempty"`
	// Evidenced: that nobody was found was shown by what the same question did find.
	Evidenced bool                   `json:"evidenced,omitempty"`
	Account   offboarding.Account    `json:"account,omitzero"`
	Grants    []offboarding.Grant    `json:"grants,omitempty"`
	Covered   []offboarding.Coverage `json:"coverage,omitempty"`
}

type sight struct {
	Class offboarding.Class `json:"class"`
	Sight offboarding.Sight `json:"sight"`
}

// stage is how far one system is.
type stage struct {
	Stage       offboarding.State `json:"stage"`
	FoundAt     time.Time         `json:"found_at,omitzero"`
	ContainedAt time.Time         `json:"contained_at,omitzero"`
	RevokedAt   time.Time         `json:"revoked_at,omitzero"`
	ProvenAt    time.Time         `json:"proven_at,omitzero"`
	// Actions and Observed tell two moments apart that are otherwise alike.
	Actions  int       `json:"actions,omitempty"`
	Observed time.Time `json:"observed_at,omitzero"`
	Ended    bool      `json:"ended,omitempty"`
}

func (w *writer) system(s offboarding.SystemCase) {
	w.plan(s)
	for i, a := range s.Actions {
		w.add(record.Action, s.System, strconv.Itoa(i), a.At, struct {
			offboarding.Action
			N int `json:"n"`
		}{a, i}, "class", "at", "request_id", "attempt", "n")
	}
	for _, o := range s.Observations {
		w.observation(s.System, o)
	}
	for i, r := range s.Residuals {
		w.add(record.Residual, s.System, strconv.Itoa(i), s.FoundAt, struct {
			offboarding.Residual
			N       int       `json:"n"`
			FoundAt time.Time `json:"found_at"`
		}{r, i, s.FoundAt}, "system", "class", "ends", "n", "found_at")
	}
	if w.c.State.Ended() {
		for _, v := range s.Verdicts {
			w.add(record.Proof, s.System, string(v.Class), v.At, v, "class", "found", "proof", "at")
		}
	}
	w.stage(s)
}

func (w *writer) plan(s offboarding.SystemCase) {
	if s.FoundAt.IsZero() {
		return
	}
	f := found{Known: s.Account.Found, FoundAt: s.FoundAt, Account: s.Account, Grants: s.Grants, Covered: s.Coverage, Evidenced: s.Account.Evidence != ""}
	for _, c := range s.Coverage {
		f.Sights = append(f.Sights, sight{c.Class, c.Sight})
	}
	for _, g := range s.Grants {
		if f.Counts == nil {
			f.Counts = map[string]int{}
		}
		f.Counts[string(g.Class)]++
	}
	w.add(record.Plan, s.System, "", s.FoundAt, f, "known", "found_at", "counts", "sights", "evidenced")
}

func (w *writer) observation(s offboarding.System, o offboarding.Observation) {
	key := fmt.Sprintf("%s@%d", o.Class, o.At.UnixMicro())
	w.add(record.Observation, s, key, o.At, struct {
		offboarding.Observation
		Controlled bool `json:"controlled"`
		Still      int  `json:"still,omitempty"`
	}{o, o.Control != "", len(o.Present)}, "class", "sight", "at", "logged", "credential", "controlled", "still")
}

func (w *writer) stage(s offboarding.SystemCase) {
	g := stage{
		Stage: s.Stage, FoundAt: s.FoundAt, ContainedAt: s.ContainedAt, RevokedAt: s.RevokedAt, ProvenAt: s.ProvenAt,
		Actions: len(s.Actions), Ended: w.c.State.Ended(),
	}
	for _, o := range s.Observations {
		if o.At.After(g.Observed) {
			g.Observed = o.At
		}
	}
	at := w.c.StartedAt
	for _, t := range []time.Time{g.FoundAt, g.ContainedAt, g.RevokedAt, g.Observed, g.ProvenAt} {
		if t.After(at) {
			at = t
		}
	}
	w.add(record.Stage, s.System, "", at, g,
		"stage", "found_at", "contained_at", "revoked_at", "proven_at", "actions", "observed_at", "ended")
}
