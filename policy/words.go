package policy

import (
	"time"

	"lastday/offboarding"
)

// Actor is who asks, as expressions and examples see it. Of somebody whom the
// door does not vouch for, the command line and files, expressions see the door
// and the name alone.
type Actor struct {
	Door   string   `yaml:"door" cel:"door"` // command, slack, hook, file
	ID     string   `yaml:"id" cel:"id"`
	Email  string   `yaml:"email" cel:"email"`
	Name   string   `yaml:"name" cel:"name"`
	Groups []string `yaml:"groups" cel:"groups"` // slack:S0HR00001, okta:Security
	Guest  bool     `yaml:"guest" cel:"guest"`
	Bot    bool     `yaml:"bot" cel:"bot"`
	// Foreign is a member of another workspace.
	Foreign bool `yaml:"foreign" cel:"foreign"`
}

// Departure is who leaves, as expressions and examples see it.
type Departure struct {
	Subject string `yaml:"subject" cel:"subject"` // work e-mail
	// At is when access ends; at once means RequestedAt.
	At          time.Time `yaml:"at" cel:"at"`
	Zone        string    `yaml:"zone" cel:"zone"`
	Urgent      bool      `yaml:"urgent" cel:"urgent"`
	Kind        string    `yaml:"kind" cel:"kind"` // a word of offboarding.Kinds
	Reason      string    `yaml:"reason" cel:"reason"`
	Partner     string    `yaml:"partner" cel:"partner"`
	Successor   string    `yaml:"successor" cel:"successor"`
	RequestedBy Actor     `yaml:"requested_by" cel:"requested_by"`
	// RequestedAt is the beginning of 1970 where it is not known.
	RequestedAt time.Time `yaml:"requested_at" cel:"requested_at"`
	Bulk        bool      `yaml:"bulk" cel:"bulk"`
}

// Plan is what was found of the person, as expressions and examples see it.
type Plan struct {
	Systems []string `yaml:"systems" cel:"systems"`
	Classes []string `yaml:"classes" cel:"classes"` // system/class
	Grants  int      `yaml:"grants" cel:"grants"`
	// Admin: they hold an administrator's or owner's role somewhere.
	Admin    bool     `yaml:"admin" cel:"admin"`
	Asks     []string `yaml:"asks" cel:"asks"`         // system/class
	Accounts []string `yaml:"accounts" cel:"accounts"` // system:id
}

// vouched reports whether the door knows who came in. The command line does
// not: whoever holds Temporal's credentials may give any name.
func vouched(d offboarding.Door) bool { return d == offboarding.DoorSlack || d == offboarding.DoorHook }

// seen is the actor as an expression may rely on it.
func seen(a offboarding.Actor) Actor {
	if !vouched(a.Door) {
		return Actor{Door: string(a.Door), Name: a.String(), Bot: a.Bot}
	}
	return Actor{
		Door: string(a.Door), ID: a.ID, Email: string(a.Email), Name: a.Name, Groups: a.Groups,
		Guest: a.Guest, Bot: a.Bot || a.Door == offboarding.DoorHook, Foreign: a.Foreign,
	}
}

// person is the actor of an example as a door would tell it.
func (a Actor) person() offboarding.Actor {
	return offboarding.Actor{
		Door: offboarding.Door(a.Door), ID: a.ID, Email: offboarding.Subject(a.Email), Name: a.Name, Groups: a.Groups,
		Guest: a.Guest, Bot: a.Bot, Foreign: a.Foreign,
	}
}

// same reports whether two actors are known to be one, by an id of the same door
// or by address; two of whom nothing is known are not.
func (a Actor) same(b Actor) bool {
	if a.Door == b.Door && a.ID != "" && a.ID == b.ID {
		return true
	}
	return a.Email != "" && b.Email != "" && a.person().Is(b.person().Email)
}

func seenDeparture(d offboarding.Departure) Departure {
	asked := d.RequestedAt
	if d.MovedAt.After(asked) {
		asked = d.MovedAt // notice is given from then on
	}
	if asked.IsZero() {
		asked = time.Unix(0, 0).UTC()
	}
	at := d.At
	if at.IsZero() {
		at = asked
	}
	return Departure{
		Subject: string(d.Subject), At: at, Zone: d.Zone, Urgent: d.Urgent, Kind: string(d.Kind), Reason: d.Reason,
		Partner: d.Partner, Successor: string(d.Successor), RequestedBy: seen(d.RequestedBy), RequestedAt: asked, Bulk: d.Bulk,
	}
}

func (d Departure) departure() offboarding.Departure {
	return offboarding.Departure{
		Subject: offboarding.Subject(d.Subject), At: d.At, Zone: d.Zone, Urgent: d.Urgent, Kind: offboarding.Kind(d.Kind),
		Reason: d.Reason, Partner: d.Partner, Successor: offboarding.Subject(d.Successor),
		RequestedBy: d.RequestedBy.person(), RequestedAt: d.RequestedAt, Bulk: d.Bulk,
	}
}

func seenPlan(f offboarding.Facts) Plan {
	return Plan{
		Systems: words(f.Systems), Classes: f.Classes, Grants: f.Grants, Admin: f.Admin, Asks: f.Asks, Accounts: f.Accounts,
	}
}

func (p Plan) facts() *offboarding.Facts {
	f := &offboarding.Facts{Classes: p.Classes, Grants: p.Grants, Admin: p.Admin, Asks: p.Asks, Accounts: p.Accounts}
	for _, s := range p.Systems {
		f.Systems = append(f.Systems, offboarding.System(s))
	}
	return f
}

func words[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}
