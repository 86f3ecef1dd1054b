package tailscale

import (
	"strings"

	ts "tailscale.com/client/tailscale/v2"

	"lastday/offboarding"
)

func (c *Connector) judgeKeys(s *sighting) []offboarding.Observation {
	auth := offboarding.Observation{Class: offboarding.AuthKeys, Reason: s.noKeys}
	api := offboarding.Observation{Class: offboarding.APITokens, Reason: s.noKeys}
	if s.noKeys != "" {
		return []offboarding.Observation{auth, api}
	}
	for _, k := range s.keys {
		if k.UserID != s.account.ID || !live(k) {
			continue
		}
		o := &auth
		if keyClass(k) != offboarding.AuthKeys {
			o = &api
		}
		g := offboarding.Grant{Class: o.Class, ID: k.ID, Label: keyLabel(k), Closes: offboarding.StepRevoke, Removal: c.cfg.removal(o.Class)}
		if k.ID == s.ownID || c.ownKey(k.ID) {
			g.Label += ", which Lastday itself uses"
			g.Removal = offboarding.Report
			o.Reason = "Lastday works with a credential this person made; make a new one as somebody else, then delete this one"
		}
		o.Present = append(o.Present, g)
	}
	auth.Control, api.Control = s.keyControls()
	for _, o := range []*offboarding.Observation{&auth, &api} {
		if o.Control == "" && o.Reason == "" {
			o.Reason = "nothing shows that the " + s.credential + " credential sees every key of this kind; give it the scopes auth_keys:read, api_access_tokens:read and oauth_keys:read"
		}
	}
	return []offboarding.Observation{auth, api}
}

func keyLabel(k ts.Key) string {
	kind := map[string]string{"auth": "auth key", "api": "API access token", "client": "OAuth client", "federated": "federated identity"}[k.KeyType]
	if kind == "" {
		kind = "key"
	}
	if k.Description == "" {
		return kind
	}
	return kind + " " + k.Description
}

// ownKey says whether a key is one Lastday works with.
func (c *Connector) ownKey(id string) bool {
	for _, cred := range c.credentials() {
		if own, err := cred.keyID(); err == nil && own == id {
			return true
		}
	}
	return false
}

// keyControls says what shows that the list would have held the person's auth
// keys, and API tokens. Tailscale leaves kinds out of the list that the
// credential has no scope for, without a word: so it takes either a live key
// of that very kind, or this credential's own key in the list together with
// the scopes it carries. A user's API access token carries all of its user's.
func (s *sighting) keyControls() (auth, api string) {
	var token, client string
	ownListed := false
	for _, k := range s.keys {
		if !live(k) {
			continue
		}
		ownListed = ownListed || k.ID == s.ownID
		if k.UserID == s.account.ID {
			continue
		}
		switch {
		case keyClass(k) == offboarding.AuthKeys:
			auth = "auth key " + k.ID
		case k.KeyType == "api":
			token = k.ID
		default:
			client = k.ID
		}
	}
	if token != "" && client != "" {
		api = "API access token " + token + " and OAuth client " + client
	}
	if s.own == nil || !ownListed {
		return auth, api
	}
	ownName := "the " + s.credential + " credential's own key " + s.ownID
	if auth == "" && s.may("auth_keys") {
		auth = ownName
	}
	if api == "" && s.may("api_access_tokens") && s.may("oauth_keys") {
		api = ownName
	}
	return auth, api
}

// may says whether the looking credential carries a scope, to read at least.
func (s *sighting) may(scope string) bool {
	if s.own.KeyType == "api" {
		return true
	}
	for _, have := range s.own.Scopes {
		switch strings.TrimSuffix(have, ":read") {
		case "all", scope:
			return true
		}
	}
	return false
}
