package tailscale

import (
	"strings"
	"time"

	"lastday/sandbox/people"
)

// Foreign is the state of another tailnet, in which people.Stranger works and
// the same credentials are good: what a mixed-up cache shows.
func (s *Server) Foreign() any {
	other := seed([]people.Person{people.Stranger}, s.opts, time.Now().UTC().Truncate(time.Second))
	out := &state{
		users: map[string]user{}, devices: map[string]device{}, legacy: map[string]string{}, keys: other.keys,
		deleted: map[string]device{}, serial: other.serial,
	}
	login := func(mail string) string { return strings.Replace(mail, "@"+people.Domain, "@elsewhere.example", 1) }
	for id, u := range other.users {
		u.ID, u.LoginName = "x"+id, login(u.LoginName)
		out.users[u.ID] = u
	}
	for _, d := range other.devices {
		d.NodeID, d.ID, d.User = "x"+d.NodeID, "9"+d.ID, login(d.User)
		d.Name, d.Hostname = "their-"+d.Name, "their-"+d.Hostname
		out.addDevice(d)
	}
	for id, k := range out.keys {
		k.UserID = "x" + k.UserID
		out.keys[id] = k
	}
	return out
}
