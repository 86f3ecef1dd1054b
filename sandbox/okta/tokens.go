package okta

import (
	"slices"
	"time"
)

// tidy forgets a client in which the user has neither tokens nor consents.
func (u *user) tidy(cl *client) {
	if len(cl.tokens) == 0 && len(cl.grants) == 0 {
		delete(u.clients, cl.id)
	}
}

func (s *Server) listClients(c *call) answer {
	u, missing := s.user(c, "userId")
	if u == nil {
		return missing
	}
	base := "/api/v1/users/" + u.id + "/clients/"
	view := func(cl *client) map[string]any {
		return map[string]any{
			"client_id": cl.id, "client_name": cl.name,
			"_links": map[string]any{"grants": c.href(base + cl.id + "/grants"), "tokens": c.href(base + cl.id + "/tokens")},
		}
	}
	return list(s, c, sorted(u.clients), func(cl *client) string { return cl.id }, view, 200, 200)
}

// client resolves the client of a request among those the user has used.
func (s *Server) client(c *call) (*user, *client, answer) {
	u, missing := s.user(c, "userId")
	if u == nil {
		return nil, nil, missing
	}
	cl := u.clients[c.r.PathValue("clientId")]
	if cl == nil {
		return u, nil, notFound(c.r.PathValue("clientId"), "OAuth2Client")
	}
	return u, cl, answer{}
}

func (s *Server) listClientTokens(c *call) answer {
	u, cl, missing := s.client(c)
	if cl == nil {
		return missing
	}
	view := func(t refreshToken) map[string]any {
		return map[string]any{
			"id": t.id, "status": "ACTIVE", "clientId": cl.id, "userId": u.id, "scopes": slices.Clone(t.scopes),
			"issuer": "http://" + c.r.Host + "/oauth2/default", "created": stamp(t.created), "lastUpdated": stamp(t.created),
			"expiresAt": stamp(t.created.Add(30 * 24 * time.Hour)),
		}
	}
	return list(s, c, sorted(cl.tokens), func(t refreshToken) string { return t.id }, view, 20, 200)
}

func (s *Server) revokeClientTokens(c *call) answer {
	u, cl, missing := s.client(c)
	if cl == nil {
		return missing
	}
	if len(cl.tokens) == 0 {
		return noContent()
	}
	clear(cl.tokens)
	u.tidy(cl)
	s.record(c, "app.oauth2.client.token.revoke", "Revoke the user's tokens of a client", u, party{cl.id, "PublicClientApp", cl.id, cl.name})
	return noContent()
}

func (s *Server) viewGrant(c *call, u *user, cl *client) func(scopeGrant) map[string]any {
	return func(g scopeGrant) map[string]any {
		return map[string]any{
			"id": g.id, "status": "ACTIVE", "clientId": cl.id, "userId": u.id, "scopeId": g.scope, "source": "END_USER",
			"issuer": "http://" + c.r.Host + "/oauth2/default", "created": stamp(g.created), "lastUpdated": stamp(g.created),
			"createdBy": map[string]any{"id": u.id, "type": "User"},
		}
	}
}

func grantID(g scopeGrant) string { return g.id }

func (s *Server) listClientGrants(c *call) answer {
	u, cl, missing := s.client(c)
	if cl == nil {
		return missing
	}
	return list(s, c, sorted(cl.grants), grantID, s.viewGrant(c, u, cl), 20, 200)
}

func (s *Server) revokeClientGrants(c *call) answer {
	u, cl, missing := s.client(c)
	if cl == nil {
		return missing
	}
	s.dropGrants(c, u, cl)
	return noContent()
}

// dropGrants withdraws the user's consents to a client.
func (s *Server) dropGrants(c *call, u *user, cl *client) {
	if len(cl.grants) == 0 {
		return
	}
	clear(cl.grants)
	u.tidy(cl)
	s.record(c, "app.oauth2.as.consent.revoke.user", "Revoke the user's consents", u, party{cl.id, "PublicClientApp", cl.id, cl.name})
}

func (s *Server) listGrants(c *call) answer {
	u, missing := s.user(c, "userId")
	if u == nil {
		return missing
	}
	type owned struct {
		scopeGrant
		of *client
	}
	all := map[string]owned{}
	for _, cl := range u.clients {
		for id, g := range cl.grants {
			all[id] = owned{g, cl}
		}
	}
	view := func(o owned) map[string]any { return s.viewGrant(c, u, o.of)(o.scopeGrant) }
	return list(s, c, sorted(all), func(o owned) string { return o.id }, view, 20, 200)
}

func (s *Server) revokeGrants(c *call) answer {
	u, missing := s.user(c, "userId")
	if u == nil {
		return missing
	}
	for _, cl := range sorted(u.clients) {
		s.dropGrants(c, u, cl)
	}
	return noContent()
}

func (s *Server) revokeGrant(c *call) answer {
	u, missing := s.user(c, "userId")
	if u == nil {
		return missing
	}
	id := c.r.PathValue("grantId")
	for _, cl := range sorted(u.clients) {
		if _, ok := cl.grants[id]; ok {
			delete(cl.grants, id)
			u.tidy(cl)
			s.record(c, "app.oauth2.as.consent.revoke.user", "Revoke the user's consent", u)
			return noContent()
		}
	}
	return notFound(id, "OAuth2ScopeConsentGrant")
}

func (s *Server) listTokens(c *call) answer {
	view := func(t *apiToken) map[string]any {
		return map[string]any{
			"id": t.id, "name": t.name, "userId": t.userID, "clientName": t.clientName,
			"created": stamp(t.created), "lastUpdated": stamp(t.created), "expiresAt": stamp(t.expires),
			"network": map[string]any{"connection": "ANYWHERE"},
			"_link":   map[string]any{"self": c.href("/api/v1/api-tokens/" + t.id)},
		}
	}
	return list(s, c, sorted(s.st.tokens), func(t *apiToken) string { return t.id }, view, 200, 200)
}

func (s *Server) revokeToken(c *call) answer {
	id := c.r.PathValue("apiTokenId")
	t := s.st.tokens[id]
	if t == nil {
		return notFound(id, "ApiToken")
	}
	delete(s.st.tokens, id)
	u := s.st.users[t.userID]
	delete(u.tokens, id)
	s.record(c, "system.api_token.revoke", "Revoke API token", u, party{t.id, "Token", "unknown", t.name})
	return noContent()
}
