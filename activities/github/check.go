package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	gh "github.com/google/go-github/v57/github"

	"lastday/activities"
	"lastday/offboarding"
)

// Check implements activities.Connector. Each credential reads every class
// once, in the way a case would, about a member who stays; what stays blind is
// named. Classic tokens' scopes and an App's permissions are compared with
// what is needed.
func (c *Connector) Check(ctx context.Context) ([]activities.Finding, error) {
	out := c.checkWire(ctx, c.primary, "primary")
	if c.cfg.Observer == nil {
		return append(out, activities.Finding{
			Level: activities.Warning, What: "github: no observer is configured, so the credential that cuts is also the one that proves",
			Do: "add a second, read-only credential under observer",
		}), ctx.Err()
	}
	return append(out, c.checkWire(ctx, c.observer, "observer")...), ctx.Err()
}

func (c *Connector) checkWire(ctx context.Context, w *wire, name string) []activities.Finding {
	var mu sync.Mutex
	var out []activities.Finding
	add := func(level activities.Level, do, format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		out = append(out, activities.Finding{Level: level, What: "github: " + name + ": " + fmt.Sprintf(format, args...), Do: do})
	}
	s := c.session(w)
	steps := make([]func() error, 0, len(c.cfg.Organizations))
	for _, org := range c.cfg.Organizations {
		steps = append(steps, func() error {
			s.checkOrg(ctx, org, add)
			return nil
		})
	}
	_ = parallel(steps...) // the functions above return nil
	s.checkPower(ctx, name == "observer", add)
	slices.SortStableFunc(out, func(a, b activities.Finding) int { return strings.Compare(a.What, b.What) })
	return out
}

type adder func(level activities.Level, do, format string, args ...any)

// checkOrg reads every class of one organisation.
func (s *session) checkOrg(ctx context.Context, org string, add adder) {
	owners, err := s.ownersOf(ctx, org)
	if err != nil {
		add(activities.Bad, "look at organizations, base_url and the credential", "%s: %v", org, err)
		return
	}
	w := subject{id: owners[0].GetID(), login: owners[0].GetLogin()}
	add(activities.OK, "", "%s is reached; owners: %d", org, len(owners))
	if len(owners) == 1 {
		add(activities.Warning, "make a second person an owner", "%s has one owner, %s, who can never be offboarded", org, owners[0].GetLogin())
	}
	report := func(class offboarding.Class, seen sighting, err error) {
		seen, err = s.c.orBlind(org, class, seen, err)
		switch {
		case err != nil:
			add(activities.Bad, "", "%s: %s: %v", org, class, err)
		case seen.sight == offboarding.Blind && !seen.refused && seen.reason != "":
			add(activities.Warning, "see docs/operations.md on may_be_empty", "%s stays unproven: %s", class, seen.reason)
		case seen.sight == offboarding.Blind:
			add(activities.Warning, needs[class], "%s stays blind: %s", class, seen.reason)
		case seen.sight == offboarding.NotOffered:
			add(activities.OK, "", "%s: %s is not offered", org, class)
		}
	}
	// Nobody's id: whoever is listed counts as somebody else.
	nobody := subject{login: w.login}
	for _, r := range s.readers() {
		subject := nobody
		if r.class == offboarding.AccessTokens {
			subject = w
		}
		seen, err := r.read(ctx, org, subject)
		report(r.class, seen, err)
	}
	two, err := s.sweep(ctx, "check", org, nobody)
	for _, class := range []offboarding.Class{offboarding.Collaborations, offboarding.DeployKeys} {
		report(class, two[class], err)
	}
}

// scopes that a classic token needs, and the most it should have.
var (
	neededScopes   = map[bool][]string{false: {"admin:org", "repo"}, true: {"read:org", "repo"}}
	harmlessScopes = []string{"admin:org", "read:org", "write:org", "repo", "manage_billing:copilot", "read:user", "read:enterprise", "read:audit_log"}
)

// checkPower compares what the credential may do with what is needed.
func (s *session) checkPower(ctx context.Context, readOnly bool, add adder) {
	if s.wire.app {
		s.checkApp(ctx, readOnly, add)
		return
	}
	client := s.anywhere()
	req, err := client.NewRequest(http.MethodGet, "user", nil)
	if err != nil {
		return
	}
	var me gh.User
	resp, err := client.Do(ctx, req, &me)
	if err != nil {
		add(activities.Bad, "", "%v", fail("read the token's owner", err))
		return
	}
	add(activities.OK, "", "the token belongs to %s, who can never be offboarded with it", me.GetLogin())
	header := resp.Header.Get("X-OAuth-Scopes")
	if header == "" {
		add(activities.Warning, "compare its permissions with docs/security.md", "the token is fine-grained, so its permissions cannot be listed")
		return
	}
	var has []string
	for _, scope := range strings.Split(header, ",") {
		has = append(has, strings.TrimSpace(scope))
	}
	for _, want := range neededScopes[readOnly] {
		if !slices.Contains(has, want) && (want != "read:org" || !slices.Contains(has, "admin:org")) {
			add(activities.Bad, "give the token the scope "+want, "the scope %s is missing", want)
		}
	}
	for _, scope := range has {
		if !slices.Contains(harmlessScopes, scope) || (readOnly && (scope == "admin:org" || scope == "write:org")) {
			add(activities.Warning, "take the scope away", "the scope %s is more than is needed", scope)
		}
	}
}

// checkApp compares an App's permissions; those newer than the SDK are seen by
// the reads above.
func (s *session) checkApp(ctx context.Context, readOnly bool, add adder) {
	for _, org := range s.c.cfg.Organizations {
		p, err := s.wire.tokens[fold(org)].permissions(ctx)
		if err != nil {
			add(activities.Bad, "look at app_id, installations and private_key", "%s: %v", org, fail("get installation token", err))
			continue
		}
		want := "write"
		if readOnly {
			want = "read"
		}
		for name, have := range map[string]string{
			"Members": p.GetMembers(), "Administration of the organization": p.GetOrganizationAdministration(), "Administration of repositories": p.GetAdministration(),
		} {
			switch {
			case have == "" || (want == "write" && have != "write"):
				add(activities.Bad, "give the App "+name+": "+want, "%s: the permission %s: %s is missing", org, name, want)
			case readOnly && have == "write":
				add(activities.Warning, "make it read", "%s: the permission %s: write is more than an observer needs", org, name)
			}
		}
		for name, have := range map[string]string{"Contents": p.GetContents(), "Secrets": p.GetSecrets(), "Workflows": p.GetWorkflows(), "Actions": p.GetActions()} {
			if have != "" {
				add(activities.Warning, "take the permission away", "%s: the permission %s: %s is more than is needed", org, name, have)
			}
		}
	}
}
