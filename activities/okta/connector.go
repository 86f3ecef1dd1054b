package okta

import (
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// System is the connector's name.
const System offboarding.System = "okta"

// Classes lists every class of an Okta account, in the order of reports.
func Classes() []offboarding.Class {
	return []offboarding.Class{
		offboarding.Login, offboarding.Sessions, offboarding.OAuthTokens, offboarding.APITokens, offboarding.AdminRoles,
		offboarding.Factors, offboarding.Groups, offboarding.Apps, offboarding.Devices,
	}
}

// listed are the classes that a list of Okta's shows.
func listed() []offboarding.Class { return Classes()[2:] }

// Okta's ids are 20 characters with a prefix for their kind. An id outside of
// the pattern is never sent: the SDK escapes nothing, and "me", "" or "x#y"
// would mean another record. Client ids may be chosen by an administrator.
var (
	userPattern  = regexp.MustCompile(`^00u[A-Za-z0-9]{17}$`)
	groupPattern = regexp.MustCompile(`^00g[A-Za-z0-9]{17}$`)
	subPattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,99}$`)
	loginPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
)

// Connector is one Okta org. Its methods are safe for concurrent use.
type Connector struct {
	config  Config
	clients func() (*clients, error)
}

var _ activities.Connector = (*Connector)(nil)

// clients are the ways out, each with no more calls than its step makes. The
// observer's shares no connection, cache or credential with the others.
type clients struct{ read, contain, revoke, observe *client }

// New checks the configuration. It calls nobody and reads no secret: a program
// that only starts cases needs none.
func New(c Config) (*Connector, error) {
	c.Defaults()
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("okta: %w", err)
	}
	return &Connector{config: c, clients: sync.OnceValues(func() (*clients, error) { return build(c) })}, nil
}

// System implements activities.Connector.
func (k *Connector) System() offboarding.System { return System }

func build(c Config) (*clients, error) {
	observer, name := c.observing()
	primary, err := c.connections()
	if err != nil {
		return nil, err
	}
	second, err := c.connections()
	if err != nil {
		return nil, err
	}
	auth, err := c.authorizer(c, primary)
	if err != nil {
		return nil, err
	}
	watcher, err := observer.authorizer(c, second)
	if err != nil {
		return nil, err
	}
	var out clients
	for _, b := range []struct {
		at    **client
		name  string
		auth  authorizer
		next  http.RoundTripper
		allow []string
	}{
		{&out.read, "primary", auth, primary, reads()},
		{&out.contain, "primary", auth, primary, append(reads(), containWrites()...)},
		{&out.revoke, "primary", auth, primary, append(reads(), revokeWrites()...)},
		{&out.observe, name, watcher, second, reads()},
	} {
		made, err := newClient(b.name, c, b.auth, b.next, b.allow)
		if err != nil {
			return nil, &transport.Error{Kind: transport.Unauthorized, System: System, Op: "build client", Err: err, Fix: "look at the okta section of the configuration"}
		}
		*b.at = made
	}
	return &out, nil
}

// connections is a pool of its own.
func (c Config) connections() (*http.Transport, error) {
	t, err := transport.Connections(transport.Options{System: System, Base: c.BaseURL, Private: c.PrivateAddresses})
	if err != nil {
		return nil, err
	}
	t.MaxIdleConnsPerHost = 64
	return t, nil
}

func reads() []string {
	return []string{
		"GET /api/v1/users", "GET /api/v1/users/{id}", "GET /api/v1/users/{id}/groups", "GET /api/v1/users/{id}/appLinks",
		"GET /api/v1/users/{userId}/clients", "GET /api/v1/users/{userId}/grants", "GET /api/v1/users/{userId}/roles",
		"GET /api/v1/users/{userId}/factors", "GET /api/v1/users/{userId}/devices", "GET /api/v1/devices/{deviceId}/users",
		"GET /api/v1/api-tokens", "GET /api/v1/logs", "GET /.well-known/okta-organization",
	}
}

func containWrites() []string {
	return []string{
		"POST /api/v1/users/{id}/lifecycle/suspend", "DELETE /api/v1/users/{userId}/sessions",
		"POST /api/v1/users/{id}/lifecycle/reset_factors", "POST /api/v1/users/{id}/lifecycle/deactivate",
	}
}

func revokeWrites() []string {
	return []string{
		"DELETE /api/v1/users/{userId}/sessions",
		"DELETE /api/v1/users/{userId}/clients/{clientId}/tokens",
		"DELETE /api/v1/users/{userId}/clients/{clientId}/grants",
		"DELETE /api/v1/api-tokens/{apiTokenId}",
		"DELETE /api/v1/users/{userId}/roles/{roleAssignmentId}",
		"DELETE /api/v1/groups/{groupId}/users/{userId}",
		"POST /api/v1/users/{id}/lifecycle/reset_factors",
		"DELETE /api/v1/users/{userId}/factors/{factorId}",
		"POST /api/v1/devices/{deviceId}/lifecycle/deactivate",
		"POST /api/v1/users/{id}/lifecycle/deactivate",
	}
}
