package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lastday/activities/slack/web"
	"lastday/activities/transport"
	"lastday/secret"
)

// scimClient speaks Slack's SCIM 2.0 API.
type scimClient struct {
	http *http.Client
	base string
}

const (
	opScimList   = "GET /scim/v2/Users"
	opScimGet    = "GET /scim/v2/Users/{id}"
	opScimDelete = "DELETE /scim/v2/Users/{id}"
)

// newScim builds a client for the operations in allow and makes no call.
func newScim(c Config, token secret.Ref, allow ...string) (*scimClient, error) {
	h, err := transport.Client(transport.Options{
		System: web.System, Base: c.ScimBaseURL, AllowHTTP: c.AllowHTTP, Private: c.PrivateAddresses, Allow: allow,
		Authorize: func(r *http.Request) error {
			value, err := token.Value()
			if err != nil {
				return err
			}
			r.Header.Set("Authorization", "Bearer "+value)
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return &scimClient{http: h, base: strings.TrimRight(c.ScimBaseURL, "/") + "/scim/v2/Users"}, nil
}

// scimUser is the part of a SCIM user that is looked at. Slack's userName is
// the handle, not the e-mail.
type scimUser struct {
	ID       string `json:"id"`
	UserName string `json:"userName"`
	Active   *bool  `json:"active"`
	Emails   []struct {
		Value string `json:"value"`
	} `json:"emails"`
}

// has reports whether one of the user's addresses is the e-mail.
func (u scimUser) has(email string) bool {
	for _, e := range u.Emails {
		if strings.EqualFold(strings.TrimSpace(e.Value), email) {
			return true
		}
	}
	return false
}

// errNoFilter is returned by search where the filter was refused or ignored:
// Slack documents it for SCIM 1.1 only.
var errNoFilter = errors.New("the SCIM filter is not supported here")

// search gives the users with the e-mail, active or not.
func (c *scimClient) search(ctx context.Context, email string) ([]scimUser, error) {
	literal, err := json.Marshal(email)
	if err != nil {
		return nil, err
	}
	var page struct {
		Total     *int       `json:"totalResults"`
		Resources []scimUser `json:"Resources"`
	}
	q := url.Values{"filter": {"email eq " + string(literal)}, "count": {"10"}}
	if _, err := c.do(ctx, http.MethodGet, opScimList, "?"+q.Encode(), &page); err != nil {
		if refusedFilter(err) {
			return nil, errNoFilter
		}
		return nil, err
	}
	if page.Total == nil || *page.Total < len(page.Resources) || (*page.Total > 0 && len(page.Resources) == 0) {
		return nil, invalid(opScimList, "the list does not add up")
	}
	for _, u := range page.Resources {
		switch {
		case !userID.MatchString(u.ID) || u.Active == nil:
			return nil, invalid(opScimList, "a user without id or active")
		case !u.has(email):
			return nil, errNoFilter
		}
	}
	return page.Resources, nil
}

// get reads one user by id. A user that does not exist gives a *transport.Error
// of kind Identity.
func (c *scimClient) get(ctx context.Context, id string) (scimUser, error) {
	var u scimUser
	if _, err := c.do(ctx, http.MethodGet, opScimGet, "/"+url.PathEscape(id), &u); err != nil {
		return scimUser{}, err
	}
	switch {
	case u.ID != id:
		return scimUser{}, invalid(opScimGet, "the answer is not about the user that was asked for")
	case u.Active == nil:
		return scimUser{}, invalid(opScimGet, "the answer does not say whether the user is active")
	}
	return u, nil
}

// deactivate ends the account and gives the vendor's request id. Calling it on
// a deactivated account changes nothing.
func (c *scimClient) deactivate(ctx context.Context, id string) (string, error) {
	return c.do(ctx, http.MethodDelete, opScimDelete, "/"+url.PathEscape(id), nil)
}

// do makes one call, reads its answer into a value unless that is nil, and
// gives the vendor's request id.
func (c *scimClient) do(ctx context.Context, method, op, rest string, into any) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+rest, nil)
	if err != nil {
		return "", fmt.Errorf("build request: %w", err)
	}
	r.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		return "", transport.Classify(web.System, op, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", transport.Classify(web.System, op, err)
	}
	if resp.StatusCode >= 300 {
		return "", scimError(op, resp, body)
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			return "", transport.Classify(web.System, op, err)
		}
	}
	return transport.RequestID(resp.Header), nil
}

var (
	scimProtects = []string{"cannot_disable_primary_owner", "primary_owner_check_failure", "cannot_modify_owner", "cannot_disable_bot_user_with_scim"}
	scimUnknown  = []string{"no_such_user", "unknown_user", "cannot_decode_user_id"}
	scimToken    = []string{"invalid_authentication", "missing_authentication", "permission_denied", "non_org_teams_only"}
	scimFilter   = []string{"invalid_query", "no_filters", "incomplete_filter", "invalid_filter_group", "query_building_failed"}
)

// scimError sorts Slack's SCIM error words; the status codes are not
// documented, so that the word decides (docs.slack.dev, SCIM API, "Errors").
func scimError(op string, resp *http.Response, body []byte) error {
	var e struct {
		Detail string `json:"detail"`
	}
	_ = json.Unmarshal(body, &e)
	out := &transport.Error{
		Kind: transport.Unavailable, System: web.System, Op: op, Status: resp.StatusCode,
		Detail: secret.Scrub(e.Detail), RequestID: transport.RequestID(resp.Header),
	}
	switch {
	case slices.Contains(scimProtects, e.Detail):
		out.Kind, out.Fix = transport.Protected, "Slack itself keeps this account: make someone else the owner first"
	case slices.Contains(scimUnknown, e.Detail):
		out.Kind, out.Fix = transport.Identity, "Slack never forgets a member, so this token belongs to another workspace or the id is wrong"
	case e.Detail == "plus_teams_only":
		out.Kind, out.Fix = transport.Refused, "this Slack plan has no SCIM: remove scim_token from the configuration, and a person will be asked to deactivate accounts"
	case slices.Contains(scimToken, e.Detail), resp.StatusCode == http.StatusForbidden:
		out.Kind, out.Fix = transport.Unauthorized, "the SCIM token needs the scope admin and an owner or admin who stays: renew it, then decide retry"
	case slices.Contains(scimFilter, e.Detail):
		out.Kind = transport.Refused
	case resp.StatusCode == http.StatusNotFound:
		out.Kind, out.Fix = transport.Invalid, "look at scim_base_url"
	}
	return out
}

func refusedFilter(err error) bool {
	var e *transport.Error
	return errors.As(err, &e) && slices.Contains(scimFilter, e.Detail)
}

// scimSaysUnknown reports whether Slack itself says that there is no such user.
func scimSaysUnknown(err error) bool {
	var e *transport.Error
	return errors.As(err, &e) && slices.Contains(scimUnknown, e.Detail)
}

func invalid(op, why string) error {
	return &transport.Error{Kind: transport.Invalid, System: web.System, Op: op, Detail: why}
}
