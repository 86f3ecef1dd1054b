package github

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// actor is whose credential a request carries.
type actor struct {
	key      string // what the rate limits count by
	login    string // the token's owner; empty for an app
	org      string // the one organisation of an installation token
	scopes   string
	readOnly bool
	expires  time.Time
}

// authorized checks the credential and the limits, sets the headers of every
// answer, and refuses a write by a read-only credential.
func (sv *Server) authorized(pattern string, h func(*call)) http.HandlerFunc {
	writes := !strings.HasPrefix(pattern, "GET ") && pattern != "POST /graphql"
	return func(w http.ResponseWriter, r *http.Request) {
		standardHeaders(w.Header())
		who, ok := sv.actor(r)
		c := &call{w: w, r: r, sv: sv, who: who}
		if !ok {
			c.fail(http.StatusUnauthorized, "Bad credentials")
			return
		}
		if who.login != "" {
			w.Header().Set("X-OAuth-Scopes", who.scopes)
		}
		if over := sv.limits.count(w.Header(), who.key, writes, sv.o.RateLimits); over != "" {
			c.json(http.StatusForbidden, errorBody{Message: over, Status: "403", DocumentationURL: limitPages[over]})
			return
		}
		if writes && who.readOnly {
			c.fail(http.StatusForbidden, "Resource not accessible by integration")
			return
		}
		h(c)
	}
}

func (sv *Server) actor(r *http.Request) (actor, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "token") {
		return actor{}, false
	}
	switch token {
	case sv.o.Token:
		return actor{key: "token", login: robotLogin, scopes: "admin:org, manage_billing:copilot, repo"}, true
	case sv.o.ObserverToken:
		return actor{key: "observer", login: observerLogin, scopes: "read:org, repo", readOnly: true}, true
	}
	sv.tokenMu.Lock()
	defer sv.tokenMu.Unlock()
	a, ok := sv.issued[token]
	if !ok || time.Now().After(a.expires) {
		return actor{}, false
	}
	return a, true
}

// madeKey is the apps' key of every stand-in in this process that is not given
// one: making it takes a moment.
var madeKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func (sv *Server) appKey() (*rsa.PrivateKey, error) {
	if sv.o.AppKey != nil {
		return sv.o.AppKey, nil
	}
	return madeKey()
}

// AppKeyPEM is the private key of both apps, as GitHub hands it out.
func (sv *Server) AppKeyPEM() ([]byte, error) {
	key, err := sv.appKey()
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), nil
}

func (sv *Server) serveKey(w http.ResponseWriter, _ *http.Request) {
	b, err := sv.AppKeyPEM()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(b)
}

// app checks the request's JWT and says which app signed it.
func (sv *Server) app(r *http.Request) (int64, error) {
	key, err := sv.appKey()
	if err != nil {
		return 0, err
	}
	_, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	var claims jwt.RegisteredClaims
	if _, err := jwt.ParseWithClaims(raw, &claims, func(*jwt.Token) (any, error) { return &key.PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"})); err != nil {
		return 0, err
	}
	if claims.ExpiresAt == nil || claims.IssuedAt == nil || claims.ExpiresAt.Sub(claims.IssuedAt.Time) > 10*time.Minute {
		return 0, errors.New("'Expiration time' claim ('exp') is too far in the future")
	}
	id, err := strconv.ParseInt(claims.Issuer, 10, 64)
	if err != nil || (id != AppID && id != ObserverAppID) {
		return 0, errors.New("'Issuer' claim ('iss') must be an Integer")
	}
	return id, nil
}

// installation finds the organisation of an app's installation.
func (sv *Server) installation(w http.ResponseWriter, r *http.Request) (app, id int64, org string, ok bool) {
	standardHeaders(w.Header())
	app, err := sv.app(r)
	if err != nil {
		writeJSON(w, http.StatusUnauthorized, errorBody{Message: "A JSON web token could not be decoded", DocumentationURL: "https://docs.github.com/rest", Status: "401"})
		return 0, 0, "", false
	}
	all := Installations()
	if app == ObserverAppID {
		all = ObserverInstallations()
	}
	for o, i := range all {
		if r.PathValue("installation_id") == itoa(i) {
			return app, i, o, true
		}
	}
	writeJSON(w, http.StatusNotFound, notFound)
	return 0, 0, "", false
}

func (sv *Server) createInstallationToken(w http.ResponseWriter, r *http.Request) {
	app, id, org, ok := sv.installation(w, r)
	if !ok {
		return
	}
	var b [20]byte
	_, _ = rand.Read(b[:])
	token := "ghs_" + hex.EncodeToString(b[:])
	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	sv.tokenMu.Lock()
	sv.issued[token] = actor{key: "installation-" + itoa(id), org: org, readOnly: app == ObserverAppID, expires: expires}
	sv.tokenMu.Unlock()
	writeJSON(w, http.StatusCreated, map[string]any{
		"token": token, "expires_at": expires.Format(time.RFC3339), "permissions": appPermissions(app), "repository_selection": "all",
	})
}

func (sv *Server) getInstallation(w http.ResponseWriter, r *http.Request) {
	app, id, org, ok := sv.installation(w, r)
	if !ok {
		return
	}
	sv.mu.RLock()
	account := orgShape(sv.st.orgs[org])
	sv.mu.RUnlock()
	writeJSON(w, http.StatusOK, installationShape(app, id, account))
}

func appPermissions(app int64) map[string]string {
	level := "write"
	if app == ObserverAppID {
		level = "read"
	}
	return map[string]string{
		"members": level, "administration": level, "organization_administration": level, "metadata": "read",
		"organization_personal_access_tokens": level, "organization_copilot_seat_management": level, "organization_custom_org_roles": level,
	}
}
