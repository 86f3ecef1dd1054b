package slack

import (
	"encoding/json"
	"net/url"
	"time"
)

// parcel is what is to be delivered: the JSON that Socket Mode carries, and the
// form that a request URL gets.
type parcel struct {
	of          Kind
	payload     answer // nil: nothing to deliver
	form        bool   // a command over HTTP is a form of the payload's fields
	responseURL string
	at          time.Time // when the person acted: the deadline runs from here
	attempt     int
	reason      string // why it is sent again
	twice       bool
}

const verificationToken = "sandbox-verification-token"

func (s *Server) foreign(of Kind) string {
	if s.wire.take(of, WrongTeam) {
		return "T0ELSEWHERE"
	}
	return TeamID
}

func (s *Server) commandParcel(u *user, name, text string) parcel {
	team := s.foreign(SlashCommands)
	at := s.newResponse(response{user: u.ID, channel: s.opt.Channel}, "commands")
	return parcel{of: SlashCommands, form: true, at: time.Now(), responseURL: at, payload: answer{
		"token": verificationToken, "team_id": team, "team_domain": "sandbox",
		"channel_id": s.opt.Channel, "channel_name": s.opt.ChannelName, "user_id": u.ID, "user_name": u.Handle,
		"command": name, "text": s.escape(text), "api_app_id": AppID, "is_enterprise_install": "false",
		"response_url": at, "trigger_id": s.newTrigger(u.ID, s.wire.take(SlashCommands, TriggerExpired)),
	}}
}

// interaction is what every interaction payload has.
func (s *Server) interaction(u *user, kind string) answer {
	team := s.foreign(Interactive)
	return answer{
		"type": kind, "token": verificationToken, "api_app_id": AppID,
		"team":       answer{"id": team, "domain": "sandbox"},
		"user":       answer{"id": u.ID, "username": u.Handle, "name": u.Handle, "team_id": team},
		"enterprise": nil, "is_enterprise_install": false,
	}
}

// actionParcel is a block_actions payload (docs.slack.dev, "block_actions
// payload").
func (s *Server) actionParcel(u *user, at surface, b *block, e *element, chosen []string) parcel {
	p := s.interaction(u, "block_actions")
	p["trigger_id"] = s.newTrigger(u.ID, s.wire.take(Interactive, TriggerExpired))
	out := parcel{of: Interactive, payload: p, at: time.Now()}
	action := e.value(chosen)
	action["action_id"], action["block_id"], action["action_ts"] = e.ActionID, b.ID, s.state.stamp()
	if e.Type == "button" {
		delete(action, "value")
		var raw map[string]json.RawMessage
		if json.Unmarshal(e.raw, &raw) == nil {
			for _, key := range []string{"text", "value", "style", "url"} {
				if v, ok := raw[key]; ok {
					action[key] = v
				}
			}
		}
	}
	p["actions"] = []answer{action}
	if at.view != nil {
		v := at.view.with(func(v *view) { v.filled = at.filled })
		p["container"], p["view"] = answer{"type": "view", "view_id": v.ID}, v.object()
		return out
	}
	m := at.message
	p["state"] = answer{"values": valuesOf(at.blocks, at.filled)}
	p["channel"] = answer{"id": m.Channel, "name": map[bool]string{true: s.opt.ChannelName, false: "directmessage"}[m.Channel == s.opt.Channel]}
	p["container"] = answer{"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": m.To != ""}
	if m.To == "" {
		p["message"] = s.messageObject(m, false)
	}
	out.responseURL = s.newResponse(response{user: u.ID, channel: m.Channel, original: m.TS}, "actions")
	p["response_url"] = out.responseURL
	return out
}

func (s *Server) submissionParcel(u *user, v *view) parcel {
	p := s.interaction(u, "view_submission")
	p["trigger_id"] = s.newTrigger(u.ID, s.wire.take(Interactive, TriggerExpired))
	p["view"], p["response_urls"] = v.object(), []answer{}
	return parcel{of: Interactive, payload: p, at: time.Now()}
}

func (s *Server) closedParcel(u *user, v *view, all bool) parcel {
	p := s.interaction(u, "view_closed")
	p["view"], p["is_cleared"] = v.object(), all
	return parcel{of: Interactive, payload: p, at: time.Now()}
}

func (s *Server) eventParcel(event answer) parcel {
	team := s.foreign(EventsAPI)
	return parcel{of: EventsAPI, at: time.Now(), payload: answer{
		"token": verificationToken, "team_id": team, "api_app_id": AppID, "event": event, "type": "event_callback",
		"event_id": hashID("Ev", requestID()), "event_time": time.Now().Unix(), "is_ext_shared_channel": false,
		"authorizations": []answer{{"enterprise_id": nil, "team_id": team, "user_id": BotUserID(), "is_bot": true, "is_enterprise_install": false}},
	}}
}

// body is what a request URL gets: a form for commands and interactions, JSON
// for events.
func (p parcel) body() (body []byte, kind string) {
	raw, err := json.Marshal(p.payload)
	if err != nil {
		raw = []byte("{}")
	}
	switch {
	case p.of == EventsAPI:
		return raw, "application/json"
	case p.form:
		form := url.Values{}
		for k, v := range p.payload {
			if text, ok := v.(string); ok {
				form.Set(k, text)
			}
		}
		return []byte(form.Encode()), "application/x-www-form-urlencoded"
	}
	return []byte(url.Values{"payload": {string(raw)}}.Encode()), "application/x-www-form-urlencoded"
}
