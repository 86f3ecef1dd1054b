package offboarding

import "time"

// State is where a case stands. The last five are ends.
type State string

const (
	Finding State = "finding"
	// AwaitingApproval: people must agree before access is cut.
	AwaitingApproval State = "awaiting-approval"
	Waiting          State = "waiting" // for its time
	// Paused: too many departures at once; two people let it go on.
	Paused     State = "paused"
	Containing State = "containing"
	Revoking   State = "revoking"
	Observing  State = "observing"
	// NeedsDecision: everything that can go on without a person has.
	NeedsDecision State = "needs-decision"
	Confirming    State = "confirming"
	Verified      State = "verified"      // every class in every system is observed or logged
	Closed        State = "closed"        // the rest is attested, waived or left by the configuration
	Cancelled     State = "cancelled"     // stopped by a person; what was cut stays cut
	NothingFound  State = "nothing-found" // no system knows the person
	Refused       State = "refused"       // a protected person
)

// Ended reports whether a case in this state is over.
func (s State) Ended() bool {
	switch s {
	case Verified, Closed, Cancelled, NothingFound, Refused:
		return true
	case Finding, AwaitingApproval, Waiting, Paused, Containing, Revoking, Observing, NeedsDecision, Confirming:
	}
	return false
}

// Asks reports whether a case in this state goes on only when people say so.
func (s State) Asks() bool { return s == NeedsDecision || s == AwaitingApproval || s == Paused }

// Case is one person's offboarding as anyone may see it: the answer of the
// case query, the workflow's result, and what -o json prints.
type Case struct {
	ID        string       `json:"id"`
	RunID     string       `json:"run_id"`
	Departure Departure    `json:"departure"`
	State     State        `json:"state"`
	Systems   []SystemCase `json:"systems"`
	Decisions []Decision   `json:"decisions,omitempty"`
	// Ruling is what the policy said of the departure, Plan the hash of what
	// was found, which an approval is given to, and Approvals what people said.
	Ruling    Ruling     `json:"ruling,omitzero"`
	Plan      string     `json:"plan,omitempty"`
	Approvals []Approval `json:"approvals,omitempty"`
	// Held says why the brake holds the case; empty if it does not.
	Held string `json:"held,omitempty"`
	// Orders are what people said of the case as a whole.
	Orders []Order `json:"orders,omitempty"`
	// Words are what HR systems said last of the person's last day.
	Words []Word `json:"words,omitempty"`
	// Refusals are actions on this case that the policy refused.
	Refusals []Refusal `json:"refusals,omitempty"`
	// Outcome is one sentence for a case that has ended.
	Outcome   string    `json:"outcome,omitempty"`
	StartedAt time.Time `json:"started_at"`
	// Due is when access ends; Deadline is when a person is asked.
	Due         time.Time `json:"due,omitzero"`
	Deadline    time.Time `json:"deadline,omitzero"`
	ContainedAt time.Time `json:"contained_at,omitzero"` // the last system
	RevokedAt   time.Time `json:"revoked_at,omitzero"`
	ProvenAt    time.Time `json:"proven_at,omitzero"`
	EndedAt     time.Time `json:"ended_at,omitzero"`
	// Revision counts how often the case was handed to the record, NotedAt is
	// when it last was.
	Revision int       `json:"revision,omitempty"`
	NotedAt  time.Time `json:"noted_at,omitzero"`
	// Moment grows with each step of the case: of two answers to the case query
	// the one with the smaller is the older.
	Moment int `json:"moment,omitempty"`
	// Unrecorded says why the record has not taken the case in; empty if it has,
	// or has not answered yet. A case does not end before it has.
	Unrecorded string `json:"unrecorded,omitempty"`
	// Record is the page of the case in the record; empty without one.
	Record string `json:"record,omitempty"`
}

// Unagreed reports whether access is cut, or about to be, to which those who
// must agree have not agreed yet: an emergency.
func (c Case) Unagreed() bool {
	switch c.State {
	case Containing, Revoking, Observing, AwaitingApproval, NeedsDecision:
		return c.Ruling.Emergency && len(Missing(c.Ruling.Approvals, c.Approvals, c.Plan, c.Departure)) > 0
	case Finding, Waiting, Paused, Confirming, Verified, Closed, Cancelled, NothingFound, Refused:
	}
	return false
}

// SystemCase is a case's part in one system.
type SystemCase struct {
	System System `json:"system"`
	Stage  State  `json:"stage"`
	// Turn counts how often the system was looked up, written to and read back: it
	// tells two moments apart that are otherwise alike.
	Turn         int           `json:"turn,omitempty"`
	Account      Account       `json:"account"`
	Grants       []Grant       `json:"grants,omitempty"`
	Coverage     []Coverage    `json:"coverage,omitempty"`
	Actions      []Action      `json:"actions,omitempty"`
	Observations []Observation `json:"observations,omitempty"`
	Residuals    []Residual    `json:"residuals,omitempty"`
	Verdicts     []Verdict     `json:"verdicts,omitempty"`
	Needs        []Need        `json:"needs,omitempty"`
	FoundAt      time.Time     `json:"found_at,omitzero"`
	ContainedAt  time.Time     `json:"contained_at,omitzero"`
	RevokedAt    time.Time     `json:"revoked_at,omitzero"`
	ProvenAt     time.Time     `json:"proven_at,omitzero"`
}

// Need is what a case waits for a person to decide.
type Need struct {
	System System `json:"system"`
	// Class is empty when the whole system is stuck.
	Class Class     `json:"class,omitempty"`
	What  string    `json:"what"` // what is wrong and what to do
	Since time.Time `json:"since"`
}

// Needs lists what the case waits for, system by system.
func (c Case) Needs() []Need {
	var out []Need
	for _, s := range c.Systems {
		out = append(out, s.Needs...)
	}
	return out
}

// Residuals lists what cannot be revoked, with its system.
func (c Case) Residuals() []Residual {
	var out []Residual
	for _, s := range c.Systems {
		for _, r := range s.Residuals {
			r.System = s.System
			out = append(out, r)
		}
	}
	return out
}
