package slack

import (
	"encoding/json"
	"maps"
)

// Dialogs are the member's open dialogs, the one in front last.
func (s *Server) Dialogs(member string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.member(member)
	if u == nil {
		return nil
	}
	out := make([]View, 0, maxStack)
	for _, v := range s.state.dialogs[u.ID] {
		out = append(out, v.shown())
	}
	return out
}

// Home is what the app last published for the member.
func (s *Server) Home(member string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.member(member)
	if u == nil || s.state.homes[u.ID] == nil {
		return View{}, false
	}
	return s.state.homes[u.ID].shown(), true
}

func (v *view) shown() View {
	blocks, err := json.Marshal(v.source["blocks"])
	if err != nil {
		blocks = []byte("[]")
	}
	out := View{
		ID: v.ID, Hash: v.Hash, Type: v.Type, CallbackID: v.CallbackID, ExternalID: v.ExternalID,
		PrivateMetadata: v.Metadata, Title: v.Title, Submit: v.Submit, Close: v.Close,
		Blocks: string(blocks), Errors: maps.Clone(v.errors), Trouble: v.trouble, Filled: Fill{},
	}
	for i := range v.Blocks {
		for _, e := range v.Blocks[i].actors() {
			if e.stateful() {
				out.Filled[v.Blocks[i].ID+"/"+e.ActionID] = standing(v.filled, &v.Blocks[i], e)
			}
		}
	}
	return out
}

// Ephemerals are the messages that only this member sees, oldest first.
func (s *Server) Ephemerals(member string) []Message {
	return s.seen(member, func(u *user) []Message {
		return listed(s.state.whispers, func(m *message) bool { return m.To == u.ID })
	})
}

// Direct are the messages between the app and the member, oldest first.
func (s *Server) Direct(member string) []Message {
	return s.seen(member, func(u *user) []Message {
		return listed(s.state.messages, func(m *message) bool { return m.Channel == directID(u.ID) })
	})
}

func (s *Server) seen(member string, list func(*user) []Message) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.member(member); u != nil {
		return list(u)
	}
	return nil
}
