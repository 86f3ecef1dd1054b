package github

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// graphql answers the one query of an identity lookup: an organisation's SAML
// provider and its external identities, 100 a page.
func (c *call) graphql() {
	var body struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&body); err != nil || !strings.Contains(body.Query, "externalIdentities") {
		c.json(http.StatusOK, object{"errors": []object{{"message": "this stand-in answers the externalIdentities query only"}}})
		return
	}
	login, _ := body.Variables["org"].(string)
	after, _ := body.Variables["after"].(string)
	c.sv.mu.RLock()
	defer c.sv.mu.RUnlock()
	o := c.sv.st.orgs[fold(login)]
	if o == nil || (c.who.org != "" && c.who.org != o.login) {
		c.json(http.StatusOK, object{"data": object{"organization": nil}, "errors": []object{{
			"type": "NOT_FOUND", "path": []string{"organization"}, "message": "Could not resolve to an Organization with the login of '" + login + "'.",
		}}})
		return
	}
	var provider any
	if o.plan == "enterprise" {
		provider = object{"externalIdentities": c.identities(o, after)}
	}
	c.json(http.StatusOK, object{"data": object{"organization": object{"login": o.login, "samlIdentityProvider": provider}}})
}

func (c *call) identities(o *org, after string) object {
	from := 0
	if b, err := base64.StdEncoding.DecodeString(after); err == nil {
		if n, err := strconv.Atoi(strings.TrimPrefix(string(b), "cursor:")); err == nil {
			from = n
		}
	}
	to := min(from+c.sv.o.MaxPageSize, len(o.identities))
	nodes := []object{}
	for _, i := range o.identities[min(from, to):to] {
		var linked any
		if u := c.sv.st.byID[i.user]; u != nil {
			linked = object{"login": u.login, "databaseId": u.id}
		}
		nodes = append(nodes, object{
			"guid": i.guid, "samlIdentity": object{"nameId": i.email, "username": i.email},
			"scimIdentity": object{"username": i.email}, "user": linked,
		})
	}
	return object{
		"totalCount": len(o.identities), "nodes": nodes,
		"pageInfo": object{"hasNextPage": to < len(o.identities), "endCursor": base64.StdEncoding.EncodeToString([]byte("cursor:" + strconv.Itoa(to)))},
	}
}
