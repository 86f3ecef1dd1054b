package offboarding

import (
	"slices"
	"strings"
	"time"
)

// System names a place that holds access: "okta", "github", "tailscale",
// "wireguard", "slack". It is also the name of the system's task queue suffix
// and the first part of its activities' names.
type System string

// Class is the kind of a grant inside a system.
type Class string

// The classes that the connectors speak of. A connector lists its own in its
// package documentation.
const (
	Login                Class = "login"
	Sessions             Class = "sessions"
	OAuthTokens          Class = "oauth-tokens"
	APITokens            Class = "api-tokens"
	AdminRoles           Class = "admin-roles"
	Factors              Class = "factors"
	Groups               Class = "groups"
	Apps                 Class = "apps"
	Devices              Class = "devices"
	Membership           Class = "membership"
	Roles                Class = "organization-roles"
	OutsideCollaboration Class = "outside-collaboration"
	Collaborations       Class = "repository-collaborations"
	Invitations          Class = "invitations"
	SSOCredentials       Class = "sso-credentials"
	AccessTokens         Class = "access-tokens"
	DeployKeys           Class = "deploy-keys"
	Seats                Class = "seats"
	AuthKeys             Class = "auth-keys"
	Peers                Class = "peers"
)

// Removal is what the configuration says about a class whose removal can
// break machines.
type Removal string

const (
	Remove Removal = "remove" // remove it like any other grant
	Ask    Removal = "ask"    // a person decides, and the case waits for it
	Report Removal = "report" // list it, leave it, never call it verified
)

// Step is one of the two steps that write.
type Step string

const (
	StepContain Step = "contain"
	StepRevoke  Step = "revoke"
)

// Person is who a connector looks for.
type Person struct {
	Email Subject `json:"email"`
	// Emails are other work addresses of the same person, as other systems tell
	// them: an alias, or the address from before a new name.
	Emails []string `json:"emails,omitempty"`
	// Logins are identities that another system vouches for, such as the
	// GitHub login in an Okta profile attribute.
	Logins map[System]string `json:"logins,omitempty"`
}

// Addresses are all work addresses of the person: Email first, then Emails, in
// lower case, none twice and none empty.
func (p Person) Addresses() []string {
	var out []string
	for _, a := range append([]string{string(p.Email)}, p.Emails...) {
		if a = strings.ToLower(strings.TrimSpace(a)); a != "" && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// Account is the person's identity inside one system.
type Account struct {
	System System `json:"system"`
	// Found is false when the system holds no such person; Evidence then says
	// what was asked and which control showed that the question was answered.
	Found bool `json:"found"`
	// ID is the vendor's stable id; every later call uses it, never a search.
	ID    string `json:"id,omitempty"`
	Login string `json:"login,omitempty"` // what a reader recognises
	Email string `json:"email,omitempty"`
	// Emails are work addresses that this system vouches for, the one that was
	// asked for included or not.
	Emails []string `json:"emails,omitempty"`
	// Status is the vendor's own word, such as ACTIVE or DEPROVISIONED.
	Status string `json:"status,omitempty"`
	// Logins are this person's identities elsewhere, as this system tells them.
	Logins   map[System]string `json:"logins,omitempty"`
	Evidence string            `json:"evidence,omitempty"`
	// Admin says why the account counts as an administrator's or owner's: "owner
	// of acme", or that its role cannot be read. Empty: it is neither, or the
	// system keeps its roles in a class of grants.
	Admin string `json:"admin,omitempty"`
	// Protected says why no write may touch this account: it owns the token,
	// it is the last owner, it is on the configured list. Empty: may be cut.
	Protected string `json:"protected,omitempty"`
}

// Grant is one piece of access found in a system.
type Grant struct {
	Class Class  `json:"class"`
	ID    string `json:"id"`              // the vendor's stable id, unique within system and class
	Label string `json:"label,omitempty"` // what a reader recognises
	// Closes is the step that ends it; the plan leaves out a step with nothing
	// to close.
	Closes Step `json:"closes"`
	// Removal is the setting of the class; empty means Remove.
	Removal Removal `json:"removal,omitempty"`
}

// Sight is how well a class could be looked at.
type Sight string

const (
	Present    Sight = "present"     // at least one grant is there
	Absent     Sight = "absent"      // looked, and none is there
	NotOffered Sight = "not-offered" // the vendor's plan has no such thing, positively known
	Blind      Sight = "blind"       // permission or plan keeps us from looking
)

// Coverage says of one class whether the inventory could look at it. Every
// class of a connector appears once; none is skipped in silence.
type Coverage struct {
	Class  Class  `json:"class"`
	Sight  Sight  `json:"sight"`
	Reason string `json:"reason,omitempty"` // for NotOffered and Blind: what is missing and what to do
}

// Inventory is what a person holds in one system.
type Inventory struct {
	Grants    []Grant    `json:"grants,omitempty"`
	Coverage  []Coverage `json:"coverage,omitempty"`
	Residuals []Residual `json:"residuals,omitempty"`
}

// Residual is access that cannot be revoked.
type Residual struct {
	System System `json:"system,omitempty"`
	Class  Class  `json:"class"`
	What   string `json:"what"`
	// Ends is when it ends by itself; zero if nobody can know.
	Ends time.Time `json:"ends,omitzero"`
}

// Action is one change made, or found to be made already.
type Action struct {
	Do    string    `json:"do"` // "suspend user", "remove team platform"
	Class Class     `json:"class"`
	ID    string    `json:"id,omitempty"` // the grant's id
	At    time.Time `json:"at"`
	// RequestID is the vendor's own, to be found again in the vendor's log.
	RequestID string `json:"request_id,omitempty"`
	Answer    string `json:"answer"` // "204", "already absent", "202 accepted"
	// Attempt is the activity attempt that did it, where it was not the first.
	Attempt int32 `json:"attempt,omitempty"`
}

// Observation is one class read back after the revocation.
type Observation struct {
	Class Class     `json:"class"`
	Sight Sight     `json:"sight"`
	At    time.Time `json:"at"`
	// Logged is true where the vendor's audit log says it, rather than a read.
	Logged bool `json:"logged,omitempty"`
	// Present are the grants still there, for Sight Present.
	Present []Grant `json:"present,omitempty"`
	// Credential names the credential that looked: "observer" or "primary".
	Credential string `json:"credential,omitempty"`
	// Control names what the same call, with the same credential, saw present.
	// Without it an empty answer proves nothing.
	Control string `json:"control,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Proves reports whether the observation shows its class to be closed:
// absent with a control, or positively not offered.
func (o Observation) Proves() bool {
	return (o.Sight == Absent || o.Sight == NotOffered) && o.Control != "" && !o.At.IsZero() && len(o.Present) == 0
}

// Readback is what Observe saw in one system.
type Readback struct {
	Observations []Observation `json:"observations"`
	Residuals    []Residual    `json:"residuals,omitempty"`
}

// Proof is how well a class is shown to be closed.
type Proof string

const (
	ProofNone     Proof = ""
	Observed      Proof = "observed"     // read back absent
	Logged        Proof = "logged"       // the vendor's own audit log says so
	Acknowledged  Proof = "acknowledged" // only the call's 2xx: never called verified
	Attested      Proof = "attested"     // a named person says so
	Waived        Proof = "waived"       // a named person accepts it, with a reason and an end date
	ReportedProof Proof = "reported"     // left in place by the configuration, and listed
)
