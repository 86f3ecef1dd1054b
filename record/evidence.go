package record

import (
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Evidence is all that shows a case's entries to be in the log: the file
// evidence.json of a bundle. Nothing in it is trusted but by what is checked.
type Evidence struct {
	Version int    `json:"v"`
	Origin  string `json:"origin"` // the log's name: the first line of its checkpoints
	Case    string `json:"case"`
	// Checkpoint is the signed note that all proofs lead to, with the
	// cosignatures of witnesses where there are any.
	Checkpoint string   `json:"checkpoint"`
	Entries    []Proven `json:"entries"`
	// Anchors are where checkpoints were put outside the log's own database.
	Anchors []Anchored `json:"anchors,omitempty"`
	// People are who the pseudonyms are, for those not erased; no proof covers
	// them but the details of the entry that first names each.
	People map[string]Person `json:"people,omitempty"`
}

// Proven is one entry with the proof that the checkpoint covers it.
type Proven struct {
	Index  int64            `json:"index"`
	Leaf   []byte           `json:"leaf"`
	Opened []byte           `json:"opened,omitempty"`
	Proof  tlog.RecordProof `json:"proof"`
}

// Anchored is a checkpoint that was put somewhere out of the log's reach.
type Anchored struct {
	Anchor string    `json:"anchor"` // its name in the configuration
	Kind   string    `json:"kind"`   // directory, slack, s3, witness
	Where  string    `json:"where"`  // where an auditor finds it: a path, a link, an address
	At     time.Time `json:"at"`
	// Checkpoint is the note as it was put there. Proof shows that the evidence's
	// checkpoint continues it; empty where both are of one size.
	Checkpoint string         `json:"checkpoint"`
	Proof      tlog.TreeProof `json:"proof,omitempty"`
}

// Summary is a case in one line: its newest progress or confirmation.
type Summary struct {
	Case    string `json:"case"`
	Subject string `json:"subject"` // pseudonym
	Person  Person `json:"person,omitzero"`
	// Entries is the number of the case's entries, Last the log index of the one
	// that says how it stands.
	Entries int64 `json:"entries"`
	Last    int64 `json:"last"`
	Standing
}

// Standing is how a case stands: the facts of a progress or confirmation entry.
type Standing struct {
	State       string    `json:"state"`
	Partner     string    `json:"partner,omitempty"`
	Kind        string    `json:"kind,omitempty"` // of departure: resignation, dismissal, …
	Urgent      bool      `json:"urgent,omitempty"`
	RequestedAt time.Time `json:"requested_at,omitzero"`
	StartedAt   time.Time `json:"started_at,omitzero"`
	ApprovedAt  time.Time `json:"approved_at,omitzero"` // the last approval that was needed
	Due         time.Time `json:"due,omitzero"`
	Deadline    time.Time `json:"deadline,omitzero"`
	ContainedAt time.Time `json:"contained_at,omitzero"`
	RevokedAt   time.Time `json:"revoked_at,omitzero"`
	ProvenAt    time.Time `json:"proven_at,omitzero"`
	EndedAt     time.Time `json:"ended_at,omitzero"`
	Plan        string    `json:"plan,omitempty"` // the plan's hash
	// How many systems know the person, classes are open, attested or waived,
	// residuals remain; ExceptionsEnd is when the last waiver ends, ResidualsEnd
	// when the last residual does (zero: nobody knows, or there is none).
	Systems       int       `json:"systems"`
	Open          int       `json:"open,omitempty"`
	Attested      int       `json:"attested,omitempty"`
	Waived        int       `json:"waived,omitempty"`
	Reported      int       `json:"reported,omitempty"`
	Residuals     int       `json:"residuals,omitempty"`
	ExceptionsEnd time.Time `json:"exceptions_end,omitzero"`
	ResidualsEnd  time.Time `json:"residuals_end,omitzero"`
}

// Ended reports whether the case is over.
func (s Standing) Ended() bool { return !s.EndedAt.IsZero() }

// Late reports whether the case was not contained, or not proven, by its
// deadline, as of now.
func (s Standing) Late(now time.Time) bool {
	if s.Deadline.IsZero() {
		return false
	}
	at := func(t time.Time) time.Time {
		if t.IsZero() {
			return now
		}
		return t
	}
	switch s.State {
	case "cancelled", "nothing-found", "refused":
		return false
	}
	return at(s.ContainedAt).After(s.Deadline) || at(s.ProvenAt).After(s.Deadline)
}
