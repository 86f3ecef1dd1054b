package okta

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// oauthError is the shape of the authorization server's own errors.
func oauthError(status int, code, description string) answer {
	return answer{status: status, body: map[string]string{"error": code, "error_description": description}}
}

// serveToken is the org authorization server's token endpoint, for service
// apps: the client credentials grant with a signed client assertion. Tokens
// live for an hour, as Okta's do.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	s.headers(w)
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		write(w, oauthError(http.StatusBadRequest, "invalid_request", "The request body cannot be read."))
		return
	}
	s.mu.Lock()
	a := s.token(r)
	s.mu.Unlock()
	write(w, a)
}

func (s *Server) token(r *http.Request) answer {
	if r.Form.Get("grant_type") != "client_credentials" {
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server.")
	}
	if r.Form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return oauthError(http.StatusUnauthorized, "invalid_client", "The client_assertion_type is not supported.")
	}
	app, err := s.assertion(r)
	if err != nil {
		return oauthError(http.StatusUnauthorized, "invalid_client", err.Error())
	}
	scopes := strings.Fields(r.Form.Get("scope"))
	if len(scopes) == 0 {
		return oauthError(http.StatusBadRequest, "invalid_scope", "The authorization server resource does not have any configured default scopes, 'scope' must be provided.")
	}
	for _, want := range scopes {
		if !slices.Contains(app.Scopes, want) {
			return oauthError(http.StatusBadRequest, "invalid_scope", "One or more scopes are not configured for the authorization server resource.")
		}
	}
	value := "eyJsbx." + rand.Text() + "." + rand.Text()
	s.bearer[value] = bearerToken{scopes: scopes, expires: s.now().Add(time.Hour)}
	return answer{status: http.StatusOK, body: map[string]any{
		"token_type": "Bearer", "expires_in": 3600, "access_token": value, "scope": strings.Join(scopes, " "),
	}}
}

// assertion checks a client assertion: RS256 by a known app's key, issuer and
// subject the client, audience this endpoint, an hour at most, used once.
func (s *Server) assertion(r *http.Request) (ServiceApp, error) {
	var app ServiceApp
	claims := &jwt.RegisteredClaims{}
	_, err := jwt.ParseWithClaims(r.Form.Get("client_assertion"), claims, func(*jwt.Token) (any, error) {
		for _, known := range s.opts.Apps {
			if known.ClientID == claims.Issuer && claims.Subject == claims.Issuer {
				app = known
				return known.Key, nil
			}
		}
		return nil, errors.New("no such client")
	}, jwt.WithValidMethods([]string{"RS256"}))
	switch {
	case err != nil:
		return app, errors.New("the client_assertion token is not valid")
	case !claims.VerifyAudience("http://"+r.Host+"/oauth2/v1/token", true):
		return app, errors.New("the audience of the client_assertion token is not this endpoint")
	case claims.ExpiresAt == nil || claims.ExpiresAt.After(s.now().Add(time.Hour+time.Minute)):
		return app, errors.New("the client_assertion token lives longer than an hour")
	case claims.ID == "" || s.seen[claims.ID]:
		return app, errors.New("the client_assertion token was used before")
	}
	s.seen[claims.ID] = true
	return app, nil
}

// serveOrg tells, without a credential, whether the org runs on Identity
// Engine ("idx") or Classic Engine ("v1").
func (s *Server) serveOrg(w http.ResponseWriter, r *http.Request) {
	pipeline := "idx"
	if s.opts.Classic {
		pipeline = "v1"
	}
	s.headers(w)
	write(w, answer{status: http.StatusOK, body: map[string]any{
		"id": "00osbx00000000000001", "pipeline": pipeline,
		"_links": map[string]any{"organization": map[string]string{"href": "http://" + r.Host}},
	}})
}
