package slack

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lastday/sandbox/people"
)

// answer is a JSON object.
type answer map[string]any

// grant is what a token may do, and as whom.
type grant struct {
	user   string
	scopes []string
	scim   bool // may read SCIM
	write  bool // may write SCIM
	app    bool // is the app's own, which opens sockets and nothing else
}

func grantsOf(o Options) map[string]grant {
	observer := hashID("U0", "bot observer")
	robot := UserID(people.Robot.Email)
	return map[string]grant{
		o.BotToken:      {user: BotUserID(), scopes: o.BotScopes},
		o.ReadBotToken:  {user: observer, scopes: []string{"users:read"}},
		o.ScimToken:     {user: robot, scopes: []string{"admin", "identify"}, scim: true, write: true},
		o.AppToken:      {scopes: []string{"connections:write"}, app: true},
		o.ReadScimToken: {user: robot, scopes: []string{"admin", "identify"}, scim: true},
	}
}

// call is one call of a Web API method.
type call struct {
	args  url.Values
	grant grant
	host  string // that was asked
}

// method is a Web API method: the scopes of which it needs one, and what it
// does, under the server's lock.
type method struct {
	scopes []string
	app    bool // takes the app's own token
	do     func(call) answer
}

// reading are the methods that change nothing.
var reading = map[string]bool{
	"auth.test": true, "users.lookupByEmail": true, "users.info": true, "users.list": true,
	"conversations.info": true, "conversations.history": true, "chat.getPermalink": true,
	"usergroups.list": true, "usergroups.users.list": true,
}

func (s *Server) methods() map[string]method {
	history := []string{"channels:history", "groups:history"}
	return map[string]method{
		"auth.test":             {do: s.authTest},
		"users.lookupByEmail":   {scopes: []string{"users:read.email"}, do: s.usersLookup},
		"users.info":            {scopes: []string{"users:read"}, do: s.usersInfo},
		"users.list":            {scopes: []string{"users:read"}, do: s.usersList},
		"conversations.info":    {scopes: []string{"channels:read", "groups:read"}, do: s.conversationsInfo},
		"conversations.history": {scopes: history, do: s.conversationsHistory},
		"chat.postMessage":      {scopes: []string{"chat:write"}, do: s.chatPost},
		"chat.update":           {scopes: []string{"chat:write"}, do: s.chatUpdate},
		"chat.delete":           {scopes: []string{"chat:write"}, do: s.chatDelete},
		"chat.getPermalink":     {do: s.chatPermalink},
		"chat.postEphemeral":    {scopes: []string{"chat:write"}, do: s.chatEphemeral},
		"conversations.open":    {scopes: []string{"im:write"}, do: s.conversationsOpen},
		"usergroups.list":       {scopes: []string{"usergroups:read"}, do: s.groupsList},
		"usergroups.users.list": {scopes: []string{"usergroups:read"}, do: s.groupsMembers},
		"views.open":            {do: s.viewsOpen},
		"views.push":            {do: s.viewsPush},
		"views.update":          {do: s.viewsUpdate},
		"views.publish":         {do: s.viewsPublish},
		"apps.connections.open": {scopes: []string{"connections:write"}, app: true, do: s.connectionsOpen},
	}
}

// method wraps a Web API method: arguments, token, scope and rate limit.
func (s *Server) method(name string, m method) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		args, word := arguments(r)
		if word != "" {
			reply(w, fail(word))
			return
		}
		token := args.Get("token")
		if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			token = bearer
		}
		if token == "" {
			reply(w, fail("not_authed"))
			return
		}
		g, ok := s.grants[token]
		switch {
		case !ok:
			reply(w, fail("invalid_auth"))
			return
		case g.app != m.app:
			reply(w, fail("not_allowed_token_type"))
			return
		}
		w.Header().Set("X-OAuth-Scopes", strings.Join(g.scopes, ","))
		w.Header().Set("X-Accepted-OAuth-Scopes", strings.Join(m.scopes, ","))
		if len(m.scopes) > 0 && !slices.ContainsFunc(m.scopes, func(n string) bool { return slices.Contains(g.scopes, n) }) {
			reply(w, answer{"ok": false, "error": "missing_scope", "needed": m.scopes[0], "provided": strings.Join(g.scopes, ",")})
			return
		}
		if wait, ok := s.limits.allow(name, token, args.Get("channel")); !ok {
			tooMany(w, strconv.Itoa(wait))
			return
		}
		s.mu.Lock()
		out := m.do(call{args: args, grant: g, host: r.Host})
		s.mu.Unlock()
		reply(w, out)
	}
}

// arguments reads a form, a query or a JSON object; in JSON the token stands
// in the header only.
func arguments(r *http.Request) (url.Values, string) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		if err := r.ParseForm(); err != nil {
			return nil, "invalid_form_data"
		}
		return r.Form, ""
	}
	var raw map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&raw); err != nil && !errors.Is(err, io.EOF) { // no arguments at all are fine
		return nil, "invalid_json"
	}
	args := url.Values{}
	for k, v := range raw {
		var text string
		if json.Unmarshal(v, &text) == nil {
			args.Set(k, text)
		} else {
			args.Set(k, string(v))
		}
	}
	args.Del("token")
	return args, ""
}

func (s *Server) authTest(c call) answer {
	u := s.state.users[c.grant.user]
	out := answer{
		"ok": true, "url": "https://sandbox.slack.com/", "team": "Sandbox", "user": u.Handle,
		"team_id": u.TeamID, "user_id": u.ID, "is_enterprise_install": false,
	}
	if u.Bot {
		out["bot_id"] = u.BotID
	}
	return out
}

func fail(word string) answer { return answer{"ok": false, "error": word} }

func tooMany(w http.ResponseWriter, retryAfter string) {
	if retryAfter != "" {
		w.Header().Set("Retry-After", retryAfter)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusTooManyRequests)
	_ = json.NewEncoder(w).Encode(fail("ratelimited"))
}

func reply(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(a)
}

// requestID is what Slack puts on every answer.
func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// cursor and place turn a position of a list into Slack's opaque form and back.
func cursor(kind string, n string) string {
	return base64.StdEncoding.EncodeToString([]byte(kind + ":" + n))
}

func place(kind, cursor string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(cursor)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(b), kind+":")
}

// limit is the page size asked for, within what the stand-in gives.
func (s *Server) limit(args url.Values, standard, most int) int {
	n, err := strconv.Atoi(args.Get("limit"))
	if err != nil || n <= 0 {
		n = standard
	}
	return min(n, most, s.opt.PageSize)
}
