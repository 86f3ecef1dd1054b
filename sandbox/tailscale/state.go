package tailscale

import (
	"maps"
	"slices"
	"strings"
	"time"
)

type user struct {
	ID          string    `json:"id"`
	DisplayName string    `json:"displayName"`
	LoginName   string    `json:"loginName"`
	ProfilePic  string    `json:"profilePicUrl"`
	TailnetID   string    `json:"tailnetId"`
	Created     time.Time `json:"created"`
	Type        string    `json:"type"`
	Role        string    `json:"role"`
	Status      string    `json:"status"`
	DeviceCount int       `json:"deviceCount"`
	LastSeen    time.Time `json:"lastSeen"`
	Connected   bool      `json:"currentlyConnected"`
	// Provisioned users come from an identity provider and cannot be suspended by API.
	Provisioned bool `json:"-"`
}

type device struct {
	Addresses    []string   `json:"addresses"`
	Name         string     `json:"name"`
	ID           string     `json:"id"`
	NodeID       string     `json:"nodeId"`
	Authorized   bool       `json:"authorized"`
	User         string     `json:"user"`
	Tags         []string   `json:"tags,omitempty"`
	KeyNoExpiry  bool       `json:"keyExpiryDisabled"`
	BlocksIn     bool       `json:"blocksIncomingConnections"`
	Version      string     `json:"clientVersion"`
	Created      time.Time  `json:"created"`
	Expires      time.Time  `json:"expires"`
	Hostname     string     `json:"hostname"`
	Ephemeral    bool       `json:"isEphemeral"`
	External     bool       `json:"isExternal"`
	Connected    bool       `json:"connectedToControl"`
	LastSeen     *time.Time `json:"lastSeen,omitempty"`
	MachineKey   string     `json:"machineKey"`
	NodeKey      string     `json:"nodeKey"`
	OS           string     `json:"os"`
	UpdateNeeded bool       `json:"updateAvailable"`
}

type key struct {
	ID           string         `json:"id"`
	KeyType      string         `json:"keyType"`
	Description  string         `json:"description,omitempty"`
	Created      time.Time      `json:"created"`
	Expires      time.Time      `json:"expires,omitzero"`
	Revoked      time.Time      `json:"revoked,omitzero"`
	Invalid      bool           `json:"invalid,omitempty"`
	Capabilities map[string]any `json:"capabilities,omitempty"`
	Scopes       []string       `json:"scopes,omitempty"`
	UserID       string         `json:"userId,omitempty"`
}

// state is the tailnet. Records are replaced, never changed in place, so that
// a copy of the maps is a copy of the whole.
type state struct {
	users   map[string]user
	devices map[string]device // by node id
	legacy  map[string]string // numeric id -> node id
	keys    map[string]key
	deleted map[string]device // by machine key: machines that may register again
	serial  int
}

func (s *state) clone() *state {
	return &state{
		users: maps.Clone(s.users), devices: maps.Clone(s.devices), legacy: maps.Clone(s.legacy),
		keys: maps.Clone(s.keys), deleted: maps.Clone(s.deleted), serial: s.serial,
	}
}

func (s *state) device(id string) (device, bool) {
	if n, ok := s.legacy[id]; ok {
		id = n
	}
	d, ok := s.devices[id]
	return d, ok
}

func (s *state) addDevice(d device) {
	s.devices[d.NodeID] = d
	s.legacy[d.ID] = d.NodeID
}

func (s *state) dropDevice(d device) {
	delete(s.devices, d.NodeID)
	delete(s.legacy, d.ID)
	s.deleted[d.MachineKey] = d
}

// holding is one piece of access and whose it is: an e-mail, or "" for the
// company's own.
type holding struct{ email, what string }

// holdings lists the live access of everybody. It reads the state itself, not
// what the API lists.
func (s *Server) holdings() []holding {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []holding
	names := maps.Clone(s.formerIDs)
	for id, u := range s.state.users {
		names[id] = u.LoginName
		if u.Status != "suspended" {
			out = append(out, holding{u.LoginName, "login/" + id})
		}
	}
	for id, d := range s.state.devices {
		switch {
		case d.External:
		case len(d.Tags) == 0:
			out = append(out, holding{d.User, "devices/" + id})
		default:
			out = append(out, holding{d.User, "tagged-devices/" + id})
		}
	}
	for id, k := range s.state.keys {
		switch {
		case k.Invalid:
		case k.KeyType == "auth":
			out = append(out, holding{names[k.UserID], "auth-keys/" + id})
		default:
			out = append(out, holding{names[k.UserID], "api-tokens/" + id})
		}
	}
	return out
}

// Holds lists the access the person truly has at this moment as "class/id",
// sorted; empty when all is gone, whatever faults are set.
func (s *Server) Holds(email string) []string { return s.filter(email, true) }

// HoldsBesides lists what everybody but this person has, in the same form.
func (s *Server) HoldsBesides(email string) []string { return s.filter(email, false) }

func (s *Server) filter(email string, theirs bool) []string {
	var all []holding
	s.inj.View(func() { all = s.holdings() })
	out := []string{}
	for _, h := range all {
		if strings.EqualFold(h.email, email) == theirs {
			out = append(out, h.what)
		}
	}
	slices.Sort(out)
	return out
}

// Rejoin restarts every deleted machine of the person. One whose old owner
// still has a live auth key registers again, under a new node id and with the
// machine key it always had. It returns how many came back.
func (s *Server) Rejoin(email string) int {
	n := 0
	s.inj.View(func() { n = s.rejoin(email, "") })
	return n
}

func (s *Server) rejoin(email, machine string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for mk, d := range s.state.deleted {
		if !strings.EqualFold(d.User, email) || machine != "" && mk != machine || !s.liveAuthKey(email) {
			continue
		}
		delete(s.state.deleted, mk)
		s.state.serial++
		d.NodeID, d.ID = nodeID(s.state.serial), legacyID(s.state.serial)
		d.Created, d.Connected, d.LastSeen = time.Now().UTC(), true, nil
		s.state.addDevice(d)
		n++
	}
	return n
}

func (s *Server) liveAuthKey(email string) bool {
	for _, k := range s.state.keys {
		if k.KeyType == "auth" && !k.Invalid && strings.EqualFold(s.state.users[k.UserID].LoginName, email) {
			return true
		}
	}
	return false
}

// Snapshot copies the state, for faults.
func (s *Server) Snapshot() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.clone()
}

// Restore puts a copy back, for faults.
func (s *Server) Restore(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = v.(*state).clone()
}
