package workflows

import (
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// Plan finds the person's accounts and grants and ends with the case as it
// would begin. It changes nothing and tells nobody.
func Plan(ctx workflow.Context, d offboarding.Departure) (offboarding.Case, error) {
	c, err := newCase(ctx, d)
	if err != nil {
		return offboarding.Case{}, err
	}
	settings, err := readSettings(ctx, c.Departure.Subject)
	if err != nil {
		return offboarding.Case{}, err
	}
	settings.Tell = false
	c.use(settings)
	c.find()
	c.over = true
	for _, l := range c.lanes {
		if l.behind && len(l.Needs) == 0 {
			l.Needs = []offboarding.Need{{System: l.System, What: l.errorText(l.fellOver), Since: workflow.Now(ctx).UTC()}}
		}
	}
	switch {
	case c.protection() != "":
		c.State, c.Outcome = offboarding.Refused, c.protection()
	case offboarding.FoundNowhere(c.systems()):
		c.State, c.Outcome = offboarding.NothingFound, "no system knows "+c.who()
	default:
		c.State = offboarding.Waiting
	}
	return c.view(), nil
}
