// Package offboarding holds Lastday's words as Go types, and the pure
// functions on them: the plan, the proof, the timeline. It imports the
// standard library only, knows no vendor and does no input or output.
package offboarding
