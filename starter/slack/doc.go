// Package slack is the Slack door: the command /offboard with its dialogs, the
// buttons of cases' messages, and the app's home. Slack reaches it over a
// connection of its own (Socket Mode) or by signed HTTP requests.
//
// What Slack vouches for is the id of the user who acts; who that is, and in
// which groups, is asked of Slack anew on every command, press and submit. All
// else in a request is what somebody typed: it is read again and checked again
// when it is submitted, and the policy rules in the case's workflow whatever
// this package let through. The dialog of an act carries the id of its case and
// hashes of what it showed, and nothing that is trusted. That of a plan carries
// the departure to be confirmed, sealed with a key that only the door has: any
// process of the door can take the answer in.
//
// Every request is answered at once, and worked on after that by a bounded
// queue. It must not know Temporal: cases are reached through Desk.
package slack
