// Package slack is the leaver's own Slack account. With a SCIM token it is
// deactivated by DELETE /scim/v2/Users/{id}; without one (Free and Pro have no
// API for it) it is a task for a person, and what that person did is read back
// all the same.
//
// Classes: login, the account itself, and sessions, the devices it is signed
// in on. Slack lists no sessions; it signs a deactivated member out of every
// device (help page "Deactivate a member's account"), so active:false, or
// deleted:true of users.info, shows both.
//
// What stays is a residual: apps the person installed may go on with their bot
// token and incoming webhooks (help page "Manage deactivated members' apps and
// integrations"), and no API lists them by installer.
//
// It must not know Temporal, nor other systems. The message of a case is the
// business of the package notify below.
package slack
