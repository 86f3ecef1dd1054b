package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crew is a worker process and its supervisor, which starts another at once
// when it dies. Only the first one has orders to die.
type crew struct {
	t      testing.TB
	orders orders

	mu      sync.Mutex
	child   *exec.Cmd
	reports []told
	deaths  []time.Time
	stopped bool
	over    chan struct{}
	errs    bytes.Buffer
}

// told is a report with the number of the process that made it, from 0.
type told struct {
	report
	process int
}

func startCrew(t testing.TB, o orders) *crew {
	t.Helper()
	c := &crew{t: t, orders: o, over: make(chan struct{})}
	go c.supervise()
	t.Cleanup(c.stop)
	eventually(t, "a worker is at work", func() bool { return len(c.all("ready", "")) > 0 })
	return c
}

func (c *crew) supervise() {
	defer close(c.over)
	for n := 0; ; n++ {
		if !c.live(n) {
			return
		}
		c.orders.Death = death{}
	}
}

// live runs one process to its end; false when the crew is stopped.
func (c *crew) live(n int) bool {
	cmd := exec.Command(os.Args[0])
	b, _ := json.Marshal(c.orders)
	cmd.Env = append(os.Environ(), processVar+"=worker", ordersVar+"="+string(b))
	cmd.Stderr = &locked{mu: &c.mu, to: &c.errs}
	life, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	c.mu.Lock()
	if c.stopped || errIn != nil || errOut != nil || cmd.Start() != nil {
		c.mu.Unlock()
		return false
	}
	c.child = cmd
	c.mu.Unlock()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var r report
		if json.Unmarshal(lines.Bytes(), &r) == nil {
			c.mu.Lock()
			c.reports = append(c.reports, told{r, n})
			c.mu.Unlock()
		}
	}
	_ = cmd.Wait()
	_ = life.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deaths = append(c.deaths, time.Now())
	return !c.stopped
}

// kill ends the process that runs now.
func (c *crew) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.child != nil {
		_ = c.child.Process.Kill()
	}
}

func (c *crew) stop() {
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	c.kill()
	<-c.over
}

// all lists the reports of a kind; an empty step means any.
func (c *crew) all(what, step string) []told {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []told
	for _, r := range c.reports {
		if r.What == what && (step == "" || r.Step == step) {
			out = append(out, r)
		}
	}
	return out
}

// fate is when the first process died, and how many did.
func (c *crew) fate() (time.Time, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.deaths) == 0 {
		return time.Time{}, 0
	}
	return c.deaths[0], len(c.deaths)
}

// moved is how long after the first death another process took up anything of
// the case, and how long until it took up the step itself, zero if it did not.
func (c *crew) moved(step string) (anything, same time.Duration) {
	died, _ := c.fate()
	first := func(step string) time.Duration {
		tasks := c.all("task", step)
		i := slices.IndexFunc(tasks, func(r told) bool { return r.process > 0 })
		if i < 0 {
			return 0
		}
		return tasks[i].At.Sub(died)
	}
	return first(""), first(step)
}

// stderr is what the processes said there.
func (c *crew) stderr() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.errs.String()
}

type locked struct {
	mu *sync.Mutex
	to io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

func TestTheSupervisorStartsAnotherWorkerAtOnce(t *testing.T) {
	s := newSite(t, 2)
	h := openHouse(t, s)
	c := startCrew(t, orders{Address: h.Server.FrontendAddr(), Namespace: "default", Config: s.path})
	c.kill()
	eventually(t, "the second worker is at work", func() bool { return len(c.all("ready", "")) == 2 })
	_, n := c.fate()
	require.Equal(t, 1, n)
}
