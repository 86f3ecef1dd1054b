package egress_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ownWays are the files that may reach the network by themselves, and why.
var ownWays = map[string]string{
	"egress/egress.go":                  "the one way out",
	"egress/egresstest/names.go":        "a test's name server",
	"activities/openvpn/management.go":  "a unix socket, or loopback, as the configuration is held to",
	"activities/wireguard/uapi.go":      "a unix socket",
	"starter/command/serve.go":          "asks the process on this machine for its health",
	"activities/transport/transport.go": "http.Client around egress, with the allow-list",
	"record/anchor/witness.go":          "http.Client around egress",
}

// Whoever builds a client, a pool or a dialer of their own goes past the guard.
func TestNobodyElseReachesTheNetwork(t *testing.T) {
	found := map[string]bool{}
	root := ".."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch {
		case d.IsDir() && (name == "sandbox" || name == "standalone" || name == "tools" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && name != "."):
			return fs.SkipDir // stand-ins, the server and its programs, and what is not connects
		case d.IsDir(), !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"):
			return nil
		}
		for _, what := range reaches(t, path) {
			found[name] = true
			require.Contains(t, ownWays, name, "%s uses %s: reach the network through lastday/egress, or activities/transport for a vendor", name, what)
		}
		return nil
	})
	require.NoError(t, err)
	for name := range ownWays {
		require.True(t, found[name], "%s reaches nothing any more: take it off the list", name)
	}
}

// reaches names what a file uses of net and net/http to connect.
func reaches(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	connects := map[string]bool{"http.Client": true, "http.Transport": true, "net.Dialer": true}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if s := name(n.Type); connects[s] {
				out = append(out, s)
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "new" && len(n.Args) == 1 && connects[name(n.Args[0])] {
				out = append(out, name(n.Args[0]))
			}
		case *ast.ValueSpec:
			if s := name(n.Type); connects[s] {
				out = append(out, s)
			}
		case *ast.SelectorExpr:
			switch s := name(n); s {
			case "http.DefaultTransport", "http.DefaultClient", "http.Get", "http.Head", "http.Post", "http.PostForm", "net.Dial", "net.DialTimeout", "net.DialTCP", "tls.Dial", "tls.DialWithDialer", "websocket.DefaultDialer":
				out = append(out, s)
			}
		}
		return true
	})
	return out
}

func name(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok {
			return x.Name + "." + s.Sel.Name
		}
	}
	return ""
}
