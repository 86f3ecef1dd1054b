package okta

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

type vendorError struct {
	Code    string              `json:"errorCode"`
	Summary string              `json:"errorSummary"`
	Link    string              `json:"errorLink"`
	ID      string              `json:"errorId"`
	Causes  []map[string]string `json:"errorCauses"`
}

func oktaError(code, summary string, causes ...string) vendorError {
	e := vendorError{Code: code, Summary: summary, Link: code, ID: "oae" + rand.Text()[:17], Causes: []map[string]string{}}
	for _, c := range causes {
		e.Causes = append(e.Causes, map[string]string{"errorSummary": c})
	}
	return e
}

func notFound(id, kind string) answer {
	return answer{status: http.StatusNotFound, body: oktaError("E0000007", fmt.Sprintf("Not found: Resource not found: %s (%s)", id, kind))}
}

func forbidden() answer {
	return answer{status: http.StatusForbidden, body: oktaError("E0000006", "You do not have permission to perform the requested action")}
}

func invalidToken() answer {
	return answer{status: http.StatusUnauthorized, body: oktaError("E0000011", "Invalid token provided")}
}

func wrongStatus() answer {
	return answer{status: http.StatusForbidden, body: oktaError("E0000038", "This operation is not allowed in the user's current status.")}
}

func validation(what, cause string) answer {
	return answer{status: http.StatusBadRequest, body: oktaError("E0000001", "Api validation failed: "+what, cause)}
}

func tooMany() answer {
	return answer{status: http.StatusTooManyRequests, body: oktaError("E0000047", "API call exceeded rate limit due to too many requests.")}
}

// WriteError answers an injected 401, 403, 429 or 500 in Okta's shape. For 429
// a number of seconds becomes X-Rate-Limit-Reset, Okta's own way to say when;
// anything else is sent as it stands there and in Retry-After, as a proxy in
// front of an org might.
func (s *Server) WriteError(w http.ResponseWriter, status int, retryAfter string) {
	s.headers(w)
	switch status {
	case http.StatusUnauthorized:
		write(w, invalidToken())
	case http.StatusForbidden:
		write(w, forbidden())
	case http.StatusTooManyRequests:
		h := w.Header()
		h.Set("X-Rate-Limit-Limit", "600")
		h.Set("X-Rate-Limit-Remaining", "0")
		if n, err := strconv.ParseInt(retryAfter, 10, 64); err == nil {
			h.Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().Unix()+n, 10))
		} else {
			h.Set("X-Rate-Limit-Reset", retryAfter)
			h.Set("Retry-After", retryAfter)
		}
		write(w, tooMany())
	default:
		write(w, answer{status: status, body: oktaError("E0000009", "Internal Server Error")})
	}
}
