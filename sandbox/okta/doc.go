// Package okta is a stateful stand-in for an Okta org, over real HTTP: it
// checks credentials, pages its lists, answers errors in Okta's shape with
// Okta's headers, enforces the published rate limits when told to, writes a
// System Log, and keeps the lifecycle rules (a suspension ends sessions; a
// deactivation removes app assignments and admin roles, and leaves groups and
// factors). Shapes follow Okta's published management API description.
//
// What it must not know is how Lastday works: it stands in for the vendor.
package okta

import (
	"crypto/rsa"
	"time"
)

// Credentials the stand-in accepts unless Options says otherwise. They are
// made up, in the form of Okta's tokens.
const (
	// DefaultToken may do everything; people.Robot owns it.
	DefaultToken = "00sbxPrimaryTokenOfTheRobot0000000000000001"
	// DefaultReadOnlyToken may read everything; its writes answer 403.
	// ObserverEmail owns it.
	DefaultReadOnlyToken = "00sbxReadOnlyTokenOfTheWatcher00000000000002"
	// ObserverEmail is the login of the user who owns the read-only token.
	ObserverEmail = "lastday-observer@example.com"
)

// GitHubAttribute is the profile attribute that holds a person's GitHub login.
const GitHubAttribute = "githubLogin"

// Options are the knobs of a stand-in; the zero value is a usual org.
type Options struct {
	// Token and ReadOnlyToken replace the default API tokens.
	Token, ReadOnlyToken string
	// Apps are OAuth service apps that may fetch tokens with a client assertion.
	Apps []ServiceApp
	// AsyncDeactivation makes every deactivation asynchronous and take this
	// long, as if "Prefer: respond-async" had been sent; zero honours the
	// header alone, and takes a quarter of a second then.
	AsyncDeactivation time.Duration
	// LogDelay keeps an event out of the System Log's answers for so long.
	LogDelay time.Duration
	// NoLogs refuses the System Log to every credential, as an org does whose
	// token lacks okta.logs.read.
	NoLogs bool
	// Classic makes the org an Okta Classic Engine org, which has no devices.
	Classic bool
	// RateLimits enforces the published limits a minute, of which one token
	// gets half, and 75 calls at once.
	RateLimits bool
	// PerMinute enforces a limit of calls a minute on single operations, whoever
	// makes them: "GET /api/v1/users/{id}": 600. Their headers tell that limit.
	PerMinute map[string]int
	// PageSize caps every page; zero leaves Okta's own sizes.
	PageSize int
}

// ServiceApp is an OAuth service app of the org.
type ServiceApp struct {
	ClientID string
	Key      *rsa.PublicKey
	// Scopes are those an administrator granted to the app.
	Scopes []string
}
