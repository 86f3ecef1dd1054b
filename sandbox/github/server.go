package github

import (
	"crypto/rsa"
	"net/http"
	"strings"
	"sync"
	"time"

	"lastday/sandbox/faults"
	"lastday/sandbox/people"
)

// The credentials that a server accepts where Options name no others.
const (
	Token         = "sandbox-github-token"    // an owner's, allowed everything
	ObserverToken = "sandbox-github-observer" // an owner's, read only
	AppID         = int64(710001)             // allowed everything
	ObserverAppID = int64(710002)             // read only
)

// The organisations.
const (
	Acme     = "acme"
	Labs     = "acme-labs"
	Partners = "acme-partners"
)

// Installations are the ids of the app's installations, by organisation.
func Installations() map[string]int64 {
	return map[string]int64{Acme: 5001, Labs: 5002, Partners: 5003}
}

// ObserverInstallations are those of the read-only app.
func ObserverInstallations() map[string]int64 {
	return map[string]int64{Acme: 6001, Labs: 6002, Partners: 6003}
}

// Options configure a server; the zero value is usable.
type Options struct {
	Token, ObserverToken string // accepted instead of the constants
	// AppKey is the key both apps sign with; generated when nil.
	AppKey *rsa.PrivateKey
	// AsyncRevocation is how long a queued revocation of SSO credentials takes.
	AsyncRevocation time.Duration
	// RateLimits enforces the published limits: HourlyLimit requests an hour
	// (default 5,000) and 900 points a minute for each credential.
	RateLimits  bool
	HourlyLimit int
	// MaxPageSize caps per_page; default 100, as published.
	MaxPageSize int
}

// Server is the stand-in.
type Server struct {
	o      Options
	faults *faults.Injector
	limits limiter

	mu sync.RWMutex // guards st and what it points to
	st *state

	tokenMu sync.Mutex
	issued  map[string]actor // installation tokens
}

// New makes a server with the given staff.
func New(staff []people.Person, o Options) *Server {
	if o.Token == "" {
		o.Token = Token
	}
	if o.ObserverToken == "" {
		o.ObserverToken = ObserverToken
	}
	if o.HourlyLimit == 0 {
		o.HourlyLimit = 5000
	}
	if o.MaxPageSize == 0 {
		o.MaxPageSize = 100
	}
	sv := &Server{o: o, st: seed(staff), issued: map[string]actor{}}
	sv.limits.max = o.HourlyLimit
	mux := http.NewServeMux()
	sv.routes(mux)
	sv.faults = faults.New(mux, sv)
	return sv
}

// Handler serves the vendor's API at its root, and /_sandbox/.
func (sv *Server) Handler() http.Handler { return sv.faults }

// Faults is the control of what goes wrong.
func (sv *Server) Faults() *faults.Injector { return sv.faults }

// Snapshot implements faults.Vendor.
func (sv *Server) Snapshot() any {
	sv.mu.RLock()
	defer sv.mu.RUnlock()
	return sv.st.clone()
}

// Restore implements faults.Vendor.
func (sv *Server) Restore(s any) {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	sv.st = s.(*state)
}

// WriteError implements faults.Vendor.
func (sv *Server) WriteError(w http.ResponseWriter, status int, retryAfter string) {
	standardHeaders(w.Header())
	h := w.Header()
	h.Set("X-RateLimit-Limit", "5000")
	h.Set("X-RateLimit-Remaining", "4999")
	message, page := "Server Error", "https://docs.github.com/rest"
	switch status {
	case http.StatusUnauthorized:
		message = "Bad credentials"
	case http.StatusForbidden:
		message = "Resource not accessible by integration"
	case http.StatusTooManyRequests:
		message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
		page = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits"
		if retryAfter != "" {
			h.Set("Retry-After", retryAfter)
		}
	}
	writeJSON(w, status, errorBody{Message: message, DocumentationURL: page, Status: itoa(status)})
}

func (sv *Server) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /_sandbox/state", sv.serveState)
	mux.HandleFunc("GET /_sandbox/app.pem", sv.serveKey)
	mux.HandleFunc("POST /app/installations/{installation_id}/access_tokens", sv.createInstallationToken)
	mux.HandleFunc("GET /app/installations/{installation_id}", sv.getInstallation)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		standardHeaders(w.Header())
		writeJSON(w, http.StatusNotFound, notFound)
	})
	for pattern, h := range map[string]func(*call){
		"GET /rate_limit":       (*call).rateLimit,
		"GET /user":             (*call).authenticatedUser,
		"GET /user/{id}":        (*call).userByID,
		"GET /users/{username}": (*call).userByLogin,
		"POST /graphql":         (*call).graphql,
		"GET /orgs/{org}":       (*call).getOrg,

		"GET /orgs/{org}/members":                                          (*call).listMembers,
		"GET /orgs/{org}/memberships/{username}":                           (*call).getMembership,
		"DELETE /orgs/{org}/memberships/{username}":                        (*call).removeMembership,
		"GET /orgs/{org}/outside_collaborators":                            (*call).listOutside,
		"DELETE /orgs/{org}/outside_collaborators/{username}":              (*call).removeOutside,
		"GET /orgs/{org}/invitations":                                      (*call).listInvitations,
		"DELETE /orgs/{org}/invitations/{invitation_id}":                   (*call).cancelInvitation,
		"GET /orgs/{org}/teams":                                            (*call).listTeams,
		"GET /orgs/{org}/teams/{team_slug}/members":                        (*call).listTeamMembers,
		"GET /orgs/{org}/teams/{team_slug}/memberships/{username}":         (*call).getTeamMembership,
		"DELETE /orgs/{org}/teams/{team_slug}/memberships/{username}":      (*call).removeTeamMembership,
		"GET /orgs/{org}/organization-roles":                               (*call).listRoles,
		"GET /orgs/{org}/organization-roles/{role_id}/users":               (*call).listRoleUsers,
		"DELETE /orgs/{org}/organization-roles/users/{username}":           (*call).removeRoles,
		"DELETE /orgs/{org}/organization-roles/users/{username}/{role_id}": (*call).removeRole,
		"GET /orgs/{org}/credential-authorizations":                        (*call).listCredentials,
		"DELETE /orgs/{org}/credential-authorizations/{credential_id}":     (*call).removeCredential,
		"POST /orgs/{org}/credential-authorizations/{username}/revoke":     (*call).revokeCredentials,
		"GET /orgs/{org}/personal-access-tokens":                           (*call).listAccessTokens,
		"POST /orgs/{org}/personal-access-tokens/{pat_id}":                 (*call).revokeAccessToken,
		"GET /orgs/{org}/copilot/billing":                                  (*call).copilotBilling,
		"GET /orgs/{org}/copilot/billing/seats":                            (*call).listSeats,
		"DELETE /orgs/{org}/copilot/billing/selected_users":                (*call).cancelSeats,
		"GET /orgs/{org}/hooks":                                            (*call).listHooks,
		"GET /orgs/{org}/actions/runners":                                  (*call).listRunners,
		"GET /orgs/{org}/installations":                                    (*call).listInstallations,
		"GET /orgs/{org}/repos":                                            (*call).listRepos,
		"GET /repos/{org}/{repo}/collaborators":                            (*call).listCollaborators,
		"DELETE /repos/{org}/{repo}/collaborators/{username}":              (*call).removeCollaborator,
		"GET /repos/{org}/{repo}/invitations":                              (*call).listRepoInvitations,
		"DELETE /repos/{org}/{repo}/invitations/{invitation_id}":           (*call).cancelRepoInvitation,
		"GET /repos/{org}/{repo}/keys":                                     (*call).listKeys,
		"DELETE /repos/{org}/{repo}/keys/{key_id}":                         (*call).removeKey,
		"GET /scim/v2/organizations/{org}/Users":                           (*call).listSCIM,
	} {
		mux.HandleFunc(pattern, sv.authorized(pattern, h))
	}
}

func fold(s string) string { return strings.ToLower(s) }
