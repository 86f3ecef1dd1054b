package slack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Failure is what a member sees when an action did not work: the app did not
// answer in time, was not there, answered with something Slack does not take, or
// the dialog was not filled in.
type Failure struct {
	// Word is Slack's: operation_timeout, dispatch_failed, http_error,
	// invalid_response, not_in_workspace, unknown_command, incomplete,
	// not_found.
	Word string
	// Text is what is shown.
	Text string
}

func (f *Failure) Error() string { return f.Word + ": " + f.Text }

// Fill is what stands in the inputs of a dialog, keyed by block_id, action_id or
// "block_id/action_id": text, an option's value, a member's id or e-mail,
// 2006-01-02, 15:04, or seconds since 1970. Several for what takes several; none
// empties it.
type Fill map[string][]string

// Press is a press on a button, or a choice in a menu, of a message, the dialog
// in front, or App Home.
type Press struct {
	Message string `json:"message"` // the message's ts; empty: the dialog in front
	Home    bool   `json:"home"`    // App Home instead
	Action  string `json:"action"`  // action_id
	Block   string `json:"block"`   // block_id, needed where an action_id is there twice
	Value   string `json:"value"`   // which button of one action_id; for menus and pickers what is chosen
	Fill    Fill   `json:"fill"`    // what stands in the inputs beside it
	Decline bool   `json:"decline"` // says no in the element's confirm dialog: nothing is sent
}

// View is a dialog or an App Home as it is shown.
type View struct {
	ID              string `json:"id"`
	Hash            string `json:"hash"`
	Type            string `json:"type"` // modal or home
	CallbackID      string `json:"callback_id"`
	ExternalID      string `json:"external_id"`
	PrivateMetadata string `json:"private_metadata"`
	Title           string `json:"title"`
	Submit          string `json:"submit"`
	Close           string `json:"close"`
	// Blocks is the JSON that was sent, with the block and action ids that Slack
	// gives where there are none.
	Blocks string `json:"blocks"`
	// Errors are shown at the inputs, by block_id; Trouble above all.
	Errors  map[string]string `json:"errors,omitempty"`
	Trouble string            `json:"trouble,omitempty"`
	// Filled is what stands in the inputs, keyed "block_id/action_id".
	Filled Fill `json:"filled,omitempty"`
}

// Type is a member typing into the channel and pressing Enter: a message, or
// where it begins with a slash a command to the app. It returns once the app has
// acknowledged, or a *Failure. Members are named by e-mail or user id.
func (s *Server) Type(member, text string) error {
	if strings.HasPrefix(text, "/") {
		return s.command(member, text)
	}
	var err error
	s.change(func() {
		var u *user
		if u, err = s.acting(member); err == nil {
			s.state.post(&message{Channel: s.opt.Channel, User: u.ID, Text: s.escape(text)})
		}
	})
	return err
}

func (s *Server) command(member, text string) error {
	name, rest, _ := strings.Cut(text, " ")
	known := slices.ContainsFunc(s.opt.Commands, func(c Command) bool { return c.Name == name })
	var p parcel
	var u *user
	var err error
	s.change(func() {
		if u, err = s.acting(member); err != nil {
			return
		}
		if !known {
			err = &Failure{"unknown_command", name + " is not a valid command."}
			s.tell(u.ID, name+" is not a valid command.")
			return
		}
		p = s.commandParcel(u, name, strings.TrimSpace(rest))
	})
	if err != nil {
		return err
	}
	o := s.deliver(p)
	failed := o.failed
	if failed == nil {
		failed = s.answered(p.responseURL, o.body)
	}
	if failed != nil {
		s.change(func() { s.tell(u.ID, fmt.Sprintf("%s failed with the error %q", name, failed.Word)) })
		return failed
	}
	return nil
}

// tell is what Slackbot says to one member.
func (s *Server) tell(user, text string) {
	s.state.whisper(user, &message{Channel: s.opt.Channel, User: slackbot, Text: text})
}

// Press presses a button or chooses in a menu. It returns once the app has
// acknowledged, or a *Failure.
func (s *Server) Press(member string, p Press) error {
	var out parcel
	var err error
	s.change(func() {
		var u *user
		if u, err = s.acting(member); err != nil {
			return
		}
		out, err = s.pressed(u, p)
	})
	if err != nil || p.Decline {
		return err
	}
	if out.payload == nil {
		return nil // a choice that is not sent by itself
	}
	if o := s.deliver(out); o.failed != nil {
		return o.failed
	}
	return nil
}

// pressed finds what is pressed, keeps what is filled in beside it, and gives
// what is to be sent.
func (s *Server) pressed(u *user, p Press) (parcel, error) {
	at, err := s.surface(u, p)
	if err != nil {
		return parcel{}, err
	}
	filled, err := s.fill(at.blocks, p.Fill)
	if err != nil {
		return parcel{}, err
	}
	maps.Copy(at.filled, filled)
	b, e, err := at.pressable(p)
	if err != nil {
		return parcel{}, err
	}
	if p.Decline && e.Confirm == nil {
		return parcel{}, &Failure{"not_possible", e.ActionID + " asks for no confirmation that could be declined"}
	}
	var chosen []string
	if e.Type != "button" {
		chosen = standing(at.filled, b, e)
		if p.Value != "" {
			v, err := s.fits(e, p.Value)
			if err != nil {
				return parcel{}, err
			}
			chosen = []string{v}
		}
		if e.stateful() {
			at.filled[b.ID+"/"+e.ActionID] = chosen
		}
	}
	s.keep(at)
	if p.Decline || (b.Type == "input" && !b.DispatchAction) {
		return parcel{}, nil
	}
	return s.actionParcel(u, at, b, e, chosen), nil
}

// Submit fills the dialog in front and submits it. It returns nil once the app
// has answered, also where it answered with errors (then they are in Dialogs),
// and a *Failure otherwise: "incomplete" where an input that is needed is empty,
// which sends nothing.
func (s *Server) Submit(member string, f Fill) error {
	var out parcel
	var err error
	var id string
	s.change(func() {
		var u *user
		if u, err = s.acting(member); err != nil {
			return
		}
		v := s.state.front(u.ID)
		if v == nil {
			err = &Failure{"not_found", u.name() + " has no dialog open"}
			return
		}
		id = v.ID
		out, err = s.submitted(u, v, f)
	})
	if err != nil {
		return err
	}
	o := s.deliver(out)
	failed := o.failed
	if failed == nil {
		failed = s.responded(id, o.body)
	}
	if failed != nil {
		s.change(func() { s.trouble(id) })
		return failed
	}
	return nil
}

func (s *Server) submitted(u *user, v *view, f Fill) (parcel, error) {
	filled, err := s.fill(v.Blocks, f)
	if err != nil {
		return parcel{}, err
	}
	if v.Submit == "" {
		return parcel{}, &Failure{"not_possible", "the dialog " + v.Title + " has no button to submit it"}
	}
	v = v.with(func(v *view) {
		maps.Copy(v.filled, filled)
		v.trouble = ""
		v.errors = v.incomplete()
	})
	s.state.put(v)
	if len(v.errors) > 0 {
		return parcel{}, &Failure{"incomplete", fmt.Sprint(v.errors)}
	}
	return s.submissionParcel(u, v), nil
}

// trouble is what a dialog shows when the app did not answer well.
func (s *Server) trouble(id string) {
	if v := s.state.findView(func(v *view) bool { return v.ID == id }); v != nil {
		s.state.put(v.with(func(v *view) { v.trouble = "We had some trouble connecting. Try again?" }))
	}
}

// CloseDialog closes the dialog in front; all closes those below it too.
func (s *Server) CloseDialog(member string, all bool) error {
	var out []parcel
	var err error
	s.change(func() {
		var u *user
		if u, err = s.acting(member); err != nil {
			return
		}
		stack := s.state.dialogs[u.ID]
		if len(stack) == 0 {
			err = &Failure{"not_found", u.name() + " has no dialog open"}
			return
		}
		keep := len(stack) - 1
		if all || stack[keep].ClearOnClose {
			all, keep = true, 0
		}
		for _, v := range slices.Backward(stack[keep:]) {
			if v.NotifyOnClose {
				out = append(out, s.closedParcel(u, v, all))
			}
		}
		s.state.dialogs[u.ID] = slices.Clone(stack[:keep])
	})
	for _, p := range out {
		if o := s.deliver(p); o.failed != nil && err == nil {
			err = o.failed
		}
	}
	return err
}

// OpenHome is a member opening the app's Home tab: the app is told by
// app_home_opened. It returns once the app has acknowledged, or a *Failure; the
// event is sent again as every event is.
func (s *Server) OpenHome(member string) error {
	var event answer
	var err error
	s.change(func() {
		var u *user
		if u, err = s.acting(member); err != nil {
			return
		}
		event = answer{
			"type": "app_home_opened", "user": u.ID, "channel": directID(u.ID), "tab": "home", "event_ts": s.state.stamp(),
		}
		if v := s.state.homes[u.ID]; v != nil {
			event["view"] = v.object()
		}
	})
	if err != nil {
		return err
	}
	if failed := <-s.sendEvent(event); failed != nil {
		return failed
	}
	return nil
}
