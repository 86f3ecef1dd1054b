package okta

import (
	"maps"
	"net/http"
	"slices"
)

func (c *call) viewDevice(d *device) map[string]any {
	return map[string]any{
		"id": d.id, "status": d.status, "created": stamp(d.created), "lastUpdated": stamp(d.created),
		"resourceType": "UDDevice", "resourceId": d.id, "resourceDisplayName": map[string]any{"value": d.name, "sensitive": false},
		"profile": map[string]any{"displayName": d.name, "platform": d.platform, "registered": true, "secureHardwarePresent": true},
		"_links":  map[string]any{"self": c.href("/api/v1/devices/" + d.id)},
	}
}

func deviceKey(d *device) string { return d.id }

// noDevices is what a Classic Engine org says of the devices API.
func noDevices(c *call) answer {
	a := notFound(c.r.URL.Path, "Resource")
	a.body = oktaError("E0000022", "The endpoint does not support the provided HTTP method")
	return a
}

func (s *Server) listUserDevices(c *call) answer {
	if s.opts.Classic {
		return noDevices(c)
	}
	u, _ := s.user(c, "userId")
	if u == nil {
		// The description of this operation knows 400 and no 404.
		return validation("userId", "No such user")
	}
	mine := map[string]*device{}
	for id := range u.devices {
		mine[id] = s.st.devices[id]
	}
	view := func(d *device) map[string]any {
		return map[string]any{"created": stamp(d.created), "deviceUserId": "dus" + u.id[3:], "device": c.viewDevice(d)}
	}
	return list(s, c, sorted(mine), deviceKey, view, 200, 200)
}

func (s *Server) listDevices(c *call) answer {
	if s.opts.Classic {
		return noDevices(c)
	}
	return list(s, c, sorted(s.st.devices), deviceKey, c.viewDevice, 200, 200)
}

// device resolves the device of a request.
func (s *Server) device(c *call) (*device, answer) {
	if s.opts.Classic {
		return nil, noDevices(c)
	}
	d := s.st.devices[c.r.PathValue("deviceId")]
	if d == nil {
		return nil, notFound(c.r.PathValue("deviceId"), "Device")
	}
	return d, answer{}
}

func (s *Server) listDeviceUsers(c *call) answer {
	d, missing := s.device(c)
	if d == nil {
		return missing
	}
	out := []map[string]any{}
	for _, id := range slices.Sorted(maps.Keys(d.users)) {
		out = append(out, map[string]any{
			"created": stamp(d.created), "managementStatus": "NOT_MANAGED", "screenLockType": "BIOMETRIC", "user": c.viewUser(s.find(id)),
		})
	}
	return answer{status: http.StatusOK, body: out}
}

// deactivateDevice takes every user's link to the device away.
func (s *Server) deactivateDevice(c *call) answer {
	d, missing := s.device(c)
	switch {
	case d == nil:
		return missing
	case d.status == "DEACTIVATED":
		return noContent()
	}
	d.status = "DEACTIVATED"
	for id := range d.users {
		u := s.st.users[id]
		delete(u.devices, d.id)
		s.record(c, "device.lifecycle.deactivate", "Deactivate device", u, party{d.id, "Device", "unknown", d.name})
	}
	clear(d.users)
	return noContent()
}

func (s *Server) deleteDevice(c *call) answer {
	d, missing := s.device(c)
	switch {
	case d == nil:
		return missing
	case d.status != "DEACTIVATED":
		return wrongStatus()
	}
	delete(s.st.devices, d.id)
	return noContent()
}
