// Package codec keeps people's data out of Temporal's sight: it encrypts what
// cases say to it, under a keyset that the operator holds, and can hide the names
// in workflow ids and search attributes. It knows payloads, and no case.
package codec
