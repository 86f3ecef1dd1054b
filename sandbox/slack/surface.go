package slack

import (
	"maps"
	"slices"
)

// surface is where something is pressed: a message or a view.
type surface struct {
	message *message
	view    *view
	blocks  []block
	filled  Fill
}

// surface finds what a press is on, as far as the member sees it.
func (s *Server) surface(u *user, p Press) (surface, error) {
	switch {
	case p.Home:
		if v := s.state.homes[u.ID]; v != nil {
			return surface{view: v, blocks: v.Blocks, filled: cloned(v.filled)}, nil
		}
		return surface{}, &Failure{"not_found", "the app has published no App Home for " + u.name()}
	case p.Message == "":
		if v := s.state.front(u.ID); v != nil {
			return surface{view: v, blocks: v.Blocks, filled: cloned(v.filled)}, nil
		}
		return surface{}, &Failure{"not_found", u.name() + " has no dialog open"}
	}
	if i := s.state.index(p.Message); i >= 0 {
		if m := s.state.messages[i]; m.Channel == s.opt.Channel || m.Channel == directID(u.ID) {
			return surface{message: m, blocks: parse(m.Full), filled: Fill{}}, nil
		}
	}
	for _, m := range s.state.whispers {
		if m.TS == p.Message && m.To == u.ID {
			return surface{message: m, blocks: parse(m.Full), filled: Fill{}}, nil
		}
	}
	return surface{}, &Failure{"not_found", u.name() + " sees no message " + p.Message}
}

func cloned(f Fill) Fill {
	if f == nil {
		return Fill{}
	}
	return maps.Clone(f)
}

// keep remembers what was filled in.
func (s *Server) keep(at surface) {
	if at.view != nil {
		s.state.put(at.view.with(func(v *view) { v.filled = at.filled }))
	}
}

// pressable finds the element that is meant.
func (at surface) pressable(p Press) (*block, *element, error) {
	key := p.Action
	if p.Block != "" {
		key = p.Block + "/" + p.Action
	}
	return find(at.blocks, key, func(e *element) bool {
		if p.Block == "" && e.ActionID != p.Action {
			return false
		}
		if e.Type == "button" {
			return p.Value == "" || e.Value == p.Value
		}
		return !slices.Contains([]string{"image"}, e.Type)
	})
}
