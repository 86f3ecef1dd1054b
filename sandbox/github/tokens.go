package github

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// listCredentials lists the credentials authorised for single sign-on. Only
// the Enterprise plan has them.
func (c *call) listCredentials() {
	c.read(func(s *state, o *org) {
		if o.plan != "enterprise" {
			c.notFound()
			return
		}
		login, now := c.r.URL.Query().Get("login"), time.Now()
		live := []*credential{}
		for _, cr := range byID(o.credentials) {
			if cr.live(now) && (login == "" || strings.EqualFold(login, s.byID[cr.owner].login)) {
				live = append(live, cr)
			}
		}
		out := []any{}
		for _, cr := range page(c, live, 30) {
			shape := object{
				"login": s.byID[cr.owner].login, "credential_id": cr.id, "credential_type": cr.kind, "credential_authorized_at": created,
				"credential_accessed_at": nil, "authorized_credential_id": cr.id + 100000,
			}
			if cr.kind == "SSH key" {
				shape["fingerprint"], shape["authorized_credential_title"] = "SHA256:"+node("key", cr.id), cr.title
			} else {
				shape["token_last_eight"], shape["scopes"] = "71c3fc11", []string{"repo"}
				shape["authorized_credential_note"], shape["authorized_credential_expires_at"] = cr.title, nil
			}
			out = append(out, shape)
		}
		c.json(http.StatusOK, out)
	})
}

func (c *call) removeCredential() {
	c.write(func(_ *state, o *org) {
		id := c.number("credential_id")
		if cr := o.credentials[id]; cr == nil || !cr.live(time.Now()) {
			c.notFound()
			return
		}
		delete(o.credentials, id)
		c.noContent()
	})
}

// revokeCredentials queues the revocation of all a member's credentials; of
// one who is no member any more it knows nothing.
func (c *call) revokeCredentials() {
	c.write(func(s *state, o *org) {
		u := c.user(s)
		if u == nil || o.plan != "enterprise" || o.members[u.id] == "" {
			c.notFound()
			return
		}
		at := time.Now().Add(c.sv.o.AsyncRevocation)
		for _, cr := range o.credentials {
			if cr.owner == u.id && cr.gone.IsZero() {
				cr.gone = at
			}
		}
		c.json(http.StatusAccepted, object{"message": "Credential authorization revocation has been queued."})
	})
}

// onlyApps refuses everybody but a GitHub App.
func (c *call) onlyApps() bool {
	if c.who.login == "" {
		return true
	}
	c.fail(http.StatusForbidden, "Resource not accessible by personal access token")
	return false
}

func (c *call) listAccessTokens() {
	if !c.onlyApps() {
		return
	}
	c.read(func(s *state, o *org) {
		owners := c.r.URL.Query()["owner[]"]
		found := []*accessToken{}
		for _, t := range byID(o.tokens) {
			if len(owners) == 0 || slices.ContainsFunc(owners, func(l string) bool { return strings.EqualFold(l, s.byID[t.owner].login) }) {
				found = append(found, t)
			}
		}
		out := []any{}
		for _, t := range page(c, found, 30) {
			out = append(out, object{
				"id": t.id, "owner": s.byID[t.owner].simple, "repository_selection": "subset", "token_id": t.id + 500000, "token_name": t.name,
				"repositories_url":  api + "/organizations/" + itoa(o.id) + "/personal-access-tokens/" + itoa(t.id) + "/repositories",
				"permissions":       object{"organization": object{"members": "read"}, "repository": object{"metadata": "read"}},
				"access_granted_at": created, "token_expired": false, "token_expires_at": nil, "token_last_used_at": nil,
			})
		}
		c.json(http.StatusOK, out)
	})
}

func (c *call) revokeAccessToken() {
	if !c.onlyApps() {
		return
	}
	var body struct {
		Action string `json:"action"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&body); err != nil || body.Action != "revoke" {
		c.fail(http.StatusUnprocessableEntity, "Validation Failed")
		return
	}
	c.write(func(_ *state, o *org) {
		id := c.number("pat_id")
		if o.tokens[id] == nil {
			c.notFound()
			return
		}
		delete(o.tokens, id)
		c.noContent()
	})
}
