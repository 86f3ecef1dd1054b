package offboarding

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// CaseTag stands for a case in logs, where no name or address is to be: the same
// for all cases of a person, by the id of any of their workflows; empty for
// nobody. Ids that are of no person, such as lastday:brake, are their own tag.
//
// It has no key, so that every process gives the same: whoever guesses an address
// can tell whether a tag may be that person's.
func CaseTag(id string) string {
	if id == "" || strings.HasPrefix(id, "lastday:") {
		return id
	}
	kind, rest, _ := strings.Cut(id, ":")
	rest, _, _ = strings.Cut(rest, "#")
	if kind == "plan" {
		kind = "offboard"
	}
	sum := sha256.Sum256([]byte(kind + ":" + rest))
	return hex.EncodeToString(sum[:4])
}
