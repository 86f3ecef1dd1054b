package okta

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

type event struct {
	seq       int
	kind      string
	message   string
	published time.Time
	actor     party
	targets   []party
}

type party struct{ id, kind, alternate, name string }

func (u *user) party() party { return party{u.id, "User", u.login(), u.name()} }

// record writes an event to the System Log: who called, about which user, and
// what else it touched.
func (s *Server) record(c *call, kind, message string, u *user, more ...party) {
	actor := party{"0oasbx0serviceapp000", "PublicClientApp", "unknown", "service app"}
	if a := s.st.users[c.owner]; a != nil {
		actor = a.party()
	}
	s.append(&event{kind: kind, message: message, actor: actor, targets: append([]party{u.party()}, more...)})
}

func (s *Server) append(e *event) {
	e.seq, e.published = len(s.st.log), s.now()
	s.st.log = append(s.st.log, e)
	ids := []string{e.actor.id}
	for _, t := range e.targets {
		ids = append(ids, t.id)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if s.st.users[id] != nil {
			s.st.logOf[id] = append(s.st.logOf[id], e.seq)
		}
	}
}

func (e *event) cursor() string { return fmt.Sprintf("%012d", e.seq) }

func (e *event) attribute(name string) []string {
	switch name {
	case "eventType":
		return []string{e.kind}
	case "actor.id":
		return []string{e.actor.id}
	case "outcome.result":
		return []string{"SUCCESS"}
	case "target.id":
		out := make([]string, 0, len(e.targets))
		for _, t := range e.targets {
			out = append(out, t.id)
		}
		return out
	}
	return nil
}

func (s *Server) listLogs(c *call) answer {
	q := c.r.URL.Query()
	now := s.now()
	since, until := now.AddDate(0, 0, -7), now
	for key, at := range map[string]*time.Time{"since": &since, "until": &until} {
		if text := q.Get(key); text != "" {
			parsed, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return validation(key, "The timestamp is not ISO 8601")
			}
			*at = parsed
		}
	}
	var f *filter
	if text := q.Get("filter"); text != "" {
		var err error
		if f, err = parseFilter(text); err != nil {
			return answer{status: http.StatusBadRequest, body: oktaError("E0000031", "Invalid search criteria.", err.Error())}
		}
	}
	var found []*event
	for _, e := range s.events(f) {
		late := now.Sub(e.published) < s.opts.LogDelay
		if late || e.published.Before(since) || e.published.After(until) || (f != nil && !f.match(e.attribute, true)) {
			continue
		}
		found = append(found, e)
	}
	items, next := page(s, c, found, (*event).cursor, 100, 1000)
	if next == "" && len(items) > 0 && q.Get("until") == "" {
		next = items[len(items)-1].cursor() // a polling query always has a next page
	}
	out := make([]map[string]any, 0, len(items))
	for _, e := range items {
		out = append(out, e.view())
	}
	return answer{status: http.StatusOK, body: out, next: next}
}

// events narrows the log down by the index of users.
func (s *Server) events(f *filter) []*event {
	if f == nil {
		return s.st.log
	}
	ids, ok := f.pins("target.id", "actor.id")
	if !ok {
		return s.st.log
	}
	var seqs []int
	for _, id := range ids {
		seqs = append(seqs, s.st.logOf[id]...)
	}
	slices.Sort(seqs)
	out := make([]*event, 0, len(seqs))
	for _, n := range slices.Compact(seqs) {
		out = append(out, s.st.log[n])
	}
	return out
}

func (p party) view() map[string]any {
	return map[string]any{"id": p.id, "type": p.kind, "alternateId": p.alternate, "displayName": p.name}
}

func (e *event) view() map[string]any {
	targets := make([]map[string]any, 0, len(e.targets))
	for _, t := range e.targets {
		targets = append(targets, t.view())
	}
	return map[string]any{
		"uuid": fmt.Sprintf("5b9a0000-0000-4000-8000-%012d", e.seq), "published": stamp(e.published),
		"eventType": e.kind, "version": "0", "severity": "INFO", "displayMessage": e.message,
		"outcome": map[string]any{"result": "SUCCESS"}, "actor": e.actor.view(), "target": targets,
		"client": map[string]any{
			"userAgent": map[string]any{"rawUserAgent": "okta-sdk-golang", "os": "Unknown", "browser": "UNKNOWN"},
			"zone":      "null", "device": "Unknown", "ipAddress": "127.0.0.1",
		},
		"transaction":           map[string]any{"type": "WEB", "id": fmt.Sprintf("sbx%020d", e.seq), "detail": map[string]any{}},
		"debugContext":          map[string]any{"debugData": map[string]any{"requestUri": "/api/v1"}},
		"authenticationContext": map[string]any{"authenticationStep": 0, "externalSessionId": "trs" + e.cursor()},
		"securityContext":       map[string]any{},
		"request":               map[string]any{"ipChain": []any{}},
	}
}
