// Package transport is the one way out to a vendor: an http.Client that calls
// only the allowed methods and paths of one host, follows no redirect, never
// retries, and turns what no connector should have to think about (rate
// limits, 5xx, a refused credential, HTML, empty or oversized bodies, a cut
// connection) into a typed *Error.
package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lastday/egress"
	"lastday/offboarding"
	"lastday/secret"
)

// maxBody bounds an answer. The largest page any vendor sends is under 2 MB.
const maxBody = 16 << 20

// Options configure a client.
type Options struct {
	System offboarding.System
	// Base is the vendor's base URL; only its scheme, host and path prefix are called.
	Base string
	// AllowHTTP permits plain HTTP to a host that is not loopback.
	AllowHTTP bool
	// Private are the networks that are no part of the internet and in which the
	// vendor may live all the same; the configuration's private_addresses.
	Private egress.Networks
	// Allow lists the operations as "METHOD /path/{name}" below Base; a braced
	// segment matches exactly one segment that is not "", "." or "..", and
	// holds no encoded slash.
	Allow []string
	// Timeout bounds one call, headers and body; default 25 s.
	Timeout time.Duration
	// Authorize, if set, adds the credential to a clone of each request.
	Authorize func(*http.Request) error
	// Limit recognises the vendor's own rate-limit answers beside 429, such as
	// GitHub's 403, and says when to come back (zero: unknown).
	Limit func(*http.Response, []byte) (time.Duration, bool)
	// AnyBody lets a successful answer have any content type (for non-JSON APIs).
	AnyBody bool
	// Next is what the calls go through; nil is Connections with these options.
	Next http.RoundTripper
}

// Client builds the client; an unusable base URL is an error that says why.
func Client(o Options) (*http.Client, error) {
	base, err := CheckBase(o.Base, o.AllowHTTP)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.System, err)
	}
	rules := make([]rule, 0, len(o.Allow))
	for _, a := range o.Allow {
		method, path, ok := strings.Cut(a, " ")
		if !ok {
			return nil, fmt.Errorf("%s: allow rule %q is not METHOD /path", o.System, a)
		}
		rules = append(rules, rule{text: a, method: method, parts: strings.Split(strings.Trim(path, "/"), "/")})
	}
	if o.Next == nil {
		next, err := Connections(o)
		if err != nil {
			return nil, err
		}
		o.Next = next
	}
	if o.Timeout == 0 {
		o.Timeout = 25 * time.Second
	}
	return &http.Client{
		Transport: &roundTripper{Options: o, base: base, rules: rules},
		Timeout:   o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}, nil
}

// Connections is a pool of its own that reaches Base, and of the addresses outside
// of the internet only those that Base and Private name. It honours HTTPS_PROXY and
// NO_PROXY. Of the options System, Base and Private count.
func Connections(o Options) (*http.Transport, error) {
	d, err := egress.New(egress.Options{Key: "systems." + string(o.System) + ".private_addresses", Base: o.Base, Private: o.Private})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.System, err)
	}
	t := d.Transport()
	t.MaxIdleConnsPerHost = 32
	return t, nil
}

// CheckBase parses a base URL: absolute, https (http for loopback, or with
// allowHTTP), no user, query or fragment.
func CheckBase(raw string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("base URL %q is not an absolute URL like https://example.okta.com", raw)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("a base URL holds no user, password, query or fragment")
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("base URL %q is neither https nor http", raw)
	}
	if u.Scheme == "http" && !allowHTTP && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("base URL %q is plain HTTP, which would send the credential in clear; use https, or set allow_http: true for this system", raw)
	}
	return u, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

type rule struct {
	text, method string
	parts        []string
}

func (r rule) match(method string, parts []string) bool {
	if r.method != method || len(r.parts) != len(parts) {
		return false
	}
	for i, p := range r.parts {
		if !strings.HasPrefix(p, "{") {
			if p != parts[i] {
				return false
			}
			continue
		}
		plain, err := url.PathUnescape(parts[i])
		if err != nil || plain == "" || plain == "." || plain == ".." || strings.ContainsAny(plain, "/\\\x00") {
			return false
		}
	}
	return true
}

type roundTripper struct {
	Options
	base  *url.URL
	rules []rule
}

// operation finds the allow rule a request falls under.
func (t *roundTripper) operation(r *http.Request) (string, bool) {
	if r.URL.Scheme != t.base.Scheme || r.URL.Host != t.base.Host {
		return "", false
	}
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), strings.TrimRight(t.base.EscapedPath(), "/"))
	if !ok || !strings.HasPrefix(path, "/") {
		return "", false
	}
	parts := strings.Split(path[1:], "/")
	for _, rule := range t.rules {
		if rule.match(r.Method, parts) {
			return rule.text, true
		}
	}
	return "", false
}

func (t *roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	op, ok := t.operation(r)
	if !ok {
		return nil, &Error{
			Kind: Identity, System: t.System, Op: r.Method + " " + r.URL.EscapedPath(),
			Detail: "this call is not on the list of calls Lastday makes, so it was not sent",
			Fix:    "look at the account's id and login for characters that do not belong there",
		}
	}
	if !reads(r.Method) {
		if err := Pass(r.Context(), t.System, op); err != nil {
			return nil, err
		}
	}
	if t.Authorize != nil {
		r = r.Clone(r.Context())
		if err := t.Authorize(r); err != nil {
			var known *Error
			if errors.As(err, &known) {
				return nil, known
			}
			return nil, &Error{Kind: Unauthorized, System: t.System, Op: op, Err: err, Fix: "look at the credential in the configuration"}
		}
	}
	if basic, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Basic "); ok {
		secret.Remember(basic) // the secret in another spelling, which an error may tell
	}
	call := Call{System: t.System, Op: op, Client: t}
	began := time.Now()
	resp, err := t.exchange(op, r, &call)
	call.Took = time.Since(began)
	var known *Error
	if errors.As(err, &known) {
		call.Kind, call.Limited = known.Kind, known.Kind == Limited
	}
	tell(r.Context(), call)
	return resp, err
}

// exchange makes the call and notes what became of it.
func (t *roundTripper) exchange(op string, r *http.Request, call *Call) (*http.Response, error) {
	resp, err := t.Next.RoundTrip(r)
	if err != nil {
		// A plain io.EOF would make okta-sdk-golang repeat the call for ever.
		if errors.Is(err, io.EOF) {
			err = errors.New("the connection was closed without an answer")
		}
		var refused *egress.Refusal
		if errors.As(err, &refused) {
			return nil, &Error{Kind: Refused, System: t.System, Op: op, Detail: refused.Detail(), Fix: refused.Fix(), Err: refused}
		}
		return nil, &Error{Kind: Unavailable, System: t.System, Op: op, Err: err}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	resp.Body.Close()
	call.Status, call.Budget, call.RequestID = resp.StatusCode, budget(resp.Header), idOf(resp.Header)
	if err != nil {
		return nil, &Error{Kind: Invalid, System: t.System, Op: op, Status: resp.StatusCode, Detail: "the answer ended early: " + err.Error()}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if e := t.judge(op, r, resp, body); e != nil {
		e.RequestID, call.RetryAfter = RequestID(resp.Header), e.RetryAfter
		return nil, e
	}
	return resp, nil
}

// judge refuses the answers no connector should see.
func (t *roundTripper) judge(op string, r *http.Request, resp *http.Response, body []byte) *Error {
	e := &Error{System: t.System, Op: op, Status: resp.StatusCode}
	switch {
	case len(body) > maxBody:
		e.Kind, e.Detail = Invalid, "the answer is larger than 16 MiB"
		return e
	case resp.StatusCode == http.StatusTooManyRequests:
		e.Kind, e.Detail, e.RetryAfter = Limited, "rate limit", RetryAfter(resp.Header, time.Now())
		if t.Limit != nil {
			if d, ok := t.Limit(resp, body); ok && d > 0 {
				e.RetryAfter = d
			}
		}
		return e
	case resp.StatusCode >= 500:
		e.Kind, e.Detail = Unavailable, snippet(body)
		return e
	case resp.StatusCode == http.StatusUnauthorized:
		e.Kind, e.Detail, e.Fix = Unauthorized, snippet(body), "the credential is refused: renew it, then decide retry"
		return e
	case resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.StatusCode != http.StatusNotModified:
		e.Kind, e.Detail = Invalid, "redirects to another place, which is not followed; look at the base URL"
		return e
	}
	if t.Limit != nil {
		if d, ok := t.Limit(resp, body); ok {
			e.Kind, e.Detail, e.RetryAfter = Limited, "rate limit", d
			return e
		}
	}
	if t.AnyBody || resp.StatusCode >= 300 || resp.StatusCode == http.StatusNoContent || resp.StatusCode == http.StatusAccepted {
		return nil
	}
	if len(bytes.TrimSpace(body)) == 0 {
		if r.Method == http.MethodGet {
			e.Kind, e.Detail = Invalid, "an empty answer where there should be JSON"
			return e
		}
		return nil
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind == "text/html" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		e.Kind, e.Detail = Invalid, "an HTML page where there should be JSON; is a proxy or a sign-in page in between?"
		return e
	}
	return nil
}

// RetryAfter reads the header, in seconds or as a date, relative to now; zero
// if there is none or it makes no sense.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseInt(v, 10, 32); err == nil && n >= 0 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// RequestID finds the vendor's own id of a call.
func RequestID(h http.Header) string {
	for _, k := range []string{"X-Okta-Request-Id", "X-Github-Request-Id", "X-Slack-Req-Id", "X-Request-Id", "X-Tailscale-Request-Id"} {
		if v := h.Get(k); v != "" {
			return v
		}
	}
	return ""
}

// snippet is the start of a body for an error: no markup, one line.
func snippet(body []byte) string {
	s := strings.Join(strings.Fields(string(body[:min(len(body), 300)])), " ")
	if strings.HasPrefix(s, "<") {
		return "an HTML page"
	}
	return s
}
