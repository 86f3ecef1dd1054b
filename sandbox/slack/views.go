package slack

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"lastday/sandbox/slack/kit"
)

// view is a dialog or an App Home. It is never changed in place.
type view struct {
	ID, Root, Previous string
	Hash               string
	User               string
	Type               string
	CallbackID         string
	ExternalID         string
	Metadata           string
	Title              string
	Submit, Close      string
	ClearOnClose       bool
	NotifyOnClose      bool
	Blocks             []block

	source  map[string]any    // what was sent, with every id
	filled  Fill              // what stands in the inputs, keyed "block_id/action_id"
	errors  map[string]string // by block_id
	trouble string
}

// maxStack is how many dialogs may lie upon each other (docs.slack.dev,
// "Modals").
const maxStack = 3

// newView checks and reads a view; the answer is Slack's refusal.
func newView(raw []byte, kind string) (*view, answer) {
	if len(raw) == 0 {
		return nil, refusal("invalid_arguments", []string{"missing required field: view [json-pointer:]"})
	}
	if len(raw) > kit.ViewBytes {
		return nil, fail("view_too_large")
	}
	problems, err := kit.View(raw)
	if err != nil {
		return nil, refusal("invalid_arguments", []string{err.Error() + " [json-pointer:/view]"})
	}
	var in struct {
		Type            string
		CallbackID      string `json:"callback_id"`
		ExternalID      string `json:"external_id"`
		PrivateMetadata string `json:"private_metadata"`
		Title           textObj
		Submit, Close   textObj
		ClearOnClose    bool `json:"clear_on_close"`
		NotifyOnClose   bool `json:"notify_on_close"`
		Blocks          json.RawMessage
	}
	if len(problems) == 0 {
		if err := json.Unmarshal(raw, &in); err != nil {
			problems = []string{err.Error() + " [json-pointer:/view]"}
		} else if in.Type != kind {
			problems = []string{"must be of type " + kind + " [json-pointer:/view/type]"}
		}
	}
	if len(problems) > 0 {
		return nil, refusal("invalid_arguments", problems)
	}
	v := &view{
		Hash: newHash(), Type: in.Type, CallbackID: in.CallbackID, ExternalID: in.ExternalID, Metadata: in.PrivateMetadata,
		Title: in.Title.Text, Submit: in.Submit.Text, Close: in.Close.Text,
		ClearOnClose: in.ClearOnClose, NotifyOnClose: in.NotifyOnClose, filled: Fill{},
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v.source) != nil {
		return nil, fail("internal_error")
	}
	full := withIDs(in.Blocks, v.Hash)
	v.source["blocks"], v.Blocks = full, parse(full)
	return v, nil
}

func newHash() string {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("%d.%x", time.Now().Unix(), b)
}

func newViewID() string { return hashID("V0", requestID()) }

// with gives a changed copy.
func (v *view) with(edit func(*view)) *view {
	c := *v
	c.filled, c.errors = maps.Clone(v.filled), maps.Clone(v.errors)
	if c.filled == nil {
		c.filled = Fill{}
	}
	edit(&c)
	return &c
}

// after makes v the next state of old: the same dialog, in which what was filled
// in stays wherever block_id and action_id are still there (docs.slack.dev,
// "Modals", "Updating views").
func (v *view) after(old *view) {
	v.ID, v.Root, v.Previous, v.User = old.ID, old.Root, old.Previous, old.User
	for i := range v.Blocks {
		for _, e := range v.Blocks[i].actors() {
			key := v.Blocks[i].ID + "/" + e.ActionID
			if was, ok := old.filled[key]; ok {
				v.filled[key] = was
			}
		}
	}
}

// object is Slack's view.
func (v *view) object() answer {
	out := answer{
		"id": v.ID, "team_id": TeamID, "type": v.Type, "blocks": v.source["blocks"], "private_metadata": v.Metadata,
		"callback_id": v.CallbackID, "external_id": v.ExternalID, "state": answer{"values": v.values()}, "hash": v.Hash,
		"title": v.source["title"], "submit": v.source["submit"], "close": v.source["close"],
		"clear_on_close": v.ClearOnClose, "notify_on_close": v.NotifyOnClose,
		"root_view_id": v.Root, "previous_view_id": nil, "app_id": AppID, "app_installed_team_id": TeamID,
		"bot_id": hashID("B0", "lastday"),
	}
	if v.Previous != "" {
		out["previous_view_id"] = v.Previous
	}
	return out
}

// findView looks in every open dialog and every home.
func (st *state) findView(match func(*view) bool) *view {
	for _, stack := range st.dialogs {
		if i := slices.IndexFunc(stack, match); i >= 0 {
			return stack[i]
		}
	}
	for _, v := range st.homes {
		if match(v) {
			return v
		}
	}
	return nil
}

// put stands the new state of a view in the place of the old one.
func (st *state) put(v *view) {
	if v.Type == "home" {
		st.homes[v.User] = v
		return
	}
	for i, old := range st.dialogs[v.User] {
		if old.ID == v.ID {
			st.dialogs[v.User][i] = v
		}
	}
}

// push lays a dialog upon the member's others.
func (st *state) push(user string, v *view) {
	v.ID, v.User = newViewID(), user
	v.Root = v.ID
	if below := st.front(user); below != nil {
		v.Root, v.Previous = below.Root, below.ID
	}
	st.dialogs[user] = append(st.dialogs[user], v)
}

// front is the dialog that the member sees, or nil.
func (st *state) front(user string) *view {
	stack := st.dialogs[user]
	if len(stack) == 0 {
		return nil
	}
	return stack[len(stack)-1]
}

func (st *state) usedElsewhere(external, id string) bool {
	return external != "" && st.findView(func(v *view) bool { return v.ExternalID == external && v.ID != id }) != nil
}
