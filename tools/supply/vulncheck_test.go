package supply

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// planted is a database with one finding: net/url.Parse, in every Go.
func planted(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"index/db.json":      `{"modified":"2026-01-02T00:00:00Z"}`,
		"index/modules.json": `[{"path":"stdlib","vulns":[{"id":"GO-2026-9999","modified":"2026-01-02T00:00:00Z"}]}]`,
		"index/vulns.json":   `[{"id":"GO-2026-9999","modified":"2026-01-02T00:00:00Z"}]`,
		"ID/GO-2026-9999.json": `{"schema_version":"1.3.1","id":"GO-2026-9999","modified":"2026-01-02T00:00:00Z","published":"2026-01-02T00:00:00Z",
			"summary":"planted","details":"planted","affected":[{"package":{"name":"stdlib","ecosystem":"Go"},
			"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],"ecosystem_specific":{"imports":[{"path":"net/url","symbols":["Parse"]}]}}],
			"database_specific":{"url":"https://example.com/GO-2026-9999"}}`,
	} {
		put(t, filepath.Join(dir, name), content)
	}
	return "file://" + dir
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// program is a module that calls what is planted, or does not.
func program(t *testing.T, body string) string {
	t.Helper()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "go.mod"), "module example.com/program\n\ngo 1.26\n")
	put(t, filepath.Join(dir, "main.go"), "package main\n\nimport \"net/url\"\n\nfunc main() { "+body+" }\n")
	return dir
}

func check(t *testing.T, dir string, env ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "./vulncheck.sh", dir)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestAFindingThatIsCalledFails(t *testing.T) {
	db := "LASTDAY_VULNDB=" + planted(t)
	out, err := check(t, program(t, `_, _ = url.Parse("x")`), db)
	if err == nil || !strings.Contains(out, "GO-2026-9999") {
		t.Fatalf("it was let through: %v\n%s", err, out)
	}
	if out, err := check(t, program(t, `_ = url.PathEscape("x")`), db); err != nil {
		t.Fatalf("what is not called is none: %v\n%s", err, out)
	}
}

func TestADatabaseThatCannotBeReadIsTold(t *testing.T) {
	dir := program(t, `_ = url.PathEscape("x")`)
	out, err := check(t, dir, "LASTDAY_VULNDB=file://"+t.TempDir())
	if err == nil || !strings.Contains(out, "cannot be read, so nothing was looked up") {
		t.Fatalf("one that was named and is not there was passed over: %v\n%s", err, out)
	}
	// The usual one, on a machine that reaches nothing: told, and passed over.
	nowhere := []string{"LASTDAY_VULNDB=", "HTTPS_PROXY=http://127.0.0.1:1", "NO_PROXY="}
	out, err = check(t, dir, nowhere...)
	if err != nil || !strings.Contains(out, "cannot be read, so nothing was looked up") {
		t.Fatalf("it is not told: %v\n%s", err, out)
	}
	if out, err = check(t, dir, append(nowhere, "LASTDAY_NEEDS_VULNDB=1")...); err == nil {
		t.Fatalf("it was needed and passed over\n%s", out)
	}
}
