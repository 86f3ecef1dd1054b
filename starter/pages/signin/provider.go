package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"lastday/egress"
	"lastday/record"
	"lastday/secret"
)

// provider is the OpenID provider, discovered when it is first needed: the pages
// start while it is down.
type provider struct {
	conf   Config
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	known *oidc.Provider
}

func newProvider(c Config, now func() time.Time) (*provider, error) {
	way, err := egress.New(egress.Options{Key: privateKey, Base: c.Issuer, Private: c.PrivateAddresses})
	if err != nil {
		return nil, err
	}
	return &provider{conf: c, now: now, client: way.Client(10 * time.Second)}, nil
}

// discover reads the provider's own description, once it answers.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known != nil {
		return p.known, nil
	}
	found, err := oidc.NewProvider(p.calling(ctx), p.conf.Issuer)
	if err != nil {
		return nil, fmt.Errorf("read the provider's description: %w", err)
	}
	p.known = found
	return found, nil
}

func (p *provider) calling(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

func (p *provider) oauth(found *oidc.Provider) (oauth2.Config, error) {
	c := oauth2.Config{
		ClientID: p.conf.ClientID, Endpoint: found.Endpoint(), RedirectURL: p.conf.RedirectURL, Scopes: p.conf.Scopes,
	}
	if !p.conf.ClientSecret.IsSet() {
		return c, nil
	}
	s, err := p.conf.ClientSecret.Value()
	c.ClientSecret = s
	return c, err
}

// address is where the browser is sent to sign in.
func (p *provider) address(ctx context.Context, begun pending) (string, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	c, err := p.oauth(found)
	if err != nil {
		return "", err
	}
	return c.AuthCodeURL(begun.State, oidc.Nonce(begun.Nonce), oauth2.S256ChallengeOption(begun.Verifier)), nil
}

// redeem changes the provider's code into who somebody is and their groups.
func (p *provider) redeem(ctx context.Context, code string, begun pending) (record.Person, []string, error) {
	none := func(err error) (record.Person, []string, error) { return record.Person{}, nil, err }
	found, err := p.discover(ctx)
	if err != nil {
		return none(err)
	}
	c, err := p.oauth(found)
	if err != nil {
		return none(err)
	}
	ctx = p.calling(ctx)
	token, err := c.Exchange(ctx, code, oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		return none(fmt.Errorf("change the code into a token: %w", err))
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return none(errors.New("the provider sent no ID token"))
	}
	secret.Remember(raw)
	secret.Remember(token.AccessToken)
	id, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.conf.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return none(fmt.Errorf("check the ID token: %w", err))
	}
	if id.Nonce == "" || id.Nonce != begun.Nonce {
		return none(errors.New("the ID token was made for another sign-in: its nonce is not ours"))
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return none(fmt.Errorf("check the access token: %w", err))
		}
	}
	return p.about(ctx, found, id, token)
}

// about reads the claims of the ID token, and where it says nothing of groups or
// of the address, those of the user info endpoint.
func (p *provider) about(ctx context.Context, found *oidc.Provider, id *oidc.IDToken, token *oauth2.Token) (record.Person, []string, error) {
	var c claims
	all := map[string]any{}
	if err := errors.Join(id.Claims(&c), id.Claims(&all)); err != nil {
		return record.Person{}, nil, fmt.Errorf("read the ID token: %w", err)
	}
	_, says := all[p.conf.GroupsClaim]
	if (!says || c.Email == "") && found.UserInfoEndpoint() != "" {
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return record.Person{}, nil, fmt.Errorf("ask the provider who that is: %w", err)
		}
		if info.Subject != id.Subject {
			return record.Person{}, nil, errors.New("the provider's user info is about somebody else")
		}
		more := map[string]any{}
		if err := errors.Join(info.Claims(&c), info.Claims(&more)); err != nil {
			return record.Person{}, nil, fmt.Errorf("read the user info: %w", err)
		}
		if !says {
			all[p.conf.GroupsClaim] = more[p.conf.GroupsClaim]
		}
	}
	c.Subject = id.Subject
	return c.person(), groupsIn(all[p.conf.GroupsClaim]), nil
}

// host is the provider's name for people.
func (p *provider) host() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.conf.Issuer, "https://"), "http://")
}
