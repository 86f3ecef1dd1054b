package openvpn

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// Connector cuts people off the OpenVPN servers of this machine. Safe for
// concurrent use.
type Connector struct {
	cfg Config
	// turn is held while a management interface is spoken to: it takes one
	// client at a time.
	turn chan struct{}
	// watch is how long Observe keeps looking before it calls sessions absent:
	// a client that was killed comes back within seconds if it still may.
	watch time.Duration
}

var _ activities.Connector = (*Connector)(nil)

// New builds the connector. It touches neither file nor server.
func New(c Config) (*Connector, error) {
	c.Defaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Connector{cfg: c, turn: make(chan struct{}, 1), watch: 11 * time.Second}, nil
}

// System is "openvpn".
func (c *Connector) System() offboarding.System { return System }

// sighting is one read of index, inventory and every server.
type sighting struct {
	roster  *roster
	servers []*server
}

// look reads everything anew.
func (c *Connector) look(ctx context.Context) (*sighting, error) {
	if err := ctx.Err(); err != nil {
		return nil, transport.Classify(System, "look at the servers", err)
	}
	r, err := c.readRoster()
	if err != nil {
		return nil, err
	}
	s := &sighting{roster: r}
	if s.servers, err = c.readServers(ctx); err != nil {
		return nil, err
	}
	for _, srv := range s.servers {
		c.inspect(srv)
	}
	s.forgotten()
	return s, nil
}

// live are the rows of all servers.
func (s *sighting) live() []row {
	var out []row
	for _, srv := range s.servers {
		out = append(out, srv.rows...)
	}
	return out
}

// Find looks for the person's CNs, under any of their addresses. The account's
// id is the list of these CNs.
func (c *Connector) Find(ctx context.Context, p offboarding.Person) (offboarding.Account, error) {
	s, err := c.look(ctx)
	if err != nil {
		return offboarding.Account{}, err
	}
	email, addresses := strings.ToLower(string(p.Email)), p.Addresses()
	names := s.roster.names(addresses, s.live())
	if len(names) == 0 {
		return c.nobody(s, email, addresses)
	}
	live := 0
	for _, r := range s.live() {
		if slices.Contains(names, r.cn) {
			live++
		}
	}
	return offboarding.Account{
		System: System, Found: true, ID: joinNames(names), Login: names[0], Email: email, Emails: addresses,
		Status:    fmt.Sprintf("%d live clients", live),
		Evidence:  "CN " + strings.Join(names, ", ") + " by " + c.sources(),
		Protected: s.protection(names),
	}, nil
}

// nobody says that a person has no CN, if that can be known.
func (c *Connector) nobody(s *sighting, email string, addresses []string) (offboarding.Account, error) {
	op := "find " + email
	if why := append(c.strangers(s), c.liveStrangers(s)...); len(why) > 0 {
		return offboarding.Account{}, fail(transport.Identity, op, strings.Join(why, "; "), "then decide retry")
	}
	if _, reasons := c.indexControl(s, nil); len(reasons) > 0 {
		return offboarding.Account{}, fail(transport.Refused, op, "nobody was found, and nothing shows that this is the servers' index: "+strings.Join(reasons, "; "), "then decide retry")
	}
	control, _ := c.indexControl(s, nil)
	return offboarding.Account{
		System: System, Email: email,
		Evidence: fmt.Sprintf("%s know %d certificates, none of %s; %s", c.sources(), len(s.roster.certs), strings.Join(addresses, ", "), control),
	}, nil
}

func (c *Connector) sources() string {
	if c.cfg.Inventory == "" {
		return c.cfg.Index
	}
	return c.cfg.Index + " and " + c.cfg.Inventory
}

// protection says why these CNs must not be cut; empty if they may.
func (s *sighting) protection(names []string) string {
	for _, srv := range s.servers {
		if srv.own != nil && slices.Contains(names, srv.own.Subject.CommonName) {
			return "has the CN of the server's own certificate, " + srv.own.Subject.CommonName
		}
	}
	return ""
}

var (
	escapeName   = strings.NewReplacer("%", "%25", ",", "%2C")
	unescapeName = strings.NewReplacer("%2C", ",", "%25", "%")
)

func joinNames(names []string) string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, escapeName.Replace(n))
	}
	return strings.Join(out, ",")
}

// namesOf are the account's CNs and those that are the person's by now. A CN
// that is somebody else's, or nobody's, is an Identity error.
func namesOf(a offboarding.Account, r *roster, live []row) ([]string, error) {
	addresses := offboarding.Person{Email: offboarding.Subject(a.Email), Emails: a.Emails}.Addresses()
	names := r.names(addresses, live)
	for _, part := range strings.Split(a.ID, ",") {
		cn := unescapeName.Replace(part)
		if !a.Found || !usable(cn) || !slices.Contains(addresses, r.owner(cn)) {
			return nil, fail(transport.Identity, "check account", fmt.Sprintf("the CN %q is not of %s", cn, a.Email), "find the person again")
		}
		if !slices.Contains(names, cn) {
			names = append(names, cn)
		}
	}
	slices.Sort(names)
	return names, nil
}
