package okta

import (
	"context"
	"fmt"
	"net/http"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// job is a change, or a few in a fixed order, that depends on no other job.
type job func(context.Context) error

func (r *revocation) sessionJobs(u *sdk.User) []job {
	if len(r.of(offboarding.Sessions)) == 0 {
		return nil
	}
	return []job{func(ctx context.Context) error { return r.clearSessions(ctx, u) }}
}

// clientJobs revoke, client by client, refresh tokens and consents.
func (r *revocation) clientJobs() []job {
	var out []job
	for _, g := range r.of(offboarding.OAuthTokens) {
		if !r.there(g) {
			continue
		}
		tokens, consents := remove(g), remove(g)
		tokens.Do, consents.Do = "revoke tokens of "+g.Label, "revoke consents of "+g.Label
		out = append(out, func(ctx context.Context) error {
			return r.do(call{"revoke OAuth tokens", "okta.users.manage"}, tokens, func() (*sdk.Response, error) {
				return r.c.sdk.User.RevokeTokensForUserAndClient(ctx, r.id, g.ID)
			})
		}, func(ctx context.Context) error {
			return r.do(call{"revoke OAuth consents", "okta.users.manage"}, consents, func() (*sdk.Response, error) {
				return r.c.sdk.User.RevokeGrantsForUserAndClient(ctx, r.id, g.ID)
			})
		})
	}
	return out
}

func (r *revocation) tokenJobs() []job {
	var out []job
	for _, g := range r.of(offboarding.APITokens) {
		if r.there(g) {
			out = append(out, func(ctx context.Context) error {
				return r.do(call{"revoke API token", "okta.apiTokens.manage"}, remove(g), r.c.raw(ctx, http.MethodDelete, "/api/v1/api-tokens/"+g.ID))
			})
		}
	}
	return out
}

// groupJobs leave groups, for their own sake or for the admin role they bring,
// and take direct roles away. Role changes run one after the other: Okta
// answers 409 to a second one under way.
func (r *revocation) groupJobs() []job {
	leave := map[string][]offboarding.Action{}
	for _, g := range r.of(offboarding.Groups) {
		if r.there(g) {
			leave[g.ID] = append(leave[g.ID], remove(g))
		}
	}
	var direct []offboarding.Grant
	var out []job
	for _, g := range r.of(offboarding.AdminRoles) {
		if !r.there(g) {
			continue
		}
		switch group := r.broughtBy(g.ID); {
		case group == "":
			direct = append(direct, g)
		case groupPattern.MatchString(group):
			leave[group] = append(leave[group], remove(g))
		default:
			out = append(out, func(context.Context) error {
				return &transport.Error{
					Kind: transport.Refused, System: System, Op: "remove admin role",
					Detail: fmt.Sprintf("%s comes by a group that Okta does not name", g.Label), Fix: "take it away in the admin console",
				}
			})
		}
	}
	for group, acts := range leave {
		out = append(out, func(ctx context.Context) error {
			op := call{"remove from group", "okta.groups.manage"}
			id, answer, err := r.c.send(op, func() (*sdk.Response, error) { return r.c.sdk.Group.RemoveUserFromGroup(ctx, group, r.id) })
			if status(err, http.StatusNotFound) {
				answer, err = activities.AlreadyAbsent, nil
			}
			if err != nil {
				return err
			}
			for _, act := range acts {
				act.RequestID = id
				r.note(act, answer)
			}
			return nil
		})
	}
	return append(out, func(ctx context.Context) error {
		for _, g := range direct {
			err := r.do(call{"remove admin role", "okta.roles.manage"}, remove(g), func() (*sdk.Response, error) {
				return r.c.sdk.User.RemoveRoleFromUser(ctx, r.id, g.ID)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// broughtBy is the group that brings a role; empty for a direct one.
func (r *revocation) broughtBy(role string) string {
	for _, have := range r.roles {
		if have.ID == role {
			return have.group()
		}
	}
	return ""
}

// factorJobs reset all factors at once where all are to go. Else they go one
// by one, in order: unenrolling Okta Verify takes others along.
func (r *revocation) factorJobs() []job {
	var gone []offboarding.Grant
	for _, g := range r.of(offboarding.Factors) {
		if r.there(g) {
			gone = append(gone, g)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if len(gone) < len(r.now[offboarding.Factors].grants) {
		return []job{func(ctx context.Context) error {
			for _, g := range gone {
				err := r.do(call{"unenrol factor", "okta.users.manage"}, remove(g), func() (*sdk.Response, error) {
					return r.c.sdk.UserFactor.DeleteFactor(ctx, r.id, g.ID)
				})
				if err != nil {
					return err
				}
			}
			return nil
		}}
	}
	return []job{func(ctx context.Context) error { return r.resetFactors(ctx, r.id, gone) }}
}

func (r *revocation) deviceJobs() []job {
	var out []job
	for _, g := range r.of(offboarding.Devices) {
		if r.there(g) {
			out = append(out, func(ctx context.Context) error {
				return r.do(call{"deactivate device", "okta.devices.manage"}, remove(g), r.c.raw(ctx, http.MethodPost, "/api/v1/devices/"+g.ID+"/lifecycle/deactivate"))
			})
		}
	}
	return out
}
