package offboarding

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"
)

// Subject is a normalised work e-mail: lower case, without display name or
// surrounding space. It names the person and the case.
type Subject string

// ParseSubject normalises and checks an e-mail address. It accepts exactly one
// plain address of printable ASCII, at most 254 bytes, with a dotted domain.
func ParseSubject(s string) (Subject, error) {
	trimmed := strings.TrimSpace(s)
	bad := func(why string) (Subject, error) {
		return "", fmt.Errorf("%q is not a work e-mail address: %s; give one like jane.doe@example.com", s, why)
	}
	if trimmed == "" {
		return bad("it is empty")
	}
	if len(trimmed) > 254 {
		return bad("it is longer than 254 characters")
	}
	for _, r := range trimmed {
		if r > unicode.MaxASCII || !unicode.IsPrint(r) || r == ' ' {
			return bad("only printable ASCII without spaces is allowed")
		}
	}
	addr, err := mail.ParseAddress(trimmed)
	if err != nil || addr.Address != trimmed {
		return bad("it is not one plain address")
	}
	local, domain, _ := strings.Cut(trimmed, "@")
	if strings.ContainsAny(local, `/\"#?%:*`) || strings.Contains(trimmed, "..") {
		return bad("it has characters no work address has")
	}
	if !strings.Contains(domain, ".") || strings.ContainsAny(domain, "[]/\\#?%:*") {
		return bad("its domain has no dot or is not a name")
	}
	return Subject(strings.ToLower(trimmed)), nil
}

// Plain is the address without what does not tell people apart: case, space
// around it and a +tag. An address or an identity that is no e-mail is only
// lowered.
func (s Subject) Plain() string {
	lower := strings.ToLower(strings.TrimSpace(string(s)))
	local, domain, isMail := strings.Cut(lower, "@")
	untagged, _, _ := strings.Cut(local, "+")
	if !isMail || untagged == "" {
		return lower
	}
	return untagged + "@" + domain
}

// CaseID is the id of the person's first case, and of its workflow where ids are
// not hidden.
func (s Subject) CaseID() string { return "offboard:" + string(s) }

// CaseIDOf is the id of the person's case in the workflow with the id, in which
// the address may be hidden: offboard:HIDDEN#2 is offboard:jane@example.com#2. Any
// other id is the case's own.
func (s Subject) CaseIDOf(workflowID string) string {
	kind, rest, ok := strings.Cut(workflowID, ":")
	hidden, _, _ := strings.Cut(rest, "#")
	if !ok || hidden == "" || strings.Contains(hidden, "@") || (kind != "offboard" && kind != "plan") {
		return workflowID
	}
	return kind + ":" + string(s) + strings.TrimPrefix(rest, hidden)
}
