package verify_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/recordtest"
	"lastday/record/tiles"
	"lastday/record/verify"
)

// A case among 6,700 others: 17 hashes in each proof.
func BenchmarkBundle(b *testing.B) {
	l := recordtest.New()
	for i := range 6_700 {
		addCase(b, l, i)
	}
	cp := l.AnchorNow("disk", noon)
	data := bundleOf(b, evidenceOf(b, l, 3_000))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		requireVerdict(b, verify.Intact, checkBundle(b, data, with(l, cp)))
	}
}

// 100,000 entries on disk, with the number of anchors given.
func BenchmarkLog(b *testing.B) {
	for _, anchors := range []int{1, 10_000} {
		b.Run(fmt.Sprintf("anchors-%d", anchors), func(b *testing.B) {
			l := recordtest.New()
			for i := 0; size(b, l) < 100_000; i++ {
				addCase(b, l, i)
			}
			n := size(b, l)
			for i := range anchors - 1 {
				a := l.CheckpointAt(n * int64(i) / int64(anchors))
				l.Anchor(record.Anchored{Anchor: "disk", Kind: "directory", At: noon, Checkpoint: a})
			}
			cp, dir := l.AnchorNow("disk", noon), b.TempDir()
			start := time.Now()
			require.NoError(b, tiles.Export(b.Context(), l, dir))
			b.Logf("%d entries exported in %s", n, time.Since(start))
			b.ReportAllocs()
			for b.Loop() {
				r, err := verify.Path(b.Context(), dir, with(l, cp))
				require.NoError(b, err)
				requireVerdict(b, verify.Intact, r)
			}
		})
	}
}
