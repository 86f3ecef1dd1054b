package github

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lastday/offboarding"
)

// sighting is how one class of one organisation looked.
type sighting struct {
	sight   offboarding.Sight
	grants  []offboarding.Grant
	control string // what shows that the question was answered
	reason  string
	// refused: GitHub would not show it, rather than showed nothing.
	refused   bool
	residuals []offboarding.Residual
	at        time.Time // when the oldest answer in it was asked for
}

func blind(format string, args ...any) sighting {
	return sighting{sight: offboarding.Blind, reason: fmt.Sprintf(format, args...)}
}

// seen judges a list that was read completely: the grants of the person in it,
// and how many entries of others, which are the control.
func (c *Connector) seen(org string, class offboarding.Class, grants []offboarding.Grant, others int, what string) sighting {
	s := sighting{sight: offboarding.Absent, grants: grants}
	switch {
	case others > 0:
		s.control = fmt.Sprintf("%s: the same call shows %s of others: %d", org, what, others)
	case listed(c.cfg.MayBeEmpty, org, class):
		s.control = fmt.Sprintf("%s: nobody has %s, which may_be_empty allows", org, what)
	case len(grants) == 0:
		return blind("%s: nobody at all is shown to have %s, so an empty list proves nothing; if that is so, add %s/%s to may_be_empty", org, what, org, class)
	}
	if len(grants) > 0 {
		s.sight = offboarding.Present
	}
	return s
}

// orBlind turns a refusal into a blind sighting that names what is missing. A
// not_offered line explains it to the person who is to attest, and proves
// nothing by itself: GitHub refuses just so what there is. Other errors stay
// errors.
func (c *Connector) orBlind(org string, class offboarding.Class, s sighting, err error) (sighting, error) {
	if err != nil {
		if !denied(err) {
			return sighting{}, err
		}
		s = blind("%s: GitHub does not show it: %v; needed: %s", org, err, needs[class])
		if listed(c.cfg.NotOffered, org, class) {
			s = blind("%s: not_offered in the configuration says that there are no %s, and GitHub, which refuses the list (%v), does not confirm it; if it is so, attest", org, class, err)
		}
		s.refused = true
	}
	return s, nil
}

// needs names the permission that shows a class: of a GitHub App, and the
// scope of a classic token of an owner.
var needs = map[offboarding.Class]string{
	offboarding.Membership:           "organization permission Members: read, or scope read:org of an owner",
	offboarding.Groups:               "organization permission Members: read, or scope read:org of an owner",
	offboarding.Roles:                "organization permission Custom organization roles: read, or scope admin:org of an owner",
	offboarding.OutsideCollaboration: "organization permission Members: read, or scope read:org of an owner",
	offboarding.Collaborations:       "repository permission Administration: read on all repositories, or scope repo of an owner",
	offboarding.Invitations:          "organization permission Members: read, or scope admin:org of an owner",
	offboarding.SSOCredentials:       "organization permission Administration: read, or scope read:org of an owner, and SAML single sign-on",
	offboarding.AccessTokens:         "a GitHub App with organization permission Personal access tokens: read",
	offboarding.DeployKeys:           "repository permission Administration: read on all repositories, or scope repo of an owner",
	offboarding.Seats:                "organization permission GitHub Copilot Business: read, or scope manage_billing:copilot of an owner",
}

// merge joins the organisations' sightings of one class: present anywhere is
// present, blind anywhere is blind, and absent needs every one to be absent or
// not offered.
func merge(list []sighting) sighting {
	rank := []offboarding.Sight{offboarding.NotOffered, offboarding.Absent, offboarding.Blind, offboarding.Present}
	var out sighting
	var controls, reasons []string
	for _, s := range list {
		if out.sight == "" || slices.Index(rank, s.sight) > slices.Index(rank, out.sight) {
			out.sight = s.sight
		}
		out.grants = append(out.grants, s.grants...)
		out.residuals = append(out.residuals, s.residuals...)
		if s.control != "" {
			controls = append(controls, s.control)
		}
		if s.reason != "" {
			reasons = append(reasons, s.reason)
		}
		if out.at.IsZero() || (!s.at.IsZero() && s.at.Before(out.at)) {
			out.at = s.at
		}
	}
	if out.sight == offboarding.Absent || out.sight == offboarding.NotOffered || out.sight == offboarding.Present {
		out.control = strings.Join(controls, "; ")
	}
	out.reason = strings.Join(reasons, "; ")
	if out.sight == offboarding.NotOffered && out.reason == "" {
		out.reason = out.control
	}
	return out
}
