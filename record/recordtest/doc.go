// Package recordtest is the record in memory, for tests: a real Merkle tree,
// real signatures, real pseudonyms and real sealing, without a database. It also
// makes what tests of a verifier need and no record offers: entries written by
// hand, an older state, a rewritten log, a second writer with the same key.
package recordtest
