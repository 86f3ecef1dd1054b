package anchor_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	_ "modernc.org/sqlite" // the witness's own database

	"lastday/record/anchor"
	"lastday/secret"
)

const origin = "record.example.com/lastday"

// trunk is a log with a key. It grows, and can fork.
type trunk struct {
	t        *testing.T
	signer   note.Signer
	verifier note.Verifier
	vkey     string

	mu     sync.Mutex
	hashes []tlog.Hash
	n      int64
	down   error
}

func newTrunk(t *testing.T, entries int) *trunk {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	require.NoError(t, err)
	signer, err := note.NewSigner(skey)
	require.NoError(t, err)
	verifier, err := note.NewVerifier(vkey)
	require.NoError(t, err)
	l := &trunk{t: t, signer: signer, verifier: verifier, vkey: vkey}
	l.grow(entries, "entry")
	return l
}

// fork is another log under the same key, that shares nothing but that.
func (l *trunk) fork(entries int) *trunk {
	out := &trunk{t: l.t, signer: l.signer, verifier: l.verifier, vkey: l.vkey}
	out.grow(entries, "other")
	return out
}

func (l *trunk) grow(entries int, what string) {
	for range entries {
		stored, err := tlog.StoredHashes(l.n, fmt.Appendf(nil, "%s %d", what, l.n), tlog.HashReaderFunc(l.read))
		require.NoError(l.t, err)
		l.mu.Lock()
		l.hashes = append(l.hashes, stored...)
		l.n++
		l.mu.Unlock()
	}
}

func (l *trunk) read(at []int64) ([]tlog.Hash, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down != nil {
		return nil, l.down
	}
	var out []tlog.Hash
	for _, x := range at {
		out = append(out, l.hashes[x])
	}
	return out, nil
}

func (l *trunk) Hashes(context.Context) tlog.HashReader { return tlog.HashReaderFunc(l.read) }

func (l *trunk) Head(context.Context) (tlog.Tree, error) {
	root, err := tlog.TreeHash(l.n, tlog.HashReaderFunc(l.read))
	return tlog.Tree{N: l.n, Hash: root}, err
}

// checkpoint signs the tree of the first size entries.
func (l *trunk) checkpoint(size int64) string {
	l.t.Helper()
	root, err := tlog.TreeHash(size, tlog.HashReaderFunc(l.read))
	require.NoError(l.t, err)
	text := torchwood.Checkpoint{Origin: origin, Tree: tlog.Tree{N: size, Hash: root}}.String()
	signed, err := note.Sign(&note.Note{Text: text}, l.signer)
	require.NoError(l.t, err)
	return string(signed)
}

func (l *trunk) needs() anchor.Needs { return anchor.Needs{Verifier: l.verifier, Log: l} }

// open makes the one anchor that is configured.
func (l *trunk) open(c anchor.Config, edit ...func(*anchor.Needs)) anchor.Anchor {
	l.t.Helper()
	n := l.needs()
	for _, e := range edit {
		e(&n)
	}
	all, err := anchor.Open(c, n)
	require.NoError(l.t, err)
	require.Len(l.t, all, 1)
	return all[0]
}

func latest(t *testing.T, a anchor.Anchor) string {
	t.Helper()
	text, err := a.(anchor.Reader).Latest(t.Context())
	require.NoError(t, err)
	return text
}

// tool builds a program of tools/places, or finds it in Go's cache.
func tool(t *testing.T, name string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "tool", "-n", name)
	cmd.Dir = filepath.Join("..", "..", "tools", "places")
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off", "CGO_ENABLED=0")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	require.NoError(t, err, errs.String())
	return strings.TrimSpace(string(out))
}

// freeAddress is one that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// serve runs a server until the test ends, and waits until it answers.
func serve(t *testing.T, address, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	c := &http.Client{Timeout: time.Second}
	require.Eventually(t, func() bool {
		resp, err := c.Get("http://" + address + "/")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return true
	}, 30*time.Second, 20*time.Millisecond)
}

func ref(t *testing.T, value string) secret.Ref {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(value), 0o600))
	r, err := secret.Parse("file:" + path)
	require.NoError(t, err)
	return r
}

// witness runs a real litewitness that knows the log, and gives its URL, its
// verifier key, and its database.
func witness(t *testing.T, l *trunk) (url, vkey, db string) {
	t.Helper()
	const name = "witness.example.com/w1"
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	cosigner, err := torchwood.NewCosignatureSigner(name, key)
	require.NoError(t, err)
	public, err := ssh.NewPublicKey(key.Public())
	require.NoError(t, err)

	dir, err := os.MkdirTemp("", "w") // a socket's path must be short
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	ring := agent.NewKeyring()
	require.NoError(t, ring.Add(agent.AddedKey{PrivateKey: &key}))
	socket, err := net.Listen("unix", filepath.Join(dir, "s"))
	require.NoError(t, err)
	t.Cleanup(func() { socket.Close() })
	go func() {
		for {
			conn, err := socket.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, conn) }()
		}
	}()

	// What its operator does with witnessctl add-log.
	db = filepath.Join(dir, "db")
	litedb(t, db, `CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL)`)
	litedb(t, db, `CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin))`)
	empty, err := tlog.TreeHash(0, nil)
	require.NoError(t, err)
	litedb(t, db, `INSERT INTO log VALUES (?, 0, ?)`, origin, empty.String())
	litedb(t, db, `INSERT INTO key VALUES (?, ?)`, origin, l.vkey)

	address := freeAddress(t)
	serve(t, address, tool(t, "litewitness"), "-name", name, "-db", db, "-ssh-agent", filepath.Join(dir, "s"),
		"-listen", address, "-key", ssh.FingerprintSHA256(public))
	return "http://" + address, cosigner.Verifier().String(), db
}

func litedb(t *testing.T, path, text string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec(text, args...)
	require.NoError(t, err)
}
