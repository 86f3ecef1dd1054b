package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// content reads what a message consists of; the word is Slack's error.
func content(c call) (text string, blocks json.RawMessage, meta *metadata, word string) {
	text = c.args.Get("text")
	if raw := c.args.Get("blocks"); raw != "" {
		blocks = json.RawMessage(raw)
		if word = CheckBlocks(blocks); word != "" {
			return
		}
		if raw == "[]" {
			blocks = nil
		}
	}
	if raw := c.args.Get("metadata"); raw != "" {
		meta = &metadata{}
		if err := json.Unmarshal([]byte(raw), meta); err != nil || meta.EventType == "" || meta.EventPayload == nil {
			return text, blocks, nil, "invalid_metadata_format"
		}
	}
	switch {
	case text == "" && blocks == nil:
		word = "no_text"
	case utf8.RuneCountInString(text) > 40000:
		word = "msg_too_long"
	}
	return
}

// post gives the message its ts, which is unique in the channel.
func (st *state) post(m *message) *message {
	m.Posted = time.Now()
	st.lastTS = max(st.lastTS+1, m.Posted.UnixMicro())
	m.TS = fmt.Sprintf("%d.%06d", st.lastTS/1e6, st.lastTS%1e6)
	st.messages = append(st.messages, m)
	st.posts++
	return m
}

// channel resolves an id, or for posting a name.
func (s *Server) channel(c call) bool {
	id := c.args.Get("channel")
	return id == s.opt.Channel || strings.TrimPrefix(id, "#") == s.opt.ChannelName
}

func (s *Server) chatPost(c call) answer {
	if !s.channel(c) {
		return fail("channel_not_found")
	}
	text, blocks, meta, word := content(c)
	if word != "" {
		return fail(word)
	}
	m := s.state.post(&message{User: c.grant.user, Text: text, Blocks: blocks, Metadata: meta})
	return answer{"ok": true, "channel": s.opt.Channel, "ts": m.TS, "message": s.messageObject(m, true)}
}

// own finds a message that the caller may change.
func (s *Server) own(c call, word string) (*message, answer) {
	if c.args.Get("channel") != s.opt.Channel {
		return nil, fail("channel_not_found")
	}
	i := s.state.index(c.args.Get("ts"))
	if i < 0 {
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
	text, blocks, meta, word := content(c)
	if word != "" {
		return fail(word)
	}
	m.Text, m.Blocks, m.Edits, m.Edited = text, blocks, m.Edits+1, time.Now()
	if meta != nil {
		m.Metadata = meta
	}
	return answer{"ok": true, "channel": s.opt.Channel, "ts": m.TS, "text": text, "message": s.messageObject(m, true)}
}

func (s *Server) chatDelete(c call) answer {
	m, no := s.own(c, "cant_delete_message")
	if no != nil {
		return no
	}
	i := s.state.index(m.TS)
	s.state.messages = slices.Delete(s.state.messages, i, i+1)
	return answer{"ok": true, "channel": s.opt.Channel, "ts": m.TS}
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
		out["bot_profile"] = answer{"id": u.BotID, "name": u.name(), "team_id": TeamID, "deleted": false, "app_id": "A0LASTDAY01"}
	}
	if m.Blocks != nil {
		out["blocks"] = m.Blocks
	} else if m.Edits > 0 {
		out["edited"] = answer{"user": m.User, "ts": fmt.Sprintf("%d.000000", m.Edited.Unix())}
	}
	if withMetadata && m.Metadata != nil {
		out["metadata"] = m.Metadata
	}
	return out
}
