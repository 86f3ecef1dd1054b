package faults

import (
	"net/http"
	"time"
)

// Kind is what goes wrong.
type Kind string

const (
	Latency      Kind = "latency"      // answers after Millis
	Limit        Kind = "limit"        // 429 with RetryAfter as it stands, before anything happens
	Fail         Kind = "fail"         // 500 before anything happens
	Down         Kind = "down"         // the connection is cut before anything happens
	AppliedFail  Kind = "applied-fail" // it happens, then 500
	AppliedHang  Kind = "applied-hang" // it happens, then no answer until the caller gives up
	Lie          Kind = "lie"          // the usual 2xx, but nothing changed
	Stale        Kind = "stale"        // reads answer from the state when the fault was set
	Truncate     Kind = "truncate"     // the body is cut in the middle
	HTML         Kind = "html"         // 200 with a proxy's HTML page
	Empty        Kind = "empty"        // 200 without a body
	EmptyList    Kind = "empty-list"   // 200 with []
	Unauthorized Kind = "unauthorized" // 401
	Forbidden    Kind = "forbidden"    // 403
	Hollow       Kind = "hollow"       // the usual answer, and every list in it is empty
	Other        Kind = "other"        // reads answer what is asked with Instead where Path stands: another's record
	Foreign      Kind = "foreign"      // reads answer from another organisation
)

// Fault is one thing that goes wrong.
type Fault struct {
	// Op is the operation as the stand-in registers it,
	// "DELETE /api/v1/users/{id}/sessions"; "GET *" is every GET, "*" every call.
	Op   string `json:"op"`
	Kind Kind   `json:"kind"`
	// Path narrows it to calls that hold this text in their path, query or body.
	Path       string  `json:"path,omitempty"`
	Instead    string  `json:"instead,omitempty"`     // for Other
	Millis     int     `json:"millis,omitempty"`      // for Latency
	RetryAfter string  `json:"retry_after,omitempty"` // for Limit: seconds, a date, or nonsense, sent as it is
	Times      int     `json:"times,omitempty"`       // how many calls; 0: until cleared
	Seconds    float64 `json:"seconds,omitempty"`     // how long; 0: until cleared
}

// Vendor is what a stand-in brings: its state, to lie and to be stale with,
// and its error shapes.
type Vendor interface {
	// Snapshot copies the whole state; Restore puts a copy back. Both are
	// called while no request is being handled.
	Snapshot() any
	Restore(any)
	// WriteError writes the vendor's own error shape for 401, 403, 429 or 500,
	// with its headers; retryAfter is for 429.
	WriteError(w http.ResponseWriter, status int, retryAfter string)
}

// Reader is what a stand-in brings beside Vendor where not only GET reads: Stale
// applies to the operations it names.
type Reader interface {
	Reads(op string) bool
}

// Stranger is what a stand-in brings beside Vendor where Foreign is to apply: a
// copy of the state of another organisation, in which the same credentials work
// and nobody of ours is. One whose calls name the organisation has none; there
// Foreign does nothing, and Other asks for the wrong one.
type Stranger interface {
	Foreign() any
}

// Tally is how often an operation was called, and how often the answer was 429.
type Tally struct {
	Calls   int `json:"calls"`
	Limited int `json:"limited"`
}

// Call is one request that came in.
type Call struct {
	At     time.Time `json:"at"`
	Op     string    `json:"op"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
	Fault  Kind      `json:"fault,omitempty"`
	// Applied: the stand-in did what it was asked, whatever was answered.
	Applied bool `json:"applied,omitempty"`
}
