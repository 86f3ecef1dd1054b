package openvpn

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// directive is one option of a server, from its command line or a file.
type directive struct {
	name   string
	args   []string
	inline string // the text of <name>…</name>
}

func (d directive) arg(i int) string {
	if i < len(d.args) {
		return d.args[i]
	}
	return ""
}

// directives are in the order in which the server took them: the last one of a
// name counts.
type directives []directive

func (ds directives) last(name string) (directive, bool) {
	for _, d := range slices.Backward(ds) {
		if d.name == name {
			return d, true
		}
	}
	return directive{}, false
}

func (ds directives) has(names ...string) string {
	for _, n := range names {
		if _, ok := ds.last(n); ok {
			return n
		}
	}
	return ""
}

// readDirectives reads what a running server was started with. A file that was
// changed after the start is an error: nobody knows what was in it.
func readDirectives(p *process) (directives, error) {
	ds, err := readArguments(p)
	if err == nil && p.relative && (p.cwd == "/" || ds.has("cd") != "") {
		err = fmt.Errorf("its configuration was named by a relative path and it has changed its directory: start it with an absolute one")
	}
	return ds, err
}

func readArguments(p *process) (directives, error) {
	args := p.args[1:]
	if len(args) == 1 && !strings.HasPrefix(args[0], "--") {
		return readFile(p, args[0], 0)
	}
	var out directives
	for i := 0; i < len(args); {
		name, ok := strings.CutPrefix(args[i], "--")
		if !ok {
			return nil, fmt.Errorf("its command line cannot be read at %q", args[i])
		}
		d := directive{name: name}
		for i++; i < len(args) && !strings.HasPrefix(args[i], "--"); i++ {
			d.args = append(d.args, args[i])
		}
		var err error
		if out, err = out.take(p, d, 0); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// take adds a directive, or the file it names.
func (ds directives) take(p *process, d directive, depth int) (directives, error) {
	if d.name != "config" {
		return append(ds, d), nil
	}
	more, err := readFile(p, d.arg(0), depth+1)
	return append(ds, more...), err
}

// maxDepth is OpenVPN's own limit for files that name files.
const maxDepth = 10

func readFile(p *process, path string, depth int) (directives, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("its configuration files name each other without an end")
	}
	p.relative = p.relative || !filepath.IsAbs(path)
	where, info, err := openAsRoot(p, path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("its configuration %s is no file", path)
	}
	if at, ok := changed(info); !p.anyAge && (!ok || !at.Before(p.started)) {
		return nil, fmt.Errorf("%s was changed after the server's start, so nobody knows what it runs with: restart it", p.absolute(path))
	}
	text, err := os.ReadFile(filepath.Clean(where))
	if err != nil {
		return nil, err
	}
	return parseDirectives(string(text), func(ds directives, d directive) (directives, error) { return ds.take(p, d, depth) })
}

// openAsRoot finds a file that the server opened at its start, before it gave
// up its rights.
func openAsRoot(p *process, path string) (string, os.FileInfo, error) {
	early := *p
	early.reads = true
	return early.open(path)
}

// parseDirectives reads a configuration file as read_config_file in options.c.
func parseDirectives(text string, take func(directives, directive) (directives, error)) (directives, error) {
	var out directives
	var inline *directive
	text = strings.TrimPrefix(text, "\uFEFF")
	for line := range strings.Lines(text) {
		if inline != nil {
			if strings.HasPrefix(strings.TrimLeft(line, " \t"), "</"+inline.name+">") {
				out = append(out, *inline)
				inline = nil
				continue
			}
			inline.inline += line
			continue
		}
		words, err := splitLine(line)
		if err != nil {
			return nil, err
		}
		if len(words) == 0 {
			continue
		}
		name := strings.TrimPrefix(words[0], "--")
		if strings.HasPrefix(name, "<") && strings.HasSuffix(name, ">") && len(words) == 1 {
			inline = &directive{name: strings.Trim(name, "<>")}
			continue
		}
		if out, err = take(out, directive{name: name, args: words[1:]}); err != nil {
			return nil, err
		}
	}
	if inline != nil {
		return nil, fmt.Errorf("<%s> has no end", inline.name)
	}
	return out, nil
}

// splitLine splits a line as parse_line in options.c: # and ; start a comment
// where a word could start, quotes and backslashes as in a shell.
func splitLine(line string) ([]string, error) {
	var out []string
	var word strings.Builder
	var quote rune
	in, escape := false, false
	for _, r := range strings.TrimRight(line, "\r\n") {
		switch {
		case escape:
			word.WriteRune(r)
			escape = false
		case r == '\\' && quote != '\'':
			in, escape = true, true
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case (r == '"' || r == '\'') && !in:
			in, quote = true, r
		case r == ' ' || r == '\t':
			if in {
				out = append(out, word.String())
				word.Reset()
				in = false
			}
		case (r == '#' || r == ';') && !in:
			return out, nil
		default:
			in = true
			word.WriteRune(r)
		}
	}
	if quote != 0 || escape {
		return nil, fmt.Errorf("a line of its configuration has an open quote or backslash")
	}
	if in {
		out = append(out, word.String())
	}
	return out, nil
}
