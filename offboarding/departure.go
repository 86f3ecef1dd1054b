package offboarding

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Departure is the request: who leaves, when, why, asked by whom.
type Departure struct {
	Subject Subject `json:"subject"`
	// At is when access ends; zero means at once. Zone is the IANA zone the
	// time was given in, for showing it again.
	At   time.Time `json:"at,omitzero"`
	Zone string    `json:"zone,omitempty"`
	// Urgent marks a case for everyone who reads it; it also gives its
	// activities priority over those of other cases, and where the policy allows
	// it, access is cut first and approvals are asked for after.
	Urgent bool `json:"urgent,omitempty"`
	// Kind is the reason as one of a few words, Reason as a sentence.
	Kind    Kind   `json:"kind,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Partner string `json:"partner,omitempty"`
	// Successor takes over what the person leaves; Note is for who reads the case.
	Successor   Subject   `json:"successor,omitempty"`
	Note        string    `json:"note,omitempty"`
	RequestedBy Actor     `json:"requested_by,omitzero"`
	RequestedAt time.Time `json:"requested_at,omitzero"`
	// MovedAt is when the case was last given another time than it was asked for with.
	MovedAt time.Time `json:"moved_at,omitzero"`
	// RequestID tells two requests for the same person apart, so that the
	// second knows that it joined the first one's case. A door that may send the
	// same request twice gives both the same.
	RequestID string `json:"request_id,omitempty"`
	// Word is what the HR system said that asked for this; zero for people.
	Word Word `json:"word,omitzero"`
	// Bulk is set when the request came with others, in a file.
	Bulk bool `json:"bulk,omitempty"`
}

// Kind is why somebody leaves.
type Kind string

const (
	Resignation     Kind = "resignation"
	Dismissal       Kind = "dismissal"
	ContractEnd     Kind = "contract-end"
	PartnerContract Kind = "partner-contract"
	DeathOrIllness  Kind = "death-or-illness"
)

// Kinds are all kinds, in the order in which people are asked.
func Kinds() []Kind {
	return []Kind{Resignation, Dismissal, ContractEnd, PartnerContract, DeathOrIllness}
}

// ParseKind reads a kind as people write it: case, and spaces or underscores
// instead of hyphens, do not matter.
func ParseKind(s string) (Kind, error) {
	k := Kind(strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return r == '-' || r == '_' || unicode.IsSpace(r)
	}), "-"))
	if !slices.Contains(Kinds(), k) {
		return "", fmt.Errorf("%q is no kind of departure: give one of %s", Shorten(s, 60), kindList())
	}
	return k, nil
}

func kindList() string {
	names := make([]string, 0, len(Kinds()))
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}
