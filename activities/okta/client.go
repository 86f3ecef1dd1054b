package okta

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"

	"lastday/activities/transport"
)

const (
	callTimeout = 20 * time.Second
	// maxPages bounds a list: 200 pages of Okta's usual size are 40,000 entries.
	maxPages = 200
)

// client is one credential with one list of allowed calls.
type client struct {
	name   string // "primary" or "observer"
	sdk    *sdk.Client
	auth   authorizer
	app    bool   // a service app, which has no user of its own
	prefix string // the path of the base URL
}

// call names an operation for a reader, and the scope it needs.
type call struct{ what, scope string }

// newClient builds the SDK's client with every setting given, so that neither
// a ~/.okta/okta.yaml nor an OKTA_CLIENT_* variable has a say. The SDK's cache
// would answer a read after a write with the state before it.
func newClient(name string, c Config, auth authorizer, next http.RoundTripper, allow []string) (*client, error) {
	base := strings.TrimRight(c.BaseURL, "/")
	hc, err := transport.Client(transport.Options{
		System: System, Base: base, AllowHTTP: c.AllowHTTP, Allow: allow, Timeout: callTimeout,
		Authorize: auth.authorize, Limit: limit, Next: watch{next, auth},
	})
	if err != nil {
		return nil, err
	}
	_, made, err := sdk.NewClient(context.Background(),
		sdk.WithOrgUrl(base), sdk.WithTestingDisableHttpsCheck(strings.HasPrefix(base, "http://")),
		sdk.WithAuthorizationMode("SSWS"), sdk.WithToken("put on by the transport"),
		sdk.WithCache(false), sdk.WithHttpClientPtr(hc),
		sdk.WithRateLimitMaxRetries(0), sdk.WithRateLimitMaxBackOff(0), sdk.WithRequestTimeout(0),
		sdk.WithUserAgentExtra("lastday"))
	if err != nil {
		return nil, fmt.Errorf("build okta client: %w", err)
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("parse base URL: %w", err)
	}
	_, app := auth.(*serviceApp)
	return &client{name: name, sdk: made, auth: auth, app: app, prefix: u.EscapedPath()}, nil
}

// watch lies under the transport: it tells the credential of a 401, and puts
// Link headers into the one form that the SDK reads without a panic or an
// endless list: one link a header line, each a URL that parses.
type watch struct {
	next http.RoundTripper
	auth authorizer
}

func (w watch) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		w.auth.refused()
	}
	lines := resp.Header.Values("Link")
	resp.Header.Del("Link")
	for _, line := range lines {
		for _, link := range strings.Split(line, ", <") {
			link = "<" + strings.TrimPrefix(strings.TrimSpace(link), "<")
			target, _, _ := strings.Cut(link[1:], ">")
			if _, err := url.Parse(target); err != nil {
				resp.Body.Close()
				return nil, errors.New("the answer's Link header is not a link")
			}
			resp.Header.Add("Link", link)
		}
	}
	return resp, nil
}

// limit reads X-Rate-Limit-Reset, the second at which Okta's window ends, by
// Okta's own clock. Okta's windows are a minute long; a reset in the past or
// more than an hour away makes no sense and says nothing. With a concurrency
// limit the reset is only a suggestion.
func limit(resp *http.Response, _ []byte) (time.Duration, bool) {
	if resp.StatusCode != http.StatusTooManyRequests {
		return 0, false
	}
	reset, err := strconv.ParseInt(resp.Header.Get("X-Rate-Limit-Reset"), 10, 64)
	if err != nil {
		return 0, true
	}
	wait := time.Duration(0)
	if left := reset - vendorTime(resp.Header).Unix(); left > 0 && left <= 3600 {
		wait = time.Duration(left) * time.Second
	}
	return wait, true
}

// vendorTime is the answer's Date, or now if it has none.
func vendorTime(h http.Header) time.Time {
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		return at
	}
	return time.Now()
}

// get reads one page or record into v and gives the next page's path.
func (c *client) get(ctx context.Context, op call, path string, v any) (*sdk.Response, error) {
	exec := c.sdk.CloneRequestExecutor()
	req, err := exec.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, transport.Classify(System, op.what, err)
	}
	resp, err := exec.Do(ctx, req, v)
	return resp, c.fail(op, resp, err)
}

// list reads all pages of a list. A null where there should be a list, a page
// that leads back to itself and a list without an end are Invalid.
func list[T any](ctx context.Context, c *client, op call, path string) ([]T, error) {
	out := []T{}
	seen := map[string]bool{}
	for next := path; next != ""; {
		if seen[next] || len(seen) == maxPages {
			return nil, invalid(op, "the list's pages do not come to an end")
		}
		seen[next] = true
		var page []T
		resp, err := c.get(ctx, op, next, &page)
		if err != nil {
			return nil, err
		}
		if page == nil {
			return nil, invalid(op, "there is no list in the answer")
		}
		out = append(out, page...)
		next = strings.TrimPrefix(resp.NextPage, c.prefix)
	}
	return out, nil
}

// send makes one write: the vendor's request id, and its answer in short.
func (c *client) send(op call, do func() (*sdk.Response, error)) (id, answer string, err error) {
	resp, err := do()
	if err = c.fail(op, resp, err); err != nil {
		return "", "", err
	}
	return transport.RequestID(resp.Header), strconv.Itoa(resp.StatusCode), nil
}

// raw makes a write that the SDK has no method for.
func (c *client) raw(ctx context.Context, method, path string) func() (*sdk.Response, error) {
	return func() (*sdk.Response, error) {
		exec := c.sdk.CloneRequestExecutor()
		req, err := exec.NewRequest(method, path, nil)
		if err != nil {
			return nil, fmt.Errorf("build request: %w", err)
		}
		return exec.Do(ctx, req, nil)
	}
}

// fail turns what the SDK returned into the connectors' error. The kinds that
// the transport knows of never get here in another form.
func (c *client) fail(op call, resp *sdk.Response, err error) error {
	if err == nil {
		return nil
	}
	var vendor *sdk.Error
	if resp == nil || resp.Response == nil || !errors.As(err, &vendor) {
		var known *transport.Error
		if !errors.As(err, &known) && strings.Contains(err.Error(), "could not build a response for type") {
			return invalid(op, "the answer is not JSON")
		}
		return transport.Classify(System, op.what, err)
	}
	e := &transport.Error{
		System: System, Op: op.what, Status: resp.StatusCode, RequestID: transport.RequestID(resp.Header),
		Detail: strings.TrimSpace(vendor.ErrorCode + " " + vendor.Error()),
	}
	switch {
	case resp.StatusCode == http.StatusForbidden && (vendor.ErrorCode == "E0000038" || vendor.ErrorCode == "E0000060"):
		e.Kind, e.Fix = transport.Refused, "Okta does not do this to this account as it is: do it in the admin console, or waive it"
	case resp.StatusCode == http.StatusForbidden:
		e.Kind = transport.Unauthorized
		e.Fix = fmt.Sprintf("give the %s credential %s, or its owner an administrator role that includes it, then decide retry", c.name, op.scope)
	case resp.StatusCode == http.StatusNotFound:
		e.Kind = transport.Invalid
	case resp.StatusCode == http.StatusConflict:
		// E0000112, and E0000268 while another role change is under way.
		e.Kind = transport.Unavailable
	default:
		e.Kind = transport.Refused
	}
	return e
}

func invalid(op call, detail string) error {
	return &transport.Error{Kind: transport.Invalid, System: System, Op: op.what, Detail: detail}
}

// status reports whether err is an answer of Okta's with this HTTP status.
func status(err error, code int) bool {
	var e *transport.Error
	return errors.As(err, &e) && e.Status == code
}
