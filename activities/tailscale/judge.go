package tailscale

import (
	"fmt"
	"strings"
	"time"

	ts "tailscale.com/client/tailscale/v2"

	"lastday/offboarding"
)

// judge says of every class what the look shows.
func (c *Connector) judge(s *sighting) []offboarding.Observation {
	out := []offboarding.Observation{c.judgeLogin(s)}
	out = append(out, c.judgeDevices(s)...)
	out = append(out, c.judgeKeys(s)...)
	for i := range out {
		o := &out[i]
		o.At, o.Credential = s.at, s.credential
		switch {
		case len(o.Present) > 0:
			o.Sight = offboarding.Present
		case o.Reason != "":
			o.Sight, o.Control = offboarding.Blind, ""
		case s.elsewhere != "":
			o.Sight, o.Control, o.Reason = offboarding.Blind, "", s.elsewhere
		default:
			o.Sight = offboarding.Absent
		}
	}
	return out
}

func (c *Connector) judgeLogin(s *sighting) offboarding.Observation {
	o := offboarding.Observation{Class: offboarding.Login, Reason: s.noUsers}
	if s.noUsers != "" {
		return o
	}
	control, ok := controlUser(s.users, s.account.ID)
	if !ok {
		o.Reason = "nobody else is in the list of users, so it proves nothing"
		return o
	}
	o.Control = "user " + control.ID
	if s.user == nil || s.user.Status == ts.UserStatusSuspended {
		return o
	}
	o.Present = []offboarding.Grant{{
		Class: offboarding.Login, ID: s.account.ID, Label: s.user.LoginName + " (" + string(s.user.Status) + ")", Closes: offboarding.StepContain,
	}}
	o.Reason = "the user is not suspended"
	if c.cfg.Suspend == SuspendByIDP {
		o.Reason += "; suspend the person in the identity provider, which provisions Tailscale's users"
	} else {
		o.Reason += "; if Tailscale refuses to suspend because an identity provider provisions its users, suspend there and set tailscale.suspend: idp"
	}
	return o
}

func (c *Connector) judgeDevices(s *sighting) []offboarding.Observation {
	own := offboarding.Observation{Class: offboarding.Devices, Reason: s.noDevices}
	tagged := offboarding.Observation{Class: TaggedDevices, Reason: s.noDevices}
	if s.noDevices != "" {
		return []offboarding.Observation{own, tagged}
	}
	control := ""
	for _, d := range s.devices {
		mine := belongs(d, s.logins)
		switch {
		case d.IsExternal:
			if mine {
				own.Present = append(own.Present, c.sharedGrant(d))
			}
			continue
		case c.cfg.ControlDevice == "" && !mine, c.cfg.ControlDevice != "" && c.isControl(d):
			control = "device " + deviceID(d)
		}
		if !mine {
			continue
		}
		if len(d.Tags) > 0 {
			tagged.Present = append(tagged.Present, c.deviceGrant(TaggedDevices, d))
			continue
		}
		own.Present = append(own.Present, c.deviceGrant(offboarding.Devices, d))
		if !d.ConnectedToControl {
			s.residuals = append(s.residuals, offline(d))
		}
	}
	for _, o := range []*offboarding.Observation{&own, &tagged} {
		o.Control = control
		if control == "" {
			o.Reason = "no device of anybody else is in the list, so it proves nothing; name one that is always there in tailscale.control_device"
			if c.cfg.ControlDevice != "" {
				o.Reason = "the control device " + c.cfg.ControlDevice + " is not in the list, so the list proves nothing"
			}
		}
	}
	return []offboarding.Observation{own, tagged}
}

func (c *Connector) isControl(d ts.Device) bool {
	return c.cfg.ControlDevice == d.Name || c.cfg.ControlDevice == d.Hostname || c.cfg.ControlDevice == d.NodeID || c.cfg.ControlDevice == d.ID
}

func (c *Connector) deviceGrant(class offboarding.Class, d ts.Device) offboarding.Grant {
	label := d.Name
	if len(d.Tags) > 0 {
		label += " (" + strings.Join(d.Tags, ", ") + ")"
	}
	return offboarding.Grant{Class: class, ID: deviceID(d), Label: label, Closes: offboarding.StepRevoke, Removal: c.cfg.removal(class)}
}

// sharedGrant is a machine that the person shares in from another tailnet. The
// API deletes none of these (Tailscale answers 501), so a person is asked.
func (c *Connector) sharedGrant(d ts.Device) offboarding.Grant {
	g := c.deviceGrant(offboarding.Devices, d)
	g.Label += ", shared in from another tailnet: end the share in the admin console"
	g.Removal = offboarding.Ask
	return g
}

// offline is what deleting a device does not end at once: a machine that does
// not hear the control plane goes on with the peers it knows.
func offline(d ts.Device) offboarding.Residual {
	when := "at a time Tailscale does not tell"
	if d.LastSeen != nil && !d.LastSeen.IsZero() {
		when = d.LastSeen.UTC().Format(time.RFC3339)
	}
	return offboarding.Residual{
		System: System, Class: offboarding.Devices,
		What: fmt.Sprintf("device %s is not connected to the control plane (last seen %s): until it is, it can go on talking to peers it already knows", d.Name, when),
	}
}
