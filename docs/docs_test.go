// Package docs holds what the papers say to the repository.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A paper that names a test which is gone promises what nothing shows.
func TestEveryTestThatAPaperNamesExists(t *testing.T) {
	exist := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z]\w*)\(`)
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() != ".." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir(), !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(content), -1) {
			exist[m[1]] = true
		}
		return err
	}))
	papers, err := filepath.Glob("*.md")
	require.NoError(t, err)
	named := 0
	for _, paper := range papers {
		content, err := os.ReadFile(paper)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w*`).FindAllString(string(content), -1) {
			named++
			require.True(t, exist[name], "%s names %s, which is nowhere", paper, name)
		}
	}
	require.Greater(t, named, 50)
}
