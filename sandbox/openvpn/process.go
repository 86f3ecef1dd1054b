package openvpn

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// binary finds OpenVPN; Debian's is not on everybody's path.
func binary() (string, error) {
	if path, err := exec.LookPath("openvpn"); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/openvpn")
}

// Available says why no office can be opened on this machine; nil if it can.
func Available() error {
	if _, err := binary(); err != nil {
		return errors.New("there is no openvpn here; apt-get install openvpn")
	}
	if os.Geteuid() != 0 {
		return errors.New("openvpn makes its tunnels as root only")
	}
	tun, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("there is no tunnel device: %w", err)
	}
	return tun.Close()
}

// process is a running OpenVPN whose log is read.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}

	mu    sync.Mutex
	lines []string
	grown chan struct{} // closed at the next line
}

// run starts OpenVPN in dir. Its configuration is a file: argv shows no secret.
func run(dir string, args ...string) (*process, error) {
	path, err := binary()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(path, args...), done: make(chan struct{}), grown: make(chan struct{})} //nolint:gosec,noctx // ended by stop
	p.cmd.Dir = dir
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start openvpn: %w", err)
	}
	p.cmd.Stderr = p.cmd.Stdout
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start openvpn: %w", err)
	}
	go func() {
		defer close(p.done)
		in := bufio.NewScanner(out)
		for in.Scan() {
			p.mu.Lock()
			p.lines = append(p.lines, in.Text())
			close(p.grown)
			p.grown = make(chan struct{})
			p.mu.Unlock()
		}
		_ = p.cmd.Wait()
	}()
	return p, nil
}

// log is what it has said so far.
func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// says waits until one of the texts is in the log, and tells which.
func (p *process) says(patience time.Duration, texts ...string) (string, error) {
	late := time.After(patience)
	for {
		p.mu.Lock()
		grown := p.grown
		p.mu.Unlock()
		log := p.log()
		for _, t := range texts {
			if strings.Contains(log, t) {
				return t, nil
			}
		}
		select {
		case <-grown:
		case <-p.done:
			if log != p.log() {
				continue
			}
			return "", fmt.Errorf("openvpn ended:\n%s", log)
		case <-late:
			return "", fmt.Errorf("openvpn did not say %q:\n%s", texts, log)
		}
	}
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.done:
	case <-time.After(3 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}
