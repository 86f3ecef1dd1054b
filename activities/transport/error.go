package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"lastday/offboarding"
	"lastday/secret"
)

// Kind says what a case can do about an error.
type Kind string

const (
	Unavailable  Kind = "Unavailable"  // down, slow or unreachable: try again
	Limited      Kind = "Limited"      // a rate limit: try again after RetryAfter
	Invalid      Kind = "Invalid"      // the answer makes no sense (HTML, empty, truncated, someone else's record): try again, then ask
	Unauthorized Kind = "Unauthorized" // the credential is refused: a person must act
	Identity     Kind = "Identity"     // no or several matches, or an id that cannot be right: a person must act
	Protected    Kind = "Protected"    // this account must not be cut: refused
	Refused      Kind = "Refused"      // the vendor will not do it, now or later: a person must act
)

// Error is the one error type of the connectors.
type Error struct {
	Kind   Kind
	System offboarding.System
	Op     string // "GET /api/v1/users/{id}" or "suspend user"
	Status int    // HTTP status; 0 if there was none
	Detail string // the vendor's words, scrubbed
	Fix    string // what a person can do about it
	// RetryAfter is the vendor's own delay for Limited, zero if it gave none.
	RetryAfter time.Duration
	RequestID  string
	Err        error
}

// Error reads "okta: suspend user: 403 ...: do this".
func (e *Error) Error() string {
	s := string(e.System) + ": " + e.Op
	if e.Status != 0 {
		s += fmt.Sprintf(": %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	} else if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Fix != "" {
		s += "; " + e.Fix
	}
	return secret.Scrub(s)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Classify turns what an SDK returned into an *Error. An *Error anywhere in
// the chain is returned as it is; broken JSON and short bodies are Invalid; a
// time-out and everything unknown are Unavailable, to be tried again until the
// case's deadline. The text is scrubbed of secrets.
func Classify(system offboarding.System, op string, err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	out := &Error{Kind: Unavailable, System: system, Op: op, Detail: secret.Scrub(err.Error())}
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	switch {
	case errors.Is(err, context.Canceled):
		out.Err = context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		out.Err = context.DeadlineExceeded
	case errors.As(err, &syntax), errors.As(err, &shape), errors.Is(err, io.ErrUnexpectedEOF):
		out.Kind = Invalid
		out.Detail = "the answer is not the JSON this call gives: " + out.Detail
	}
	return out
}

// IsKind reports whether err is an *Error of the kind.
func IsKind(err error, k Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}
