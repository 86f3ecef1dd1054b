package activities

import (
	"fmt"
	"maps"
	"slices"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// Guard says who must never be cut.
type Guard interface {
	// Protects gives the reason why the person, or this account of theirs, must
	// not be cut; empty if nothing speaks against it.
	Protects(p offboarding.Subject, a offboarding.Account) string
}

// ProtectedList is the configured list of people and accounts: work e-mails,
// logins or account ids. Case does not matter, nor does a +tag in an e-mail.
type ProtectedList []string

// Protects implements Guard. An account found under another address or login
// of a protected person, here or in another system, is protected too.
func (l ProtectedList) Protects(p offboarding.Subject, a offboarding.Account) string {
	for _, entry := range l {
		want := offboarding.Subject(entry).Plain()
		for _, have := range append(slices.Collect(maps.Values(a.Logins)), string(p), a.Email, a.Login, a.ID) {
			if have != "" && offboarding.Subject(have).Plain() == want {
				return fmt.Sprintf("%s is on the list of protected people in the configuration", entry)
			}
		}
	}
	return ""
}

// refuse is the last check before any write.
func refuse(s offboarding.System, g Guard, p offboarding.Subject, a offboarding.Account) error {
	protected := &transport.Error{Kind: transport.Protected, System: s, Op: "check before writing", Fix: "nothing was changed"}
	switch reason := g.Protects(p, a); {
	case a.Protected != "":
		protected.Detail = a.Protected
	case reason != "":
		protected.Detail = reason
	case !a.Found || a.ID == "":
		return &transport.Error{Kind: transport.Identity, System: s, Op: "check before writing", Detail: "there is no account to write to"}
	default:
		return nil
	}
	return protected
}
