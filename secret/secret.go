// Package secret keeps credentials out of sight: a reference to one in the
// configuration, its value in memory, and a scrubber for text that leaves the
// process. It knows no vendor.
package secret

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Mask is what a secret prints as.
const Mask = "[secret]"

// Ref is a reference to a secret: "env:NAME" or "file:PATH". The value is read
// at each Value call, so that a rotated file needs no restart. It prints as
// [secret] in every format.
type Ref struct{ ref string }

// Parse checks a reference without reading it. An inline value is refused.
func Parse(s string) (Ref, error) {
	kind, name, ok := strings.Cut(s, ":")
	if !ok || name == "" || (kind != "env" && kind != "file") {
		return Ref{}, errors.New("a secret is never written inline: give env:NAME or file:PATH")
	}
	return Ref{ref: s}, nil
}

// UnmarshalYAML parses a reference; the error has the line, never the text.
func (r *Ref) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: a secret is one text: give env:NAME or file:PATH", n.Line)
	}
	parsed, err := Parse(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*r = parsed
	return nil
}

// MarshalText writes the mask.
func (r Ref) MarshalText() ([]byte, error) { return []byte(Mask), nil }

// String prints the mask, or nothing for an unset reference.
func (r Ref) String() string {
	if r.ref == "" {
		return ""
	}
	return Mask
}

// GoString prints the mask for %#v.
func (r Ref) GoString() string { return r.String() }

// IsSet reports whether a reference was given.
func (r Ref) IsSet() bool { return r.ref != "" }

// Source names the reference ("env:OKTA_TOKEN"), which is not secret, for
// messages that tell a person where to look.
func (r Ref) Source() string { return r.ref }

// Value reads the secret, without surrounding white space, and remembers it
// for Scrub. An unset variable or empty file is an error that names the source.
func (r Ref) Value() (string, error) {
	kind, name, _ := strings.Cut(r.ref, ":")
	var v string
	switch kind {
	case "env":
		v = os.Getenv(name)
		if strings.TrimSpace(v) == "" {
			return "", fmt.Errorf("read secret: the environment variable %s is not set; set it or point the configuration elsewhere", name)
		}
	case "file":
		b, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		v = string(b)
		if strings.TrimSpace(v) == "" {
			return "", fmt.Errorf("read secret: the file %s is empty", name)
		}
	default:
		return "", errors.New("read secret: no secret is configured here")
	}
	v = strings.TrimSpace(v)
	Remember(v)
	return v, nil
}

var known struct {
	sync.RWMutex
	values []string
}

// Remember adds a value, such as a token fetched at run time, to what Scrub
// masks. Values under 6 bytes are left out: they would mask ordinary text.
func Remember(v string) {
	if len(v) < 6 {
		return
	}
	known.Lock()
	defer known.Unlock()
	// Longest first: of a secret that is part of another nothing is left over.
	at, there := slices.BinarySearchFunc(known.values, v, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	if !there {
		known.values = slices.Insert(known.values, at, v)
	}
}

// Scrub masks every remembered secret in a text.
func Scrub(s string) string {
	known.RLock()
	defer known.RUnlock()
	for _, v := range known.values {
		s = strings.ReplaceAll(s, v, Mask)
	}
	return s
}
