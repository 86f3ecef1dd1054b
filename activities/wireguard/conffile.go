package wireguard

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/activities/transport"
)

// confFile is a wg-quick configuration file, line by line. Lines keep their
// ends, so that what is not removed is written back byte for byte.
type confFile struct {
	lines    []string
	sections []section
	own      wgtypes.Key // public key of [Interface]; zero if the file has no PrivateKey
	// interfaces counts [Interface] sections.
	interfaces int
	saveConfig bool
	// named are keys that stand in other places than a [Peer]'s PublicKey, such
	// as a PostUp line, with their line numbers.
	named map[wgtypes.Key]int
}

// section is one [Peer], from the comment right above it to its last line.
type section struct {
	from, to int // lines [from, to)
	keys     []wgtypes.Key
}

func readConf(path string) (*confFile, error) {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, fileError("read configuration file", err)
	}
	return parseConf(string(text))
}

// parseConf reads the file as wg(8) does: a # starts a comment anywhere, white
// space and letter case of names mean nothing. Its errors name lines and never
// quote them: the file holds private keys.
func parseConf(text string) (*confFile, error) {
	f := &confFile{lines: slices.Collect(strings.Lines(text)), named: map[wgtypes.Key]int{}}
	bad := func(i int, what string) error {
		return fail(transport.Invalid, "read configuration file", fmt.Sprintf("line %d: %s", i+1, what), "correct the file")
	}
	var in *section
	inInterface := false
	for i, line := range f.lines {
		active := activePart(line)
		switch low := strings.ToLower(active); {
		case active == "":
			continue
		case strings.HasPrefix(low, "["):
			f.closeSection(in, i)
			in, inInterface = nil, low == "[interface]"
			if inInterface {
				f.interfaces++
			}
			if low == "[peer]" {
				in = &section{from: f.above(i)}
			}
			continue
		}
		name, value, ok := strings.Cut(active, "=")
		name = strings.ToLower(name)
		switch {
		case in != nil && ok && name == "publickey":
			k, err := wgtypes.ParseKey(value)
			if err != nil {
				return nil, bad(i, "PublicKey is not a key")
			}
			in.keys = append(in.keys, k)
			continue
		case inInterface && ok && name == "privatekey":
			k, err := wgtypes.ParseKey(value)
			if err != nil {
				return nil, bad(i, "PrivateKey is not a key")
			}
			f.own = k.PublicKey()
			continue
		case inInterface && ok && name == "saveconfig":
			f.saveConfig = strings.EqualFold(value, "true")
		}
		f.note(i, line)
	}
	f.closeSection(in, len(f.lines))
	if f.interfaces == 0 {
		return nil, fail(transport.Invalid, "read configuration file", "there is no [Interface] in it", "correct wireguard.config_file, or the file")
	}
	return f, nil
}

// activePart is a line without its comment and without any white space.
func activePart(line string) string {
	line, _, _ = strings.Cut(line, "#")
	return strings.Join(strings.Fields(line), "")
}

func isComment(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "#") }

// above is the first line of the comment block that stands right above a header.
func (f *confFile) above(header int) int {
	for header > 0 && isComment(f.lines[header-1]) {
		header--
	}
	return header
}

// closeSection ends a peer's section before line next: at the first blank line
// after its last setting, or where the next section's own comment begins.
func (f *confFile) closeSection(s *section, next int) {
	if s == nil {
		return
	}
	end := next
	if next < len(f.lines) {
		end = f.above(next)
	}
	last := s.from
	for i := s.from; i < end; i++ {
		if activePart(f.lines[i]) != "" {
			last = i
		}
	}
	s.to = last + 1
	for s.to < end && isComment(f.lines[s.to]) {
		s.to++
	}
	f.sections = append(f.sections, *s)
}

// note remembers keys that a line names in any place.
func (f *confFile) note(i int, line string) {
	line, _, _ = strings.Cut(line, "#")
	for _, word := range strings.FieldsFunc(line, func(r rune) bool { return !strings.ContainsRune(base64Letters, r) }) {
		// NAME=KEY without a space leaves the name in front.
		if len(word) > keyLength {
			word = word[len(word)-keyLength:]
		}
		if k, err := wgtypes.ParseKey(word); err == nil {
			f.named[k] = i + 1
		}
	}
}

const (
	base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
	keyLength     = 44
)

// peers are the keys of all [Peer] sections.
func (f *confFile) peers() map[wgtypes.Key]bool {
	out := map[wgtypes.Key]bool{}
	for _, s := range f.sections {
		for _, k := range s.keys {
			out[k] = true
		}
	}
	return out
}

// without is the text of the file with the sections of these keys taken out,
// and the blank line after each. A section that names one of them and somebody
// else's key as well is an Identity error.
func (f *confFile) without(keys []wgtypes.Key) (string, error) {
	drop := make([]bool, len(f.lines))
	for _, s := range f.sections {
		hit := 0
		for _, k := range s.keys {
			if slices.Contains(keys, k) {
				hit++
			}
		}
		if hit == 0 {
			continue
		}
		if hit != len(s.keys) {
			return "", fail(transport.Identity, "edit configuration file", fmt.Sprintf("the [Peer] section at line %d holds two keys of different people", s.from+1), "split it into two by hand")
		}
		for i := s.from; i < s.to; i++ {
			drop[i] = true
		}
		before := s.from == 0 || strings.TrimSpace(f.lines[s.from-1]) == ""
		if before && s.to < len(f.lines) && strings.TrimSpace(f.lines[s.to]) == "" {
			drop[s.to] = true
		}
	}
	var b strings.Builder
	for i, line := range f.lines {
		if !drop[i] {
			b.WriteString(line)
		}
	}
	return b.String(), nil
}
