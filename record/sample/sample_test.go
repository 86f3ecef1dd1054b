package sample_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"lastday/record/sample"
)

func cases(n int) []string {
	out := make([]string, 0, n)
	for i := range n {
		out = append(out, uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, i)).String())
	}
	return out
}

func TestTheSampleDependsOnTheSeedAndThePopulationAlone(t *testing.T) {
	all := cases(400)
	first, err := sample.Draw(all, 25, "4711")
	require.NoError(t, err)
	require.Len(t, first, 25)
	shuffled := append(slices.Clone(all), all[:50]...)
	rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	again, err := sample.Draw(shuffled, 25, "4711")
	require.NoError(t, err)
	require.Equal(t, first, again, "neither order nor doubles matter")
	require.Equal(t, sample.Population(all), sample.Population(shuffled))
	require.NotEqual(t, sample.Population(all), sample.Population(all[1:]))
	larger, err := sample.Draw(all, 40, "4711")
	require.NoError(t, err)
	require.Equal(t, first, larger[:25], "a larger sample holds the smaller one")
	other, err := sample.Draw(all, 25, "4712")
	require.NoError(t, err)
	require.NotEqual(t, first, other)
	few, err := sample.Draw(all[:3], 25, "4711")
	require.NoError(t, err)
	require.Len(t, few, 3)
}

func TestEveryCaseIsAsLikelyAsAnother(t *testing.T) {
	all, counts := cases(40), map[string]int{}
	const draws = 4000
	for i := range draws {
		s, err := sample.Draw(all, 10, fmt.Sprintf("seed-%d", i))
		require.NoError(t, err)
		for _, p := range s {
			counts[p.Case]++
		}
	}
	for _, id := range all {
		// A quarter of the draws; five standard deviations are 137.
		require.InDelta(t, draws/4, counts[id], 137)
	}
}

func TestAnAuditorDrawsTheSameWithAShell(t *testing.T) {
	for _, tool := range []string{"sh", "sha256sum", "sort", "cut", "head"} {
		if _, err := exec.LookPath(tool); err != nil {
			require.NotEqual(t, "1", os.Getenv("LASTDAY_NEEDS_TOOLS"), "there is no %s", tool)
			t.Skip("there is no " + tool + " (LASTDAY_NEEDS_TOOLS=1 makes this a failure)")
		}
	}
	all, dir := cases(60), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cases.txt"), []byte(strings.Join(all, "\n")+"\n"), 0o600))
	run := func(script string) string {
		c := exec.CommandContext(t.Context(), "sh", "-c", script)
		c.Dir = dir
		out, err := c.CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	got := run(`while read -r id; do
  printf '%s %s\n' "$(printf 'lastday sample v1 4711 %s' "$id" | sha256sum | cut -d' ' -f1)" "$id"
done < cases.txt | LC_ALL=C sort | head -n 25`)
	want, err := sample.Draw(all, 25, "4711")
	require.NoError(t, err)
	var b strings.Builder
	for _, p := range want {
		fmt.Fprintln(&b, p.Hash, p.Case)
	}
	require.Equal(t, b.String(), got)
	require.Equal(t, sample.Population(all), strings.Fields(run("LC_ALL=C sort -u cases.txt | sha256sum"))[0])
}

func TestASeedThatNobodyCouldWriteDownIsRefused(t *testing.T) {
	for _, seed := range []string{"", " ", "a b", "a'b", "$(rm)", "ä", "a\nb", "%s", strings.Repeat("x", 101)} {
		_, err := sample.Draw(cases(3), 1, seed)
		require.ErrorContains(t, err, "seed", "%q", seed)
	}
	for _, n := range []int{-1, 0, 10_001} {
		_, err := sample.Draw(cases(3), n, "x")
		require.ErrorContains(t, err, "between 1 and 10,000")
	}
}
