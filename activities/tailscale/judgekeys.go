package tailscale

import (
	"slices"
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
	var strayAuth, strayAPI []string // live keys that name no owner
	for _, k := range s.keys {
		if !live(k) {
			continue
		}
		o, stray := &auth, &strayAuth
		if keyClass(k) != offboarding.AuthKeys {
			o, stray = &api, &strayAPI
		}
		if k.UserID == "" && k.ID != s.ownID && !c.ownKey(k.ID) && !slices.Contains(c.cfg.OwnerlessKeys, k.ID) {
			*stray = append(*stray, k.ID)
		}
		if k.UserID != s.account.ID {
			continue
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
	disown(&auth, strayAuth)
	disown(&api, strayAPI)
	return []offboarding.Observation{auth, api}
}

// disown adds to a class's reason the live keys that name no owner. Tailscale
// names none for a key that an OAuth client made, and whoever held that
// client's secret may hold the key.
func disown(o *offboarding.Observation, stray []string) {
	if len(stray) == 0 {
		return
	}
	slices.Sort(stray)
	why := "no owner is named for " + strings.Join(stray, ", ") + ", so it may be this person's: delete it, or name it in tailscale.ownerless_keys if a machine made it"
	o.Reason = strings.TrimPrefix(o.Reason+"; "+why, "; ")
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
// keys, and API tokens: a live key of that very kind, or this credential's own
// key in the list together with the right to see all keys.
func (s *sighting) keyControls() (auth, api string) {
	var token, client, foreign string
	ownListed := false
	for _, k := range s.keys {
		if !live(k) {
			continue
		}
		ownListed = ownListed || k.ID == s.ownID
		if k.UserID == s.account.ID {
			continue
		}
		if s.own != nil && k.UserID != s.own.UserID {
			foreign = k.ID
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
	if auth == "" && s.may("auth_keys", foreign) {
		auth = ownName
	}
	if api == "" && s.may("api_access_tokens", foreign) && s.may("oauth_keys", foreign) {
		api = ownName
	}
	return auth, api
}

// may says whether the looking credential sees every key of a scope. An OAuth
// client's list leaves out, without a word, the kinds it has no scope for. A
// user's API access token has no scopes: it sees all keys or its user's alone,
// so it takes a foreign key in the list, or a user whom nothing is kept from.
func (s *sighting) may(scope, foreign string) bool {
	if s.own.KeyType == "api" {
		return foreign != "" || slices.ContainsFunc(s.users, func(u ts.User) bool {
			return u.ID == s.own.UserID && (u.Role == ts.UserRoleOwner || u.Role == ts.UserRoleAdmin)
		})
	}
	return slices.ContainsFunc(s.own.Scopes, func(have string) bool {
		have = strings.TrimSuffix(have, ":read")
		return have == "all" || have == scope
	})
}
