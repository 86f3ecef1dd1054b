package casefile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/record"
)

// found is what one system knew of the person. Counts and what could be looked
// at are facts; the account and the grants are not.
type found struct {
	Known bool `json:"known"`
	// FoundAt is zero while the person is looked up anew: what was found before is
	// what the case is about until then.
	FoundAt time.Time      `json:"found_at"`
	Turn    int            `json:"turn,omitempty"`
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

// stage is how far one system is. Its readers learn from it which of the entries
// before it still hold.
type stage struct {
	Stage       offboarding.State `json:"stage"`
	FoundAt     time.Time         `json:"found_at,omitzero"`
	ContainedAt time.Time         `json:"contained_at,omitzero"`
	RevokedAt   time.Time         `json:"revoked_at,omitzero"`
	ProvenAt    time.Time         `json:"proven_at,omitzero"`
	// Turn tells two moments apart that are otherwise alike.
	Turn int `json:"turn,omitempty"`
	// Seen are the observations that hold, each as the end of its event id. What
	// was read back before and is not among them proves nothing any more.
	Seen  []string `json:"seen,omitempty"`
	Ended bool     `json:"ended,omitempty"`
}

func (w *writer) system(s offboarding.SystemCase) {
	var seen []string
	w.plan(s)
	for i, a := range s.Actions {
		w.add(record.Action, s.System, strconv.Itoa(i), a.At, struct {
			offboarding.Action
			N int `json:"n"`
		}{a, i}, "class", "at", "request_id", "attempt", "n")
	}
	for _, o := range s.Observations {
		id := w.observation(s.System, o).ID
		seen = append(seen, id[strings.LastIndexByte(id, '/')+1:])
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
	w.stage(s, seen)
}

func (w *writer) plan(s offboarding.SystemCase) {
	if s.FoundAt.IsZero() && !s.Account.Found && len(s.Coverage) == 0 {
		return
	}
	f := found{Known: s.Account.Found, FoundAt: s.FoundAt, Account: s.Account, Grants: s.Grants, Covered: s.Coverage, Evidenced: s.Account.Evidence != ""}
	if s.FoundAt.IsZero() {
		f.Turn = s.Turn // it may be looked up anew more than once
	}
	for _, c := range s.Coverage {
		f.Sights = append(f.Sights, sight{c.Class, c.Sight})
	}
	for _, g := range s.Grants {
		if f.Counts == nil {
			f.Counts = map[string]int{}
		}
		f.Counts[string(g.Class)]++
	}
	w.add(record.Plan, s.System, "", s.FoundAt, f, "known", "found_at", "counts", "sights", "evidenced", "turn")
}

func (w *writer) observation(s offboarding.System, o offboarding.Observation) *record.Event {
	key := fmt.Sprintf("%s@%d", o.Class, o.At.UnixMicro())
	return w.add(record.Observation, s, key, o.At, struct {
		offboarding.Observation
		Controlled bool `json:"controlled"`
		Still      int  `json:"still,omitempty"`
	}{o, o.Control != "", len(o.Present)}, "class", "sight", "at", "logged", "credential", "controlled", "still")
}

func (w *writer) stage(s offboarding.SystemCase, seen []string) {
	g := stage{
		Stage: s.Stage, FoundAt: s.FoundAt, ContainedAt: s.ContainedAt, RevokedAt: s.RevokedAt, ProvenAt: s.ProvenAt,
		Turn: s.Turn, Seen: seen, Ended: w.c.State.Ended(),
	}
	at := w.c.StartedAt
	for _, o := range s.Observations {
		at = later(at, o.At)
	}
	for _, t := range []time.Time{g.FoundAt, g.ContainedAt, g.RevokedAt, g.ProvenAt} {
		at = later(at, t)
	}
	w.add(record.Stage, s.System, "", at, g,
		"stage", "found_at", "contained_at", "revoked_at", "proven_at", "turn", "seen", "ended")
}
