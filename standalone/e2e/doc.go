// Package e2e holds the end-to-end tests: the whole house, with the Temporal
// server, against the sandbox company. What the sandbox's people truly hold is
// the judge of every case; what the case says is only compared with it.
package e2e
