package transport

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"lastday/offboarding"
)

// Call is one call that left for a vendor, for whoever counts or traces them. It
// holds no text from the request, and of the answer the vendor's id of the call
// alone, so nobody's name.
type Call struct {
	System offboarding.System
	// Op is the allow rule the call fell under, "GET /api/v1/users/{id}".
	Op string
	// Status is the answer's; 0 if none came.
	Status int
	// Limited says that the vendor refused the call because of a rate limit.
	Limited bool
	// Kind is why the answer, or that none came, is an error for every connector;
	// empty where it is none, or the connector's to judge.
	Kind Kind
	// RequestID is the vendor's own id of the call; empty if it gave none, or one
	// that does not look like an id.
	RequestID string
	// RetryAfter is when to come back, as the answer of a limited call says; zero
	// if it does not.
	RetryAfter time.Duration
	// Client tells the clients apart, each of which has a credential of its own, and
	// is good for nothing but comparing.
	Client any
	// Took is the time until the whole answer was read.
	Took time.Duration
	// Budget is what the vendor says is left of its rate limit.
	Budget Budget
}

// Budget is a rate limit as the answer's headers tell it; the zero Budget where
// they do not.
type Budget struct {
	// Bucket is the vendor's name of the limit; empty where it has none.
	Bucket   string
	Left, Of int64
	Until    time.Time // when it is full again
}

// Watch is told of calls. It must be safe for concurrent use and not block.
type Watch func(Call)

type watchKey struct{}

// WithWatch has every call made with the context told to the watch. A context
// that has one already gets both.
func WithWatch(ctx context.Context, w Watch) context.Context {
	if before, ok := ctx.Value(watchKey{}).(Watch); ok {
		first, second := before, w
		w = func(c Call) { first(c); second(c) }
	}
	return context.WithValue(ctx, watchKey{}, w)
}

// tell reports a call to the context's watch, if it has one.
func tell(ctx context.Context, c Call) {
	if w, ok := ctx.Value(watchKey{}).(Watch); ok {
		w(c)
	}
}

// clockOff is how far the vendor's clock and ours differ before it counts: its
// Date is told in seconds, and the answer took its time.
const clockOff = 5 * time.Second

// budget reads GitHub's and Okta's headers, which differ by a hyphen.
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
// https://developer.okta.com/docs/reference/rl-best-practices/
func budget(h http.Header) Budget {
	for _, prefix := range []string{"X-Ratelimit-", "X-Rate-Limit-"} {
		left, err := strconv.ParseInt(h.Get(prefix+"Remaining"), 10, 64)
		of, bad := strconv.ParseInt(h.Get(prefix+"Limit"), 10, 64)
		if err != nil || bad != nil || left < 0 || of <= 0 {
			continue
		}
		b := Budget{Left: min(left, of), Of: of, Bucket: limitName(h.Get(prefix + "Resource"))}
		if at, err := strconv.ParseInt(h.Get(prefix+"Reset"), 10, 64); err == nil && at > 0 {
			b.Until = time.Unix(at, 0)
			// It is the vendor's clock that says when; ours may be another.
			if date, err := http.ParseTime(h.Get("Date")); err == nil && time.Since(date).Abs() > clockOff {
				b.Until = b.Until.Add(time.Since(date))
			}
		}
		return b
	}
	return Budget{}
}

// id is made of what vendors' ids of calls are made of, and has a digit.
var id = regexp.MustCompile(`^[A-Za-z0-9:_-]*[0-9][A-Za-z0-9:_-]*$`)

// longestID is more than any vendor's, which are 27 to 40 characters long.
const longestID = 80

// idOf is the answer's RequestID, if it looks like one.
func idOf(h http.Header) string {
	if v := RequestID(h); len(v) <= longestID && id.MatchString(v) {
		return v
	}
	return ""
}

// limitName is the vendor's name of a limit if it is one of GitHub's, which alone
// has names; what else stands there is not passed on.
// https://docs.github.com/rest/rate-limit/rate-limit
func limitName(s string) string {
	switch s {
	case "core", "search", "graphql", "integration_manifest", "source_import", "code_scanning_upload", "code_scanning_autofix",
		"actions_runner_registration", "scim", "dependency_snapshots", "dependency_sbom", "code_search", "audit_log", "audit_log_streaming":
		return s
	}
	return ""
}
