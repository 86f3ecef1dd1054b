package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What a response_url allows (docs.slack.dev, "Handling user interaction",
// "Message responses").
const (
	responseUses = 5
	responseLife = 30 * time.Minute
)

// response is what a response_url stands for.
type response struct {
	secret   string
	user     string // who acted
	channel  string
	original string // ts of the message that was pressed, empty for a command
	at       time.Time
	uses     int
}

// newResponse gives a response_url of Slack's form.
func (s *Server) newResponse(r response, kind string) string {
	id := hashID("1", requestID())
	r.secret, r.at = requestID(), time.Now()
	s.state.responses[id] = r
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	return strings.TrimSuffix(s.wire.base, "/") + "/" + kind + "/" + TeamID + "/" + id + "/" + r.secret
}

// said is a message as a response_url and a command's answer take it.
type said struct {
	Text            string          `json:"text"`
	Blocks          json.RawMessage `json:"blocks"`
	Metadata        json.RawMessage `json:"metadata"`
	ResponseType    string          `json:"response_type"`
	ReplaceOriginal bool            `json:"replace_original"`
	DeleteOriginal  bool            `json:"delete_original"`
}

func (s *Server) serveResponse(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PathValue("id")
	to, ok := s.state.responses[id]
	refuse := func(status int, word string) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(fail(word))
	}
	switch {
	case !ok || to.secret != r.PathValue("secret"):
		http.Error(w, "no_service", http.StatusNotFound)
		return
	case time.Since(to.at) > responseLife:
		refuse(http.StatusNotFound, "expired_url")
		return
	case to.uses >= responseUses:
		refuse(http.StatusNotFound, "used_url")
		return
	}
	to.uses++
	s.state.responses[id] = to
	var in said
	if err := json.Unmarshal(raw, &in); err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	if no := s.say(to, in); no != nil {
		http.Error(w, no["error"].(string), http.StatusBadRequest)
		return
	}
	fmt.Fprint(w, "ok")
}

// say shows a message for a response_url: to the acting member only, to the
// channel, or in the place of what was pressed. The answer is Slack's refusal.
func (s *Server) say(to response, in said) answer {
	original := s.original(to)
	if in.DeleteOriginal {
		if original == nil {
			return fail("no_original")
		}
		s.state.remove(original.TS)
		s.state.hush(original.TS)
		return nil
	}
	args := url.Values{"text": {in.Text}}
	if len(in.Blocks) > 0 && string(in.Blocks) != "null" {
		args.Set("blocks", string(in.Blocks))
	}
	if len(in.Metadata) > 0 && string(in.Metadata) != "null" {
		args.Set("metadata", string(in.Metadata))
	}
	content, no := contentOf(args, false)
	if no != nil {
		return no
	}
	m := &message{Channel: to.channel, User: BotUserID(), Text: content.text, Blocks: content.blocks, Metadata: content.meta}
	switch {
	case in.ReplaceOriginal && original != nil:
		original.change(content)
	case in.ResponseType == "in_channel":
		s.state.post(m)
	default:
		s.state.whisper(to.user, m)
	}
	return nil
}

// original is the app's message that was pressed, or nil.
func (s *Server) original(to response) *message {
	if i := s.state.index(to.original); i >= 0 && s.state.messages[i].User == BotUserID() {
		return s.state.messages[i]
	}
	for _, m := range s.state.whispers {
		if m.TS == to.original && m.To == to.user {
			return m
		}
	}
	return nil
}

// hush takes a message away that one member saw.
func (st *state) hush(ts string) {
	for i, m := range st.whispers {
		if m.TS == ts {
			st.whispers = append(st.whispers[:i:i], st.whispers[i+1:]...)
			return
		}
	}
}

// answered shows what the app answered to a command: nothing, text, or a
// message as a response_url takes it.
func (s *Server) answered(responseURL string, body []byte) *Failure {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || string(body) == "null" || string(body) == "{}" {
		return nil
	}
	var in said
	if body[0] == '"' {
		if json.Unmarshal(body, &in.Text) != nil {
			in.Text = string(body)
		}
	} else if json.Unmarshal(body, &in) != nil {
		in.Text = string(body)
	}
	var failed *Failure
	s.change(func() {
		part := strings.Split(responseURL, "/")
		if no := s.say(s.state.responses[part[len(part)-2]], in); no != nil {
			failed = &Failure{"invalid_response", fmt.Sprint(no)}
		}
	})
	return failed
}

// responded does what the app answered to a submission (docs.slack.dev,
// "Modals", "Close, update and push views in response to a submission").
func (s *Server) responded(id string, body []byte) *Failure {
	body = bytes.TrimSpace(body)
	var in struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if len(body) > 0 && json.Unmarshal(body, &in) != nil {
		return &Failure{"invalid_response", "the app answered with what is no JSON: " + string(body)}
	}
	var failed *Failure
	s.change(func() {
		v := s.state.findView(func(v *view) bool { return v.ID == id })
		if v == nil {
			return
		}
		failed = s.respond(v, in.Action, in.Errors, in.View)
	})
	return failed
}

func (s *Server) respond(v *view, action string, errors map[string]string, raw json.RawMessage) *Failure {
	stack := s.state.dialogs[v.User]
	switch action {
	case "":
		kept := make([]*view, 0, len(stack))
		for _, o := range stack {
			if o.ID != v.ID {
				kept = append(kept, o)
			}
		}
		s.state.dialogs[v.User] = kept
	case "clear":
		delete(s.state.dialogs, v.User)
	case "errors":
		return s.showErrors(v, errors)
	case "update", "push":
		next, no := newView(raw, "modal")
		if no != nil {
			return &Failure{"invalid_response", fmt.Sprint(no)}
		}
		if action == "update" {
			next.after(v)
			s.state.put(next)
		} else if len(stack) >= maxStack {
			return &Failure{"invalid_response", "push_limit_reached"}
		} else {
			s.state.push(v.User, next)
		}
	default:
		return &Failure{"invalid_response", "there is no response_action " + action}
	}
	return nil
}

func (s *Server) showErrors(v *view, errors map[string]string) *Failure {
	inputs := map[string]bool{}
	for _, b := range v.Blocks {
		inputs[b.ID] = b.Type == "input"
	}
	for id, text := range errors {
		if !inputs[id] || text == "" {
			return &Failure{"invalid_response", "errors name " + id + ", which is no input of the dialog, or say nothing"}
		}
	}
	if len(errors) == 0 {
		return &Failure{"invalid_response", "response_action errors without errors"}
	}
	s.state.put(v.with(func(v *view) { v.errors = errors }))
	return nil
}
