// Package okta cuts a leaver's access in an Okta org and reads it back. It
// speaks to the management API through okta-sdk-golang v2, whose cache, retries
// and credential handling are switched off: the transport under it carries the
// credential, calls only listed operations, and never repeats a call.
//
// Classes: login, sessions, oauth-tokens (refresh tokens and consents, by
// client), api-tokens, admin-roles (direct, and those a group brings), factors,
// groups (of the org's own; imported ones are reported), apps (they end with
// the deactivation), devices (Identity Engine only).
//
// Contain suspends and clears sessions; Revoke removes what hangs on the
// account, because a deactivation leaves groups and factors and a deactivated
// user's factors can no longer be unenrolled one by one, and deactivates last.
// It knows no Temporal and decides no retries.
package okta
