package offboarding

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Ruling is what the policy says of one request or one action.
type Ruling struct {
	// Refused names the rule that refused; empty if it is allowed.
	Refused string `json:"refused,omitempty"`
	// Why says in a sentence what the rule found, and who may do it instead.
	Why string `json:"why,omitempty"`
	// Approvals are what must be agreed to before access is cut.
	Approvals []Requirement `json:"approvals,omitempty"`
	// Emergency: the case contains first and asks for its approvals after.
	Emergency bool `json:"emergency,omitempty"`
}

// Requirement is one agreement that a case needs.
type Requirement struct {
	Rule string `json:"rule"` // the rule that asks for it
	Why  string `json:"why,omitempty"`
	// From is the group's name in the policy, Members what it means: groups as
	// in Actor.Groups, and e-mails.
	From    string   `json:"from"`
	Members []string `json:"members"`
	Count   int      `json:"count"`
	// Within is how long it is waited for; Expired is what happens then.
	Within  time.Duration `json:"within"`
	Expired Expiry        `json:"expired"`
}

// Expiry is what becomes of a case whose approval did not come in time.
type Expiry string

const (
	ExpiryCancel Expiry = "cancel" // the case ends, nothing more is cut
	ExpiryRemind Expiry = "remind" // it says so in the channel and waits on
)

// Refusal is an action that the policy refused.
type Refusal struct {
	By     Actor     `json:"by"`
	Action string    `json:"action"` // request, approve, cancel, …
	Rule   string    `json:"rule"`
	Why    string    `json:"why,omitempty"`
	At     time.Time `json:"at"`
}

// Approval is a person's yes or no to a case's plan.
type Approval struct {
	By     Actor  `json:"by"`
	Reject bool   `json:"reject,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Plan is the hash of the plan that was looked at; it counts for no other.
	Plan string    `json:"plan"`
	At   time.Time `json:"at,omitzero"`
}

// Counts reports whether the approval is a yes that counts for the requirement:
// to this plan, by one of its members, who is neither a guest, a program nor
// from elsewhere, nor the one who asked, nor the one who leaves.
func (a Approval) Counts(r Requirement, plan string, d Departure) bool {
	return !a.Reject && a.Plan == plan && a.By.InAny(r.Members) &&
		!a.By.Guest && !a.By.Bot && !a.By.Foreign &&
		!a.By.Is(d.Subject) && !a.By.Same(d.RequestedBy)
}

// Missing says how many more people must agree, by requirement; each person
// counts once for each requirement. Empty when all is agreed.
func Missing(need []Requirement, given []Approval, plan string, d Departure) []Requirement {
	var out []Requirement
	for _, r := range need {
		var yes []Actor
		for _, a := range given {
			if a.Counts(r, plan, d) && !slices.ContainsFunc(yes, a.By.Same) {
				yes = append(yes, a.By)
			}
		}
		if len(yes) < r.Count {
			r.Count -= len(yes)
			out = append(out, r)
		}
	}
	return out
}

// Facts are what the policy is told of a case's plan.
type Facts struct {
	// Systems are those that know the person; Classes what they hold, as
	// system/class; Grants how many.
	Systems []System `json:"systems"`
	Classes []string `json:"classes"`
	Grants  int      `json:"grants"`
	// Admin: they hold an administrator's or owner's role somewhere, or may: a
	// system that does not show its roles is not known to give them none.
	Admin bool `json:"admin"`
	// Asks are the classes a person must decide on, as system/class.
	Asks []string `json:"asks,omitempty"`
	// Accounts are the accounts found, as system:id.
	Accounts []string `json:"accounts"`
	// Addresses are the person's addresses as the systems tell them, in lower
	// case and sorted: whoever has one of them is the person.
	Addresses []string `json:"addresses,omitempty"`
}

// FactsOf sums up what was found of a person. Admin is true where an account is
// said to be an administrator's or owner's, or its role cannot be read
// (Account.Admin), where there are grants of the classes AdminRoles or Roles,
// and where one of those is Blind.
func FactsOf(systems []SystemCase) Facts {
	f := Facts{Systems: []System{}, Classes: []string{}, Accounts: []string{}}
	for _, s := range systems {
		if !s.Account.Found {
			continue
		}
		f.Systems = append(f.Systems, s.System)
		f.Accounts = append(f.Accounts, fmt.Sprintf("%s:%s", s.System, s.Account.ID))
		f.Grants += len(s.Grants)
		f.Addresses = append(f.Addresses, addressesOf(s.Account)...)
		f.Admin = f.Admin || s.Account.Admin != "" || len(hiddenRoles(s)) > 0
		for _, g := range s.Grants {
			f.Classes = append(f.Classes, fmt.Sprintf("%s/%s", s.System, g.Class))
			f.Admin = f.Admin || isRole(g.Class)
		}
		for _, c := range MakePlan(s, nil).Ask {
			f.Asks = append(f.Asks, fmt.Sprintf("%s/%s", s.System, c))
		}
	}
	slices.Sort(f.Classes)
	f.Classes = slices.Compact(f.Classes)
	slices.Sort(f.Addresses)
	f.Addresses = slices.Compact(f.Addresses)
	return f
}

// isRole reports whether who holds a grant of the class is an administrator.
func isRole(c Class) bool { return c == AdminRoles || c == Roles }

// hiddenRoles are the classes of roles that the system does not show.
func hiddenRoles(s SystemCase) []Class {
	var out []Class
	for _, c := range s.Coverage {
		if isRole(c.Class) && c.Sight == Blind {
			out = append(out, c.Class)
		}
	}
	return out
}

func addressesOf(a Account) []string {
	return Person{Email: Subject(a.Email), Emails: a.Emails}.Addresses()
}

// volatile are classes that come and go while a person works; their coming
// does not change what was agreed to.
var volatile = []Class{Sessions}

// PlanHash names what an approval is given to: whom, in which accounts, which
// kinds of access, when, and how urgently. One more group of a kind they had
// already does not change it; a new account, a new kind of access, another time,
// or what makes an account an administrator's does.
func PlanHash(d Departure, systems []SystemCase) string {
	f := FactsOf(systems)
	classes := slices.DeleteFunc(f.Classes, func(c string) bool {
		_, class, _ := strings.Cut(c, "/")
		return slices.Contains(volatile, Class(class))
	})
	text := fmt.Sprintf("%q %q %t %q %q", d.Subject, d.At.UTC().Format(time.RFC3339Nano), d.Urgent, f.Accounts, classes)
	if why := adminsOf(systems); len(why) > 0 {
		text += fmt.Sprintf(" %q", why)
	}
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:8])
}

// adminsOf says of each account what makes it an administrator's, beside its
// grants.
func adminsOf(systems []SystemCase) []string {
	var out []string
	for _, s := range systems {
		if !s.Account.Found {
			continue
		}
		if s.Account.Admin != "" {
			out = append(out, fmt.Sprintf("%s: %s", s.System, s.Account.Admin))
		}
		for _, c := range hiddenRoles(s) {
			out = append(out, fmt.Sprintf("%s/%s: out of sight", s.System, c))
		}
	}
	return out
}
