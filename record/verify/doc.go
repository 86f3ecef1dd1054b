// Package verify checks offline what the record hands out: the bundle of one
// case, or the whole log as a directory of tiles. It needs the log's public key
// and nothing else, and trusts nothing that it reads.
//
// It says what it could check and what it could not. Whoever operates a log and
// has its key can write another history and sign it; that shows only against
// something they cannot reach: a checkpoint that the auditor holds, or the
// signature of a witness whose key the auditor knows. Without either the verdict
// is never intact.
//
// Whatever it is given, it ends, and its memory is bounded: by constants for a
// bundle, and for a log by about a hundred bytes an entry beside them.
package verify
