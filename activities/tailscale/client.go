package tailscale

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	ts "tailscale.com/client/tailscale/v2"

	"lastday/activities/transport"
)

// The operations, as the transport's allow-list has them; {tailnet} is
// replaced by the configured one.
const (
	opUsers        = "GET /api/v2/tailnet/{tailnet}/users"
	opUser         = "GET /api/v2/users/{id}"
	opSuspend      = "POST /api/v2/users/{id}/suspend"
	opDevices      = "GET /api/v2/tailnet/{tailnet}/devices"
	opDevice       = "GET /api/v2/device/{id}"
	opDeleteDevice = "DELETE /api/v2/device/{id}"
	opKeys         = "GET /api/v2/tailnet/{tailnet}/keys"
	opKey          = "GET /api/v2/tailnet/{tailnet}/keys/{id}"
	opDeleteKey    = "DELETE /api/v2/tailnet/{tailnet}/keys/{id}"
)

// client is one credential's way out.
type client struct {
	cred *credential
	api  *ts.Client
	http *http.Client
	base *url.URL
	next *http.Transport
}

// open builds a client that may make the given calls only. Close it when done.
func (c *Connector) open(cred *credential, ops ...string) (*client, error) {
	allow := make([]string, 0, len(ops))
	for _, op := range ops {
		allow = append(allow, expand(op, c.cfg.Tailnet))
	}
	next, err := c.cfg.connections()
	if err != nil {
		return nil, err
	}
	hc, err := transport.Client(transport.Options{
		System: System, Base: c.cfg.BaseURL, AllowHTTP: c.cfg.AllowHTTP, Allow: allow,
		Authorize: cred.authorize, Next: next,
	})
	if err != nil {
		return nil, err
	}
	hc.Transport = noting{hc.Transport}
	base, err := transport.CheckBase(c.cfg.BaseURL, c.cfg.AllowHTTP)
	if err != nil {
		return nil, err
	}
	return &client{
		cred: cred, http: hc, base: base, next: next,
		api: &ts.Client{BaseURL: base, Tailnet: c.cfg.Tailnet, HTTP: hc, UserAgent: "lastday"},
	}, nil
}

// connections is a pool of its own.
func (c Config) connections() (*http.Transport, error) {
	return transport.Connections(transport.Options{System: System, Base: c.BaseURL, Private: c.PrivateAddresses})
}

// close lets go of the client's idle connections.
func (c *client) close() { c.next.CloseIdleConnections() }

// note is what the SDK does not hand out about an answer.
type note struct {
	status    int
	requestID string
}

type noteKey struct{}

// noting keeps status and request id of each answer for the call that asked.
type noting struct{ next http.RoundTripper }

func (n noting) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := n.next.RoundTrip(r)
	if at, ok := r.Context().Value(noteKey{}).(*note); ok && resp != nil {
		at.status, at.requestID = resp.StatusCode, transport.RequestID(resp.Header)
	}
	return resp, err
}

// do makes one call and types its error. An error that is not in Tailscale's
// own shape keeps its status, and a 404 that is not is no proof of absence.
func (c *client) do(ctx context.Context, op string, call func(context.Context) error) (note, error) {
	var n note
	err := call(context.WithValue(ctx, noteKey{}, &n))
	if err == nil {
		return n, nil
	}
	e := &transport.Error{System: System, Op: op, Status: n.status, RequestID: n.requestID}
	var known *transport.Error
	var api ts.APIError
	switch {
	case errors.As(err, &known):
		if known.Status == http.StatusUnauthorized && known.Op != tokenOp && c.cred.refused(ctx) {
			again := *known
			again.Kind, again.Fix = transport.Unavailable, "the next try fetches a new token"
			return n, &again
		}
		return n, known
	case n.status == 0:
		return n, transport.Classify(System, op, err)
	case errors.As(err, &api) && api.Message != "":
		e.Detail = api.Message
		switch n.status {
		case http.StatusForbidden:
			e.Kind, e.Fix = transport.Unauthorized, "give the "+c.cred.name+" credential the scope "+scopeFor(op)+", then decide retry"
		default:
			e.Kind = transport.Refused
		}
	default:
		e.Kind, e.Detail = transport.Invalid, "the answer is not what this call gives; look at base_url and at proxies in between"
	}
	return n, e
}

// gone reports whether err is Tailscale's own word that there is no such thing.
func gone(err error) bool {
	var e *transport.Error
	return errors.As(err, &e) && e.Kind == transport.Refused && e.Status == http.StatusNotFound
}

// hidden reports whether err says that this credential may not look. Tailscale
// answers 404 on a list to those who may not read it.
func hidden(err error) bool {
	var e *transport.Error
	return errors.As(err, &e) && (e.Status == http.StatusForbidden && e.Kind == transport.Unauthorized || gone(err))
}

// suspend suspends a user; the SDK has no such call.
func (c *client) suspend(ctx context.Context, id string) (note, error) {
	return c.do(ctx, opSuspend, func(ctx context.Context) error {
		u := c.base.JoinPath("api", "v2", "users", url.PathEscape(id), "suspend")
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), nil)
		if err != nil {
			return err
		}
		resp, err := c.http.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode < 300 {
			return nil
		}
		var refused ts.APIError
		if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&refused); err != nil {
			return err
		}
		return refused
	})
}

// scopeFor names the OAuth scope a call needs.
func scopeFor(op string) string {
	switch op {
	case opUsers, opUser:
		return "users:read"
	case opSuspend:
		return "users"
	case opDevices, opDevice:
		return "devices:core:read"
	case opDeleteDevice:
		return "devices:core"
	case opDeleteKey:
		return "auth_keys, api_access_tokens and oauth_keys"
	default:
		return "auth_keys:read, api_access_tokens:read and oauth_keys:read"
	}
}
