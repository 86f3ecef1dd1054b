package record

import "golang.org/x/mod/sumdb/tlog"

// Signing is what a checkpoint is made from, read under the lock that only one
// signer of a log holds at a time.
type Signing struct {
	// Head is the tree as it is now.
	Head tlog.Tree
	// Last is the newest checkpoint in the database, as a note; "" if there is
	// none. Whoever has the database can change it: it proves nothing.
	Last   string
	Hashes tlog.HashReader
}
