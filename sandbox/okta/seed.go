package okta

import (
	"strings"
	"time"

	"lastday/sandbox/people"
)

// seeder builds the org's people and what they hold. Ids depend on the order
// alone, so the same staff gives the same org.
type seeder struct {
	s       *Server
	st      *state
	at      time.Time
	groups  map[string]*group
	clients map[string]string // OAuth client name -> id
	apps    map[string]*app   // label -> the app instance
}

func (s *Server) seed(staff []people.Person) {
	b := &seeder{s: s, st: s.st, at: s.now().AddDate(-1, 0, 0).Truncate(time.Second), groups: map[string]*group{}, clients: map[string]string{}, apps: map[string]*app{}}
	for _, g := range []struct{ name, kind, text string }{
		{"Everyone", "BUILT_IN", "All users in your organization"},
		{"Engineering", "OKTA_GROUP", "Builds the product"},
		{"VPN Users", "OKTA_GROUP", "May dial in"},
		{"Okta Application Admins", "OKTA_GROUP", "Administer applications"},
		{"Northwind Outsourcing", "OKTA_GROUP", "People of a partner company"},
		{"Contoso Services", "OKTA_GROUP", "People of a partner company"},
		{"Domain Users", "APP_GROUP", "Imported from Active Directory"},
	} {
		b.groups[g.name] = &group{id: b.st.newID("00g"), name: g.name, kind: g.kind, description: g.text, created: b.at, members: map[string]bool{}, roles: map[string]*role{}}
		b.st.groups[b.groups[g.name].id] = b.groups[g.name]
	}
	r := b.role("APP_ADMIN", "Application Administrator")
	b.groups["Okta Application Admins"].roles[r.id] = r
	for _, name := range []string{"Grafana", "Terraform Cloud"} {
		b.clients[name] = b.st.newID("0oa")
	}
	for _, label := range []string{"Salesforce", "Google Workspace", "Jira", "Slack"} {
		b.apps[label] = &app{instance: b.st.newID("0oa"), label: label, name: strings.ToLower(strings.ReplaceAll(label, " ", "_"))}
	}
	b.everything(b.user(people.Admin), "SUPER_ADMIN", "Super Administrator")
	robot := b.user(people.Robot)
	b.machine(robot, "SUPER_ADMIN", "Super Administrator", s.opts.Token)
	watcher := b.user(people.Person{First: "Lastday", Last: "Observer", Email: ObserverEmail})
	b.machine(watcher, "READ_ONLY_ADMIN", "Read-Only Administrator", s.opts.ReadOnlyToken)
	for _, p := range staff {
		if p.Index == people.Jane.Index {
			b.everything(b.user(p), "HELP_DESK_ADMIN", "Help Desk Administrator")
			continue
		}
		b.member(b.user(p), p)
	}
}

func (b *seeder) user(p people.Person) *user {
	u := &user{
		id: b.st.newID("00u"), status: "ACTIVE", created: b.at, statusChanged: b.at, lastUpdated: b.at, lastLogin: b.at,
		profile: map[string]any{"login": p.Email, "email": p.Email, "firstName": p.First, "lastName": p.Last},
		clients: map[string]*client{}, roles: map[string]*role{}, factors: map[string]*factor{}, apps: map[string]*app{},
		groups: map[string]bool{}, devices: map[string]bool{}, tokens: map[string]bool{},
	}
	if p.GitHubLogin != "" {
		u.profile[GitHubAttribute] = p.GitHubLogin
	}
	if p.Partner != "" {
		u.profile["organization"] = p.Partner
		b.st.join(u, b.groups[p.Partner])
	}
	b.st.addUser(u)
	b.st.join(u, b.groups["Everyone"])
	return u
}

// everything gives a person something of every class, most of it more than once.
func (b *seeder) everything(u *user, role, label string) {
	r := b.role(role, label)
	u.roles[r.id] = r
	u.sessions = 3
	b.st.join(u, b.groups["Engineering"])
	b.st.join(u, b.groups["VPN Users"])
	b.st.join(u, b.groups["Okta Application Admins"])
	b.client(u, "Grafana", 2, "openid", "offline_access")
	b.client(u, "Terraform Cloud", 1)
	b.factor(u, "push", "OKTA", map[string]any{"name": u.profile["firstName"].(string) + "'s phone", "platform": "IOS"})
	b.factor(u, "token:software:totp", "OKTA", map[string]any{"credentialId": u.login()})
	b.factor(u, "sms", "OKTA", map[string]any{"phoneNumber": "+15550100"})
	for _, label := range []string{"Salesforce", "Google Workspace", "Jira", "Slack"} {
		b.app(u, label)
	}
	b.device(u, "laptop", "MACOS")
	b.device(u, "phone", "IOS")
	b.token(u, "reporting script")
}

// member gives a member of staff what most have.
func (b *seeder) member(u *user, p people.Person) {
	u.sessions = 1 + p.Index%2
	b.st.join(u, b.groups["VPN Users"])
	if p.Index%3 == 0 {
		b.st.join(u, b.groups["Engineering"])
	}
	b.client(u, "Grafana", 1, "openid")
	b.factor(u, "push", "OKTA", map[string]any{"name": "phone", "platform": "ANDROID"})
	b.app(u, "Google Workspace")
	b.app(u, "Slack")
	if p.Index%2 == 0 {
		b.device(u, "laptop", "WINDOWS")
	}
	if p.Index%10 == 0 {
		b.token(u, "export job")
		r := b.role("REPORT_ADMIN", "Report Administrator")
		u.roles[r.id] = r
	}
}

// machine gives an account of ours its role, a factor and its token.
func (b *seeder) machine(u *user, role, label, secret string) {
	r := b.role(role, label)
	u.roles[r.id] = r
	b.factor(u, "token:software:totp", "OKTA", map[string]any{"credentialId": u.login()})
	b.s.secrets[secret] = b.token(u, "lastday").id
}

func (b *seeder) role(kind, label string) *role {
	return &role{id: b.st.newID("ra1"), kind: kind, label: label, created: b.at}
}

func (b *seeder) client(u *user, name string, tokens int, scopes ...string) {
	cl := &client{id: b.clients[name], name: name, tokens: map[string]refreshToken{}, grants: map[string]scopeGrant{}}
	for range tokens {
		t := refreshToken{id: b.st.newID("oar"), created: b.at, scopes: []string{"offline_access"}}
		cl.tokens[t.id] = t
	}
	for _, scope := range scopes {
		g := scopeGrant{id: b.st.newID("oag"), scope: scope, created: b.at}
		cl.grants[g.id] = g
	}
	u.clients[cl.id] = cl
}

func (b *seeder) factor(u *user, kind, provider string, profile map[string]any) {
	f := &factor{id: b.st.newID("opf"), kind: kind, provider: provider, profile: profile, created: b.at}
	u.factors[f.id] = f
}

func (b *seeder) app(u *user, label string) {
	a := *b.apps[label]
	a.id = b.st.newID("0ua")
	u.apps[a.id] = &a
}

func (b *seeder) device(u *user, name, platform string) {
	d := &device{id: b.st.newID("guo"), name: u.profile["firstName"].(string) + "'s " + name, platform: platform, status: "ACTIVE", created: b.at, users: map[string]bool{u.id: true}}
	b.st.devices[d.id] = d
	u.devices[d.id] = true
}

func (b *seeder) token(u *user, name string) *apiToken {
	t := &apiToken{id: b.st.newID("00T"), name: name, userID: u.id, clientName: "Okta API", created: b.at, expires: b.s.now().AddDate(0, 1, 0)}
	b.st.tokens[t.id] = t
	u.tokens[t.id] = true
	return t
}
