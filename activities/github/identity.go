package github

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"lastday/activities/transport"
	"lastday/offboarding"
)

var (
	repoName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
	teamSlug = regexp.MustCompile(`^[A-Za-z0-9._-]{1,255}$`)
)

// validLogin accepts what GitHub accepts as a login: letters, digits and
// single inner hyphens, at most 39; and with one underscore and a short code,
// as Enterprise Managed Users have. The SDK does not escape path segments, so
// nothing else may ever reach a URL.
func validLogin(s string) bool {
	name, code, managed := strings.Cut(s, "_")
	if managed && !plainName(code) {
		return false
	}
	return len(s) <= 39 && plainName(name)
}

// validOrg accepts an organisation's login.
func validOrg(s string) bool { return len(s) <= 39 && plainName(s) }

// plainName is letters, digits and single inner hyphens.
func plainName(s string) bool {
	if s == "" || s[0] == '-' || s[len(s)-1] == '-' || strings.Contains(s, "--") {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

func validRepo(s string) bool { return repoName.MatchString(s) && s != "." && s != ".." }
func validTeam(s string) bool { return teamSlug.MatchString(s) && s != "." && s != ".." }

// number parses a positive decimal id in its one spelling.
func number(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func fold(s string) string { return strings.ToLower(s) }

// subject is whom a step is about.
type subject struct {
	id    int64 // 0: only an e-mail invitation is known
	login string
	email string
}

func (w subject) linked() bool { return w.id != 0 }

// is reports whether a user that GitHub shows is the subject. Only the id
// counts: a login can change hands.
func (w subject) is(id int64) bool { return w.id != 0 && w.id == id }

// named reports whether a login that comes without an id is the subject's.
func (w subject) named(login string) bool { return w.login != "" && strings.EqualFold(login, w.login) }

const invitationPrefix = "invitation:"

// subjectOf checks an account's form before any call is made with it.
func subjectOf(a offboarding.Account) (subject, error) {
	bad := func(detail string) (subject, error) {
		return subject{}, &transport.Error{
			Kind: transport.Identity, System: System, Op: "read account", Detail: detail,
			Fix: "nothing was called or changed; find the person again",
		}
	}
	if a.System != System {
		return bad(fmt.Sprintf("the account belongs to %q", a.System))
	}
	if !a.Found {
		return bad("the account was not found, so there is nothing to act on")
	}
	if rest, ok := strings.CutPrefix(a.ID, invitationPrefix); ok {
		org, id, _ := strings.Cut(rest, "/")
		if _, ok := number(id); !ok || !validOrg(org) {
			return bad(fmt.Sprintf("%q is not of the form invitation:ORGANISATION/NUMBER", a.ID))
		}
		email, err := offboarding.ParseSubject(a.Email)
		if err != nil {
			return bad("an account known by an invitation needs its e-mail: " + err.Error())
		}
		return subject{email: string(email)}, nil
	}
	id, ok := number(a.ID)
	if !ok {
		return bad(fmt.Sprintf("%q is not a GitHub user id", a.ID))
	}
	if !validLogin(a.Login) {
		return bad(fmt.Sprintf("%q is not a GitHub login", a.Login))
	}
	return subject{id: id, login: a.Login, email: a.Email}, nil
}

// place is a grant's id taken apart.
type place struct {
	org, repo, team string
	id              int64
}

// placeOf parses a grant's id by its class; every part is checked, as it goes
// into a URL.
func (c *Connector) placeOf(g offboarding.Grant) (place, error) {
	parts := strings.Split(g.ID, "/")
	p := place{org: parts[0]}
	ok := c.cfg.has(p.org)
	last, isNumber := number(parts[len(parts)-1])
	switch g.Class {
	case offboarding.Membership, offboarding.OutsideCollaboration, offboarding.Seats:
		ok = ok && len(parts) == 1
	case offboarding.Groups:
		ok = ok && len(parts) == 2 && validTeam(parts[1])
		if ok {
			p.team = parts[1]
		}
	case offboarding.Roles, offboarding.Invitations, offboarding.SSOCredentials, offboarding.AccessTokens:
		ok = ok && len(parts) == 2 && isNumber
		p.id = last
	case offboarding.DeployKeys:
		ok = ok && len(parts) == 3 && validRepo(parts[1]) && isNumber
		if ok {
			p.repo, p.id = parts[1], last
		}
	case offboarding.Collaborations:
		direct := len(parts) == 2
		ok = ok && (direct || (len(parts) == 4 && parts[2] == "invitations" && isNumber)) && validRepo(parts[1])
		if ok {
			p.repo = parts[1]
		}
		if ok && !direct {
			p.id = last
		}
	default:
		ok = false
	}
	if !ok {
		return place{}, &transport.Error{
			Kind: transport.Identity, System: System, Op: "read grant",
			Detail: fmt.Sprintf("%q is not a grant of class %s in a configured organisation", g.ID, g.Class),
			Fix:    "nothing was changed; take the inventory again",
		}
	}
	return p, nil
}
