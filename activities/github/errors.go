package github

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	gh "github.com/google/go-github/v57/github"

	"lastday/activities/transport"
)

// abuseDelay is what GitHub asks for when a secondary limit names no time:
// "wait for at least one minute before retrying" (REST rate-limit page).
const abuseDelay = time.Minute

// limited recognises GitHub's rate limits, which come as 403 or 429: nothing
// remaining, a Retry-After, or the words of a secondary limit.
func limited(resp *http.Response, body []byte) (time.Duration, bool) {
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return 0, false
	}
	if resp.Header.Get("Retry-After") != "" {
		if d := transport.RetryAfter(resp.Header, time.Now()); d > 0 {
			return d, true
		}
		return abuseDelay, true
	}
	if resp.Header.Get("X-RateLimit-Remaining") == "0" {
		at, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64)
		if err != nil {
			return abuseDelay, true
		}
		return max(time.Until(time.Unix(at, 0)), time.Second), true
	}
	low := bytes.ToLower(body)
	if resp.StatusCode == http.StatusTooManyRequests || bytes.Contains(low, []byte("secondary rate limit")) ||
		bytes.Contains(low, []byte("secondary-rate-limits")) || bytes.Contains(low, []byte("abuse")) {
		return abuseDelay, true
	}
	return 0, false
}

// fail turns what the SDK returned into the house's error. The SDK refuses
// calls by itself once an answer said that nothing remains; that is a limit
// like any other.
func fail(op string, err error) error {
	if err == nil {
		return nil
	}
	var rate *gh.RateLimitError
	if errors.As(err, &rate) {
		return &transport.Error{
			Kind: transport.Limited, System: System, Op: op, Detail: "rate limit",
			RetryAfter: max(time.Until(rate.Rate.Reset.Time), time.Second),
		}
	}
	var abuse *gh.AbuseRateLimitError
	if errors.As(err, &abuse) {
		e := &transport.Error{Kind: transport.Limited, System: System, Op: op, Detail: "secondary rate limit", RetryAfter: abuseDelay}
		if abuse.RetryAfter != nil && *abuse.RetryAfter > 0 {
			e.RetryAfter = *abuse.RetryAfter
		}
		return e
	}
	var answer *gh.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		return refusal(op, answer)
	}
	return transport.Classify(System, op, err)
}

func refusal(op string, answer *gh.ErrorResponse) error {
	e := &transport.Error{
		Kind: transport.Refused, System: System, Op: op, Status: answer.Response.StatusCode, Detail: answer.Message,
		RequestID: transport.RequestID(answer.Response.Header),
	}
	for _, why := range answer.Errors {
		if why.Message != "" {
			e.Detail += ": " + why.Message
		}
	}
	switch e.Status {
	case http.StatusForbidden:
		e.Kind, e.Fix = transport.Unauthorized, "give the credential the permission, or look at the organisation's policies"
	case http.StatusNotFound:
		e.Kind = transport.Unauthorized
		e.Detail = "not there, or hidden from this credential"
		e.Fix = "look at organizations, base_url and the credential's permissions in the configuration"
	case http.StatusConflict:
		e.Kind = transport.Unavailable
	}
	return e
}

// status is the HTTP status behind an error, or 0.
func status(err error) int {
	var e *transport.Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// denied reports whether GitHub will not show a thing to this credential: it
// answers 403, or 404 as if it were not there.
func denied(err error) bool {
	return transport.IsKind(err, transport.Unauthorized) && (status(err) == http.StatusForbidden || status(err) == http.StatusNotFound)
}

func invalid(op, format string, args ...any) error {
	return &transport.Error{Kind: transport.Invalid, System: System, Op: op, Detail: fmt.Sprintf(format, args...)}
}

// worst picks the error to return when several calls failed: one that a retry
// may cure first, since the others will then be met again.
func worst(errs []error) error {
	var out error
	rank := func(err error) int {
		switch {
		case transport.IsKind(err, transport.Limited):
			return 4
		case transport.IsKind(err, transport.Unavailable):
			return 3
		case transport.IsKind(err, transport.Invalid):
			return 2
		default:
			return 1
		}
	}
	for _, err := range errs {
		if err != nil && (out == nil || rank(err) > rank(out)) {
			out = err
		}
	}
	return out
}

// refused is for a grant that may no longer be listed, and so not be ended.
func refused(b batch, seen sighting) error {
	return &transport.Error{
		Kind: transport.Unauthorized, System: System, Op: doing[b.class] + " in " + b.place.org, Detail: seen.reason,
		Fix: "give the credential the permission, then decide retry",
	}
}
