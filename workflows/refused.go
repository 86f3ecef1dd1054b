package workflows

import (
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// RefusedRequest is a request that a door refused, so that no case knows of it.
type RefusedRequest struct {
	Subject offboarding.Subject `json:"subject,omitempty"` // empty: it concerned no single person
	Refusal offboarding.Refusal `json:"refusal"`
}

// Refused is the mark of a request that a door refused: it ends at once, and
// Temporal keeps it as long as closed cases.
func Refused(_ workflow.Context, r RefusedRequest) (RefusedRequest, error) { return r, nil }
