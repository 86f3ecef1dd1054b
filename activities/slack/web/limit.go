package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"lastday/activities/transport"
)

// limited recognises the rate limit that Slack writes into the body of a 200
// rather than into the status.
func limited(resp *http.Response, body []byte) (time.Duration, bool) {
	if !bytes.Contains(body, []byte("limited")) {
		return 0, false
	}
	var e envelope
	if json.Unmarshal(body, &e) != nil || (e.OK != nil && *e.OK) {
		return 0, false
	}
	switch e.Error {
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return transport.RetryAfter(resp.Header, time.Now()), true
	}
	return 0, false
}
