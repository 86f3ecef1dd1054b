package okta

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v4"

	"lastday/activities/transport"
	"lastday/secret"
)

// authorizer puts the credential on each request as it leaves, so that neither
// the SDK nor an error of its ever holds it.
type authorizer interface {
	authorize(*http.Request) error
	// refused is told of a 401: whatever is kept must be fetched anew.
	refused()
}

func (c Credential) authorizer(org Config, next http.RoundTripper) (authorizer, error) {
	base := strings.TrimRight(org.BaseURL, "/")
	if c.APIToken.IsSet() {
		return ssws{c.APIToken}, nil
	}
	client, err := transport.Client(transport.Options{
		System: System, Base: base, AllowHTTP: org.AllowHTTP, Next: next,
		Allow: []string{"POST /oauth2/v1/token"}, Timeout: callTimeout, Limit: limit,
	})
	if err != nil {
		return nil, err
	}
	return &serviceApp{cred: c, endpoint: base + "/oauth2/v1/token", http: client, gate: make(chan struct{}, 1)}, nil
}

type ssws struct{ token secret.Ref }

func (a ssws) authorize(r *http.Request) error {
	v, err := a.token.Value()
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "SSWS "+v)
	return nil
}

func (ssws) refused() {}

// serviceApp fetches an access token with a client assertion that travels in
// the request's body: the SDK would put it, valid for an hour, into the URL,
// and ignore the context. The token is kept until shortly before its expiry.
type serviceApp struct {
	cred     Credential
	endpoint string
	http     *http.Client

	gate    chan struct{} // holds one token: whoever has it may look at what follows
	token   string
	expires time.Time
	granted []string
}

func (a *serviceApp) authorize(r *http.Request) error {
	token, _, err := a.fetch(r.Context())
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

func (a *serviceApp) refused() {
	a.gate <- struct{}{}
	a.token = ""
	<-a.gate
}

// fetch gives a token that is valid now, and the scopes it was granted.
func (a *serviceApp) fetch(ctx context.Context) (string, []string, error) {
	select {
	case a.gate <- struct{}{}:
		defer func() { <-a.gate }()
	case <-ctx.Done():
		return "", nil, transport.Classify(System, "fetch access token", ctx.Err())
	}
	if a.token != "" && time.Now().Before(a.expires) {
		return a.token, a.granted, nil
	}
	assertion, err := a.assertion()
	if err != nil {
		return "", nil, err
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "scope": {strings.Join(a.cred.Scopes, " ")},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", nil, fmt.Errorf("build token request: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := a.http.Do(req)
	if err != nil {
		return "", nil, transport.Classify(System, "fetch access token", err)
	}
	defer resp.Body.Close()
	var got struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		Scope       string `json:"scope"`
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil && !errors.Is(err, io.EOF) {
		return "", nil, transport.Classify(System, "fetch access token", err)
	}
	fail := &transport.Error{Kind: transport.Unauthorized, System: System, Op: "fetch access token", Status: resp.StatusCode, RequestID: transport.RequestID(resp.Header)}
	switch {
	case resp.StatusCode != http.StatusOK:
		fail.Detail = strings.TrimSpace(got.Code + " " + got.Description)
		fail.Fix = "look at client_id, private_key and scopes, and at the scopes granted to the service app"
		return "", nil, fail
	case got.AccessToken == "" || got.ExpiresIn <= 0:
		fail.Kind, fail.Detail = transport.Invalid, "the answer holds no token"
		return "", nil, fail
	}
	secret.Remember(got.AccessToken)
	keep := time.Duration(got.ExpiresIn) * time.Second
	a.token, a.expires, a.granted = got.AccessToken, time.Now().Add(keep-min(time.Minute, keep/2)), strings.Fields(got.Scope)
	return a.token, a.granted, nil
}

// assertion signs that the client is who it says, for five minutes, once.
func (a *serviceApp) assertion() (string, error) {
	text, err := a.cred.PrivateKey.Value()
	if err != nil {
		return "", err
	}
	key, err := rsaKey(text)
	if err != nil {
		return "", fmt.Errorf("read private key %s: %w", a.cred.PrivateKey.Source(), err)
	}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: a.cred.ClientID, Subject: a.cred.ClientID, Audience: jwt.ClaimStrings{a.endpoint}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(5 * time.Minute)),
	})
	if a.cred.PrivateKeyID != "" {
		token.Header["kid"] = a.cred.PrivateKeyID
	}
	signed, err := token.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign client assertion: %w", err)
	}
	secret.Remember(signed)
	return signed, nil
}

// rsaKey reads an RSA key; its errors never echo the text.
func rsaKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(strings.ReplaceAll(text, `\n`, "\n")))
	if block == nil {
		return nil, errors.New("it is not PEM; give a key that starts with -----BEGIN RSA PRIVATE KEY-----")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok {
		return nil, errors.New("it is not an RSA key in PKCS#1 or PKCS#8 form")
	}
	return key, nil
}
