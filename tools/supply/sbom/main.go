// Sbom writes beside each binary what it is made of, as CycloneDX JSON, and checks
// that no module of the binary is missing there.
//
//	go run ./sbom BINARY...
package main

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	for _, binary := range os.Args[1:] {
		path, n, err := write(context.Background(), binary)
		if err != nil {
			fmt.Fprintln(os.Stderr, "sbom:", err)
			os.Exit(1)
		}
		fmt.Printf("%s: %d modules\n", path, n)
	}
}

// write gives the list's path and how many modules the binary has.
func write(ctx context.Context, binary string) (string, int, error) {
	at, err := filepath.Abs(binary)
	if err != nil {
		return "", 0, fmt.Errorf("find %s: %w", binary, err)
	}
	// No time and no serial number: the same binary has the same list.
	cmd := exec.CommandContext(ctx, "go", "tool", "cyclonedx-gomod", "bin", "-json", "-std", "-noserial", "-notimestamp", at)
	cmd.Stderr = os.Stderr
	list, err := cmd.Output()
	if err != nil {
		return "", 0, fmt.Errorf("list what %s is made of: %w", binary, err)
	}
	has, err := modules(at)
	if err != nil {
		return "", 0, err
	}
	if err := complete(list, has); err != nil {
		return "", 0, fmt.Errorf("%s: %w", binary, err)
	}
	path := at + ".cdx.json"
	if err := os.WriteFile(path, list, 0o600); err != nil {
		return "", 0, fmt.Errorf("write list: %w", err)
	}
	return path, len(has), nil
}

// modules are the binary's own words, as `go version -m` shows them: "path@version".
func modules(binary string) ([]string, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, fmt.Errorf("read what %s says of itself: %w", binary, err)
	}
	out := []string{"std@" + info.GoVersion}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		if strings.HasPrefix(m.Path, ".") {
			continue // the module beside it, which is this repository
		}
		out = append(out, m.Path+"@"+m.Version)
	}
	return out, nil
}

// complete says which of the modules a list lacks.
func complete(list []byte, has []string) error {
	var bom struct {
		Components []struct {
			Name    string `json:"name"`
			Version string `json:"version"`
			PURL    string `json:"purl"`
		} `json:"components"`
	}
	if err := json.Unmarshal(list, &bom); err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	named := map[string]bool{}
	for _, c := range bom.Components {
		if strings.HasPrefix(c.PURL, "pkg:golang/") {
			named[c.Name+"@"+c.Version] = true
		}
	}
	missing := slices.DeleteFunc(slices.Clone(has), func(m string) bool { return named[m] })
	if len(missing) > 0 {
		return errors.New("the list lacks " + strings.Join(missing, ", "))
	}
	return nil
}
