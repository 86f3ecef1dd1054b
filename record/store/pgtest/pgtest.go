// Package pgtest starts a real PostgreSQL for tests: a server of its own in a new
// directory, reached by a Unix socket, with everything on that makes it durable.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Needs is the variable that makes a missing PostgreSQL a failure, when it is 1.
const Needs = "LASTDAY_NEEDS_POSTGRES"

// ErrMissing says that PostgreSQL is not installed.
var ErrMissing = errors.New("PostgreSQL's initdb and postgres are neither on the PATH nor in /usr/lib/postgresql")

const superuser = "lastday"

// Server is a running PostgreSQL.
type Server struct {
	dir  string
	bin  string
	as   *syscall.Credential // nil: as who we are
	cmd  *exec.Cmd
	next atomic.Int64
}

// Run makes a database cluster and starts it. PostgreSQL refuses to run as root;
// then it runs as the user postgres, or nobody. Stop it when it is done with.
func Run() (*Server, error) {
	s := &Server{}
	var err error
	if s.bin, err = binaries(); err != nil {
		return nil, err
	}
	if s.as, err = someoneElse(); err != nil {
		return nil, err
	}
	// Not below t.TempDir: a socket's path has room for about a hundred characters.
	if s.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return nil, fmt.Errorf("make a directory for PostgreSQL: %w", err)
	}
	if s.as != nil {
		if err := os.Chown(s.dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return nil, fmt.Errorf("give PostgreSQL its directory: %w", err)
		}
	}
	initdb := s.command("initdb", "--pgdata", s.Data(), "--username", superuser, "--auth", "trust",
		"--encoding", "UTF8", "--no-locale", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		os.RemoveAll(s.dir)
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := s.Start(); err != nil {
		os.RemoveAll(s.dir)
		return nil, err
	}
	return s, nil
}

// Start starts the server, again after Kill, and waits until it answers.
func (s *Server) Start() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		if err := s.launch(); err != nil {
			return err
		}
		err := s.ready(ctx)
		if err == nil {
			return nil
		}
		s.Kill()
		// What was killed may be a moment in ending, and a server does not start beside it.
		if ctx.Err() != nil {
			log, _ := os.ReadFile(s.log())
			return fmt.Errorf("start PostgreSQL: %w\n%s", err, log)
		}
	}
}

func (s *Server) launch() error {
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer log.Close()
	s.cmd = s.command("postgres", "-D", s.Data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "shared_buffers=32MB", "-c", "max_connections=100", "-c", "recovery_init_sync_method=syncfs")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	return nil
}

// ready waits until the server answers, or has ended.
func (s *Server) ready(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.address("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if ended(s.cmd.Process.Pid) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// ended reports whether a child has ended, though nobody has waited for it.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	// After the name in brackets, which may have anything in it, comes the state.
	for i := len(stat) - 1; i > 0; i-- {
		if stat[i] == ')' {
			return i+2 < len(stat) && stat[i+2] == 'Z'
		}
	}
	return false
}

// Kill ends the server and all its processes by SIGKILL, at once.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	// The first cannot start others any more while they are looked for.
	_ = s.cmd.Process.Signal(syscall.SIGSTOP)
	for _, pid := range children(s.cmd.Process.Pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

func children(parent int) []int {
	var pids []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		i := len(stat) - 1
		for i > 0 && stat[i] != ')' {
			i--
		}
		var state string
		var of int
		if _, err := fmt.Sscan(string(stat[i+1:]), &state, &of); err == nil && of == parent {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// Stop ends the server and removes all that it kept. Calling it twice is safe.
func (s *Server) Stop() {
	s.Kill()
	os.RemoveAll(s.dir)
}

// Data is the directory that the server keeps its files in.
func (s *Server) Data() string { return filepath.Join(s.dir, "data") }

func (s *Server) log() string { return filepath.Join(s.dir, "log") }

// Database makes an empty database and gives its address, postgres://….
func (s *Server) Database(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, s.address("postgres"))
	if err != nil {
		return "", fmt.Errorf("make database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	name := fmt.Sprintf("test%d", s.next.Add(1))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("make database: %w", err)
	}
	return s.address(name), nil
}

func (s *Server) address(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: url.Values{"host": {s.dir}}.Encode()}
	return u.String()
}

// Start starts a server for one test, which is skipped where PostgreSQL is
// missing, or fails if Needs is 1.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := Run()
	if errors.Is(err, ErrMissing) && os.Getenv(Needs) != "1" {
		t.Skipf("%v: this test needs a real one (%s=1 makes this a failure)", err, Needs)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// New makes an empty database for one test and gives its address.
func (s *Server) New(t testing.TB) string {
	t.Helper()
	dsn, err := s.Database(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...) //nolint:noctx // it is ended by Kill
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
	endsWithUs(cmd.SysProcAttr)
	return cmd
}

func binaries() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("initdb"); err == nil {
		dirs = append([]string{filepath.Dir(path)}, dirs...)
	}
	for _, dir := range dirs {
		_, first := os.Stat(filepath.Join(dir, "initdb"))
		_, second := os.Stat(filepath.Join(dir, "postgres"))
		if first == nil && second == nil {
			return dir, nil
		}
	}
	return "", ErrMissing
}

func version(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

func someoneElse() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}
