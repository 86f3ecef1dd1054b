package github

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
)

type object = map[string]any

// with adds more's entries to o.
func with(o, more object) object {
	maps.Copy(o, more)
	return o
}

// userShape is GitHub's simple user.
func userShape(u *user) object {
	self := api + "/users/" + u.login
	return object{
		"login": u.login, "id": u.id, "node_id": node("User", u.id), "avatar_url": "https://avatars.githubusercontent.com/u/" + itoa(u.id) + "?v=4",
		"gravatar_id": "", "url": self, "html_url": "https://github.com/" + u.login, "followers_url": self + "/followers",
		"following_url": self + "/following{/other_user}", "gists_url": self + "/gists{/gist_id}", "starred_url": self + "/starred{/owner}{/repo}",
		"subscriptions_url": self + "/subscriptions", "organizations_url": self + "/orgs", "repos_url": self + "/repos",
		"events_url": self + "/events{/privacy}", "received_events_url": self + "/received_events", "type": "User", "site_admin": false,
		"user_view_type": "public",
	}
}

// publicUserShape is what anybody may see of a user.
func publicUserShape(u *user) object {
	return with(userShape(u), object{
		"name": u.name, "company": "@" + Acme, "blog": "", "location": nil, "email": nil, "hireable": nil, "bio": nil, "twitter_username": nil,
		"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0, "created_at": created, "updated_at": created,
	})
}

// privateUserShape is what the authenticated user sees of themselves.
func privateUserShape(u *user) object {
	return with(publicUserShape(u), object{
		"user_view_type": "private", "email": u.email, "private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0,
		"disk_usage": 0, "collaborators": 0, "two_factor_authentication": true,
	})
}

func (u *user) prepare() {
	b, err := json.Marshal(userShape(u))
	if err != nil {
		panic("prepare user: " + err.Error()) // only strings and numbers: cannot happen
	}
	u.simple = b
}

// orgShape is GitHub's simple organisation.
func orgShape(o *org) object {
	self := api + "/orgs/" + o.login
	return object{
		"login": o.login, "id": o.id, "node_id": node("Organization", o.id), "url": self, "repos_url": self + "/repos", "events_url": self + "/events",
		"hooks_url": self + "/hooks", "issues_url": self + "/issues", "members_url": self + "/members{/member}",
		"public_members_url": self + "/public_members{/member}", "avatar_url": "https://avatars.githubusercontent.com/u/" + itoa(o.id) + "?v=4", "description": nil,
	}
}

// ownerShape is the organisation where GitHub shows it as a repository's owner.
func ownerShape(o *org) object {
	s := userShape(&user{id: o.id, login: o.login})
	s["type"] = "Organization"
	return s
}

func (o *org) fullShape() object {
	private, public := 0, 0
	for _, r := range o.repos {
		if r.private {
			private++
		} else {
			public++
		}
	}
	return with(orgShape(o), object{
		"name": o.login, "type": "Organization", "html_url": "https://github.com/" + o.login, "public_repos": public, "public_gists": 0,
		"total_private_repos": private, "owned_private_repos": private, "followers": 0, "following": 0, "has_organization_projects": true,
		"has_repository_projects": true, "created_at": created, "updated_at": created, "archived_at": nil, "two_factor_requirement_enabled": true,
		"plan": object{"name": o.plan, "space": 976562499, "private_repos": 999999, "filled_seats": len(o.members), "seats": 500},
	})
}

func (r *repo) prepare(o *org) {
	b, err := json.Marshal(r.shape(o))
	if err != nil {
		panic("prepare repository: " + err.Error()) // only strings and numbers: cannot happen
	}
	r.minimal = b
}

// shape is GitHub's minimal repository.
func (r *repo) shape(o *org) object {
	full := o.login + "/" + r.name
	self := api + "/repos/" + full
	s := object{
		"id": r.id, "node_id": node("Repository", r.id), "name": r.name, "full_name": full, "private": r.private, "owner": ownerShape(o),
		"html_url": "https://github.com/" + full, "description": nil, "fork": false, "url": self, "created_at": created, "updated_at": created,
		"pushed_at": created, "archived": false, "visibility": map[bool]string{true: "private", false: "public"}[r.private],
	}
	for _, plain := range []string{
		"contributors", "deployments", "downloads", "events", "forks", "hooks", "languages", "merges", "stargazers", "subscribers",
		"subscription", "tags", "teams",
	} {
		s[plain+"_url"] = self + "/" + plain
	}
	for k, path := range map[string]string{
		"archive": "/{archive_format}{/ref}", "assignees": "/assignees{/user}", "blobs": "/git/blobs{/sha}", "branches": "/branches{/branch}",
		"collaborators": "/collaborators{/collaborator}", "comments": "/comments{/number}", "commits": "/commits{/sha}",
		"compare": "/compare/{base}...{head}", "contents": "/contents/{+path}", "git_commits": "/git/commits{/sha}", "git_refs": "/git/refs{/sha}",
		"git_tags": "/git/tags{/sha}", "issue_comment": "/issues/comments{/number}", "issue_events": "/issues/events{/number}",
		"issues": "/issues{/number}", "keys": "/keys{/key_id}", "labels": "/labels{/name}", "milestones": "/milestones{/number}",
		"notifications": "/notifications{?since,all,participating}", "pulls": "/pulls{/number}", "releases": "/releases{/id}",
		"statuses": "/statuses/{sha}", "trees": "/git/trees{/sha}",
	} {
		s[k+"_url"] = self + path
	}
	return s
}

func installationShape(app, id int64, account object) object {
	self := api + "/app/installations/" + itoa(id)
	account = with(userShape(&user{id: account["id"].(int64), login: account["login"].(string)}), account)
	account["type"] = "Organization"
	return object{
		"id": id, "account": account, "access_tokens_url": self + "/access_tokens", "repositories_url": api + "/installation/repositories",
		"html_url": "https://github.com/organizations/acme/settings/installations/" + itoa(id), "app_id": app, "app_slug": "lastday",
		"target_id": account["id"], "target_type": "Organization", "permissions": appPermissions(app), "events": []string{},
		"created_at": created, "updated_at": created, "single_file_name": nil, "repository_selection": "all", "suspended_at": nil, "suspended_by": nil,
	}
}

func teamShape(o *org, t *team) object {
	self := api + "/organizations/" + itoa(o.id) + "/team/" + itoa(t.id)
	return object{
		"id": t.id, "node_id": node("Team", t.id), "url": self, "html_url": "https://github.com/orgs/" + o.login + "/teams/" + t.slug,
		"name": t.name, "slug": t.slug, "description": nil, "privacy": "closed", "notification_setting": "notifications_enabled",
		"permission": "pull", "members_url": self + "/members{/member}", "repositories_url": self + "/repos", "parent": nil,
		"type": "organization", "organization_id": o.id,
	}
}

func node(kind string, id int64) string {
	return strings.TrimRight(base64.URLEncoding.EncodeToString([]byte(kind+itoa(id))), "=")
}
