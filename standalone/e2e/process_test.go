package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// buildWorker builds command worker from a checkout, and gives its path.
func buildWorker(t testing.TB, checkout string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "worker")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", to, "./worker")
	cmd.Dir = checkout
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said)
	return to
}

// process is command worker as an operator runs it.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended
	at    time.Time     // when it ended

	mu   sync.Mutex
	errs bytes.Buffer
}

// startProcess starts a worker on a place, and waits until it is at work.
func startProcess(t testing.TB, binary, address string, place *workplace, s *site, args ...string) *process {
	t.Helper()
	p := &process{ended: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{"-c", s.path, "--metrics", "127.0.0.1:0"}, args...)...)
	p.cmd.Env = append(os.Environ(), "TEMPORAL_ADDRESS="+address, "TEMPORAL_NAMESPACE="+place.name)
	p.cmd.Stderr = &locked{mu: &p.mu, to: &p.errs}
	require.NoError(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait()
		p.at = time.Now()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(filepath.Dir(binary)), p.said())
		}
	})
	eventually(t, "the worker is at work", func() bool {
		return p.over() || working.MatchString(p.said())
	})
	require.False(t, p.over(), "it ended: %s", p.said())
	return p
}

var working = regexp.MustCompile(`msg=working .*metrics=(127\.0\.0\.1:\d+)`)

// metrics is where the operator looks at it.
func (p *process) metrics() string { return "http://" + working.FindStringSubmatch(p.said())[1] }

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errs.String()
}

func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// signal sends a signal; the time is when.
func (p *process) signal(t testing.TB, s os.Signal) time.Time {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(s))
	return time.Now()
}

// ends waits for the end, and gives the exit status; -1 after a signal that it
// did not handle.
func (p *process) ends(t testing.TB) int {
	t.Helper()
	eventually(t, "the worker has ended", p.over)
	return p.cmd.ProcessState.ExitCode()
}
