package slack

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lastday/sandbox/slack/kit"
)

// content is what a message consists of.
type content struct {
	text   string
	blocks json.RawMessage // as sent; nil where there are none
	meta   *metadata
}

// contentOf reads what a message consists of; the answer is Slack's refusal. Of
// all blocks together only chat.postMessage and chat.update limit the length.
func contentOf(args url.Values, whole bool) (content, answer) {
	out := content{text: args.Get("text")}
	if raw := args.Get("blocks"); raw != "" {
		out.blocks = json.RawMessage(raw)
		if no := checkBlocks(out.blocks, whole); no != nil {
			return out, no
		}
		if raw == "[]" {
			out.blocks = nil
		}
	}
	if raw := args.Get("metadata"); raw != "" {
		out.meta = &metadata{}
		if err := json.Unmarshal([]byte(raw), out.meta); err != nil || out.meta.EventType == "" || out.meta.EventPayload == nil {
			return out, fail("invalid_metadata_format")
		}
	}
	switch {
	case out.text == "" && out.blocks == nil:
		return out, fail("no_text")
	case utf8.RuneCountInString(out.text) > 40000:
		return out, fail("msg_too_long")
	}
	return out, nil
}

// checkBlocks gives Slack's answer to blocks that break a rule.
func checkBlocks(raw json.RawMessage, whole bool) answer {
	problems, err := kit.Message(raw)
	switch {
	case err != nil:
		return fail("invalid_blocks_format")
	case len(problems) > 0:
		out := refusal("invalid_blocks", problems)
		out["errors"] = problems
		return out
	case whole && kit.TooLong(raw):
		return fail("msg_blocks_too_long")
	}
	return nil
}

// refusal is an error with the reasons in response_metadata.
func refusal(word string, problems []string) answer {
	messages := make([]string, 0, len(problems))
	for _, p := range problems {
		messages = append(messages, "[ERROR] "+p)
	}
	return answer{"ok": false, "error": word, "response_metadata": answer{"messages": messages}}
}

// CheckBlocks holds the JSON of a message's blocks against Slack's rules (see
// package kit) and gives Slack's word for the first that is broken, or nothing.
func CheckBlocks(raw json.RawMessage) string {
	if no := checkBlocks(raw, true); no != nil {
		return no["error"].(string)
	}
	return ""
}

// stamp gives a ts that no message has yet.
func (st *state) stamp() string {
	st.lastTS = max(st.lastTS+1, time.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", st.lastTS/1e6, st.lastTS%1e6)
}

// post adds the message to its channel.
func (st *state) post(m *message) *message {
	m.Posted, m.TS = time.Now(), st.stamp()
	m.Full = withIDs(m.Blocks, m.TS)
	st.messages = append(st.messages, m)
	if !strings.HasPrefix(m.Channel, "D") {
		st.posts++
	}
	return m
}

// channel resolves what chat.postMessage takes: an id, a name, or a member, who
// gets it from the app directly.
func (s *Server) channel(id string) (string, bool) {
	if id == s.opt.Channel || strings.TrimPrefix(id, "#") == s.opt.ChannelName {
		return s.opt.Channel, true
	}
	for _, u := range s.state.users {
		if !u.Bot && !u.Deleted && (id == u.ID || id == directID(u.ID)) {
			return directID(u.ID), true
		}
	}
	return "", false
}

// directID is the channel between the app and a member.
func directID(user string) string { return hashID("D0", user) }

func (s *Server) chatPost(c call) answer {
	channel, ok := s.channel(c.args.Get("channel"))
	if !ok {
		return fail("channel_not_found")
	}
	if s.opt.NoMessagesTab && strings.HasPrefix(channel, "D") {
		return fail("messages_tab_disabled")
	}
	said, no := contentOf(c.args, true)
	if no != nil {
		return no
	}
	m := s.state.post(&message{Channel: channel, User: c.grant.user, Text: said.text, Blocks: said.blocks, Metadata: said.meta})
	return answer{"ok": true, "channel": channel, "ts": m.TS, "message": s.messageObject(m, true)}
}

// chatEphemeral shows a message to one member of the channel only. Slack keeps
// none of it: it is in no history and cannot be updated by ts.
func (s *Server) chatEphemeral(c call) answer {
	channel, ok := s.channel(c.args.Get("channel"))
	u := s.state.users[c.args.Get("user")]
	switch {
	case !ok:
		return fail("channel_not_found")
	case u == nil || u.Bot || u.Deleted:
		return fail("user_not_in_channel")
	}
	said, no := contentOf(c.args, true)
	if no != nil {
		return no
	}
	m := s.state.whisper(u.ID, &message{Channel: channel, User: c.grant.user, Text: said.text, Blocks: said.blocks})
	return answer{"ok": true, "message_ts": m.TS}
}

// whisper shows a message to one member only.
func (st *state) whisper(to string, m *message) *message {
	m.To, m.Posted, m.TS = to, time.Now(), st.stamp()
	m.Full = withIDs(m.Blocks, m.TS)
	st.whispers = append(st.whispers, m)
	return m
}

// own finds a message that the caller may change.
func (s *Server) own(c call, word string) (*message, answer) {
	channel, ok := s.channel(c.args.Get("channel"))
	if !ok || channel != c.args.Get("channel") {
		return nil, fail("channel_not_found")
	}
	i := s.state.index(c.args.Get("ts"))
	if i < 0 || s.state.messages[i].Channel != channel {
		return nil, fail("message_not_found")
	}
	if m := s.state.messages[i]; m.User == c.grant.user {
		return m, nil
	}
	return nil, fail(word)
}

func (st *state) index(ts string) int {
	i, ok := slices.BinarySearchFunc(st.messages, ts, func(m *message, ts string) int { return strings.Compare(m.TS, ts) })
	if !ok {
		return -1
	}
	return i
}

// chatUpdate keeps the metadata where none is given.
func (s *Server) chatUpdate(c call) answer {
	m, no := s.own(c, "cant_update_message")
	if no != nil {
		return no
	}
	said, no := contentOf(c.args, true)
	if no != nil {
		return no
	}
	m.change(said)
	return answer{"ok": true, "channel": m.Channel, "ts": m.TS, "text": said.text, "message": s.messageObject(m, true)}
}

func (m *message) change(said content) {
	m.Text, m.Blocks, m.Full = said.text, said.blocks, withIDs(said.blocks, m.TS)
	m.Edits, m.Edited = m.Edits+1, time.Now()
	if said.meta != nil {
		m.Metadata = said.meta
	}
}

func (s *Server) chatDelete(c call) answer {
	m, no := s.own(c, "cant_delete_message")
	if no != nil {
		return no
	}
	s.state.remove(m.TS)
	return answer{"ok": true, "channel": m.Channel, "ts": m.TS}
}

func (st *state) remove(ts string) {
	if i := st.index(ts); i >= 0 {
		st.messages = slices.Delete(st.messages, i, i+1)
	}
}

func (s *Server) chatPermalink(c call) answer {
	ts := c.args.Get("message_ts")
	if c.args.Get("channel") != s.opt.Channel {
		return fail("channel_not_found")
	}
	if s.state.index(ts) < 0 {
		return fail("message_not_found")
	}
	return answer{
		"ok": true, "channel": s.opt.Channel,
		"permalink": "https://sandbox.slack.com/archives/" + s.opt.Channel + "/p" + strings.ReplaceAll(ts, ".", ""),
	}
}

// messageObject is Slack's message. The edited mark is not there when blocks
// were used (chat.update, "blocks").
func (s *Server) messageObject(m *message, withMetadata bool) answer {
	out := answer{"type": "message", "user": m.User, "text": m.Text, "ts": m.TS, "team": TeamID}
	if u := s.state.users[m.User]; u != nil && u.Bot {
		out["bot_id"] = u.BotID
		out["bot_profile"] = answer{"id": u.BotID, "name": u.name(), "team_id": TeamID, "deleted": false, "app_id": AppID}
	}
	if m.Blocks != nil {
		out["blocks"] = m.Full
	} else if m.Edits > 0 {
		out["edited"] = answer{"user": m.User, "ts": fmt.Sprintf("%d.000000", m.Edited.Unix())}
	}
	if withMetadata && m.Metadata != nil {
		out["metadata"] = m.Metadata
	}
	return out
}
