package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lastday/activities"
	"lastday/activities/okta"
	"lastday/config"
	"lastday/offboarding"
	"lastday/policy"
	"lastday/secret"
)

// checkGroups looks whether the Okta groups that the policy names are there. It
// finds nothing where the policy names none, or okta is not to be checked.
func checkGroups(ctx context.Context, f config.File, systems []offboarding.System) []activities.Finding {
	bad := func(what, do string) []activities.Finding {
		return []activities.Finding{{Level: activities.Bad, What: secret.Scrub(what), Do: secret.Scrub(do)}}
	}
	p, err := policy.New(f.Policy)
	if err != nil {
		return bad(err.Error(), "")
	}
	var names []string
	for _, g := range p.Groups() {
		if name, ok := strings.CutPrefix(g, "okta:"); ok {
			names = append(names, name)
		}
	}
	switch {
	case len(names) == 0:
		return nil
	case f.Systems.Okta == nil:
		return bad(fmt.Sprintf("it names Okta groups, and systems.okta is not configured, so nobody is in them: %s", strings.Join(names, ", ")), "configure systems.okta, or take them out of the policy")
	case !slices.Contains(systems, okta.System):
		return nil
	}
	directory, err := okta.NewDirectory(*f.Systems.Okta)
	if err != nil {
		return bad(err.Error(), "")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	missing, err := directory.Missing(ctx, names)
	if err != nil {
		return bad(fmt.Sprintf("its Okta groups cannot be looked up: %s", err), "")
	}
	if len(missing) > 0 {
		return bad(fmt.Sprintf("Okta has no group of its own with this name: %s", strings.Join(missing, ", ")), "make the group in Okta, or correct its name; capitals count, and a group that an app or a directory feeds does not")
	}
	return []activities.Finding{{Level: activities.OK, What: "its Okta groups are there: " + strings.Join(names, ", ")}}
}
