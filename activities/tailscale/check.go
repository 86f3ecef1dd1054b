package tailscale

import (
	"context"
	"fmt"
	"strings"
	"time"

	ts "tailscale.com/client/tailscale/v2"

	"lastday/activities"
	"lastday/activities/transport"
)

// expirySoon is when the check starts to warn about an API access token, which
// lives for 90 days at most.
const expirySoon = 14 * 24 * time.Hour

// Check reads with each credential everything the steps read, and names scopes
// that are missing or not needed. It cannot tell whether suspending is allowed
// without doing it.
func (c *Connector) Check(ctx context.Context) ([]activities.Finding, error) {
	var out []activities.Finding
	for _, cred := range c.credentials() {
		found, err := c.checkCredential(ctx, cred)
		if err != nil {
			return out, err
		}
		out = append(out, found...)
	}
	if c.observer == nil {
		out = append(out, activities.Finding{
			Level: activities.Warning, What: "no observer credential: what Lastday changed is read back with the same credential",
			Do: "make an OAuth client with the scopes users:read, devices:core:read, auth_keys:read, api_access_tokens:read and oauth_keys:read for tailscale.observer",
		})
	}
	return out, nil
}

func (c *Connector) checkCredential(ctx context.Context, cred *credential) ([]activities.Finding, error) {
	cl, err := c.open(cred, opUsers, opDevices, opKeys, opKey)
	if err != nil {
		return nil, err
	}
	defer cl.close()
	var out []activities.Finding
	add := func(l activities.Level, what, do string) {
		out = append(out, activities.Finding{Level: l, What: "tailscale " + cred.name + ": " + what, Do: do})
	}
	reads := []struct {
		what string
		call func() (int, error)
	}{
		{"users", func() (int, error) { l, err := cl.users(ctx); return len(l), err }},
		{"devices", func() (int, error) { l, err := cl.devices(ctx); return len(l), err }},
		{"keys", func() (int, error) { l, err := cl.keys(ctx, true); return len(l), err }},
	}
	for _, r := range reads {
		n, err := r.call()
		switch {
		case transport.IsKind(err, transport.Unauthorized) || hidden(err):
			add(activities.Bad, err.Error(), "")
		case err != nil:
			return out, err
		case n == 0:
			add(activities.Bad, "sees no "+r.what, "look at tailscale.tailnet and at the credential's scopes")
		default:
			add(activities.OK, fmt.Sprintf("sees %d %s", n, r.what), "")
		}
	}
	id, err := cred.keyID()
	if err != nil {
		add(activities.Bad, err.Error(), "")
		return out, nil
	}
	var own *ts.Key
	if id != "" {
		if own, err = cl.key(ctx, id); err != nil && !hidden(err) && !transport.IsKind(err, transport.Unauthorized) {
			return out, err
		}
	}
	if own == nil {
		add(activities.Warning, "cannot read its own key, so its scopes are not known", "add the scopes api_access_tokens:read and oauth_keys:read")
		return out, nil
	}
	checkOwn(cred, own, add)
	return out, nil
}

func checkOwn(cred *credential, own *ts.Key, add func(activities.Level, string, string)) {
	if own.KeyType == "api" {
		add(activities.Warning, "is an API access token, which has all rights of its user", "use an OAuth client with only the scopes needed")
		if left := time.Until(own.Expires); !own.Expires.IsZero() && left < expirySoon {
			add(activities.Warning, "expires on "+own.Expires.UTC().Format(time.DateOnly), "make a new one before then")
		}
		return
	}
	suffix := ""
	if cred.name == "observer" {
		suffix = ":read"
	}
	have := map[string]bool{}
	for _, s := range own.Scopes {
		have[s] = true
	}
	for _, need := range []string{"users", "devices:core", "auth_keys", "api_access_tokens", "oauth_keys"} {
		ok := have[need] || have["all"] || suffix != "" && (have[need+":read"] || have["all:read"])
		if need == "devices:core" {
			ok = ok || have["devices"] || suffix != "" && have["devices:read"]
		}
		if !ok {
			add(activities.Bad, "lacks the scope "+need+suffix, "add it to the OAuth client")
		}
		delete(have, need+suffix)
		delete(have, need+":read")
	}
	surplus := make([]string, 0, len(have))
	for _, s := range own.Scopes {
		if have[s] {
			surplus = append(surplus, s)
		}
	}
	if len(surplus) > 0 {
		add(activities.Warning, "carries more than it needs: "+strings.Join(surplus, ", "), "take these scopes away from the OAuth client")
	}
}
