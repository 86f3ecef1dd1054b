package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestTheListNamesEveryModuleOfTheBinary(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "lastday-verify")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./verifier")
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	path, n, err := write(t.Context(), binary)
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	has, err := modules(binary)
	if err != nil || len(has) != n || n < 5 {
		t.Fatalf("%d modules, %d of them told, %v", len(has), n, err)
	}
	if err := complete(list, has); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"example.com/planted@v1.0.0", "golang.org/x/mod@v0.0.1"} {
		if err := complete(list, append(has, other)); err == nil {
			t.Fatalf("that %s is missing was not noticed", other)
		}
	}
}
