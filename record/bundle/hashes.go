package bundle

import (
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// kept reads hashes of the log and keeps them, so that the many proofs of a
// case, which share most of theirs, cost one read of the database.
type kept struct {
	reader tlog.HashReader
	known  map[int64]tlog.Hash
}

// ReadHashes implements tlog.HashReader.
func (k *kept) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var unknown []int64
	for _, i := range indexes {
		if _, ok := k.known[i]; !ok {
			unknown = append(unknown, i)
		}
	}
	if len(unknown) > 0 {
		got, err := k.reader.ReadHashes(unknown)
		if err != nil {
			return nil, err
		}
		if len(got) != len(unknown) {
			return nil, fmt.Errorf("asked for %d hashes, got %d", len(unknown), len(got))
		}
		for n, i := range unknown {
			k.known[i] = got[n]
		}
	}
	out := make([]tlog.Hash, 0, len(indexes))
	for _, i := range indexes {
		out = append(out, k.known[i])
	}
	return out, nil
}

// fetch runs what will read hashes once without any, to learn which, and reads
// all of them at once.
func (k *kept) fetch(run func(tlog.HashReader)) error {
	asked := map[int64]bool{}
	run(tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		for _, i := range indexes {
			asked[i] = true
		}
		return make([]tlog.Hash, len(indexes)), nil
	}))
	if _, err := k.ReadHashes(slices.Sorted(maps.Keys(asked))); err != nil {
		return fmt.Errorf("read the log's hashes: %w", err)
	}
	return nil
}
