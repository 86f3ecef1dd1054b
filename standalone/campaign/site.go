package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.temporal.io/sdk/client"

	"lastday/offboarding"
	"lastday/record/setup"
	"lastday/sandbox/company"
	"lastday/sandbox/faults"
	"lastday/sandbox/people"
	"lastday/standalone/calls"
	"lastday/standalone/herd"
	"lastday/standalone/house"
	"lastday/starter/cases"
)

// stay is how many of the staff do not leave.
const stay = 10

// site is everything that a campaign runs on.
type site struct {
	orders   orders
	dice     dice
	dir      string
	firm     *company.Company
	vendors  map[string]*faults.Injector
	leavers  []*leaver
	stayers  map[string][]string // what those who stay held in the beginning
	told     child
	temporal client.Client
	cases    *cases.Client
	calls    *calls.Log
	stops    []func()
}

// open starts the company and makes the keys; no process runs yet.
func open(o orders) (s *site, err error) {
	s = &site{orders: o, dice: dice{seed: o.seed, rate: o.rate}, dir: o.keep}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if o.keep == "" {
		if s.dir, err = os.MkdirTemp("", "campaign"); err != nil { // short, for the gateway's socket
			return nil, fmt.Errorf("make folder: %w", err)
		}
		s.later(func() { _ = os.RemoveAll(s.dir) })
	}
	if s.firm, err = company.Start(company.Options{People: o.cases + stay, Dir: filepath.Join(s.dir, "sandbox")}); err != nil {
		return nil, err
	}
	s.later(s.firm.Stop)
	path, err := s.configure()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(s.dir, "data")
	if _, err := setup.Embedded(data); err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s.told = child{Address: address, Config: path, Data: data, Deadline: o.deadline}
	s.vendors = map[string]*faults.Injector{
		"okta": s.firm.Okta.Faults(), "github": s.firm.GitHub.Faults(), "slack": s.firm.Slack.Faults(), "tailscale": s.firm.Tailscale.Faults(),
	}
	s.calls = calls.New()
	return s, s.people()
}

// people are those who leave, and what those who stay hold.
func (s *site) people() error {
	s.stayers = map[string][]string{}
	for _, p := range []people.Person{people.Admin, people.Robot, people.Hanna, people.Sven, people.Tara} {
		s.stayers[p.Email] = s.firm.Holds(p.Email)
	}
	for i, p := range s.firm.Staff {
		if i >= s.orders.cases {
			s.stayers[p.Email] = s.firm.Holds(p.Email)
			continue
		}
		who, err := offboarding.ParseSubject(p.Email)
		if err != nil {
			return fmt.Errorf("choose leavers: %w", err)
		}
		s.leavers = append(s.leavers, &leaver{Person: p, subject: who, plot: s.dice.plot(s.firm, p, s.orders.stubborn)})
	}
	return nil
}

// configure writes the configuration that workers read.
func (s *site) configure() (string, error) {
	path, err := s.firm.WriteConfig(filepath.Join(s.dir, "sandbox"))
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(filepath.Clean(path), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("write configuration: %w", err)
	}
	defer f.Close()
	if _, err := fmt.Fprint(f, "case: {patience: 5s}\n"); err != nil {
		return "", fmt.Errorf("write configuration: %w", err)
	}
	return path, nil
}

// freeAddress is a port on loopback that the server gets, and keeps when it is
// started anew.
func freeAddress() (string, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("choose a port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// connect is the door's own connection, which outlives the server's deaths.
func (s *site) connect(ctx context.Context) error {
	t, err := dial(ctx, s.told.Address, slog.New(slog.DiscardHandler))
	if err != nil {
		return fmt.Errorf("connect to temporal: %w", err)
	}
	s.later(t.Close)
	s.temporal, s.cases = t, cases.New(t, house.Namespace)
	return nil
}

// log is a file for what child processes say.
func (s *site) log(name string) (io.Writer, error) {
	f, err := os.OpenFile(filepath.Join(s.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	s.later(func() { f.Close() })
	return f, nil
}

func (s *site) later(f func()) { s.stops = append(s.stops, f) }

func (s *site) close() {
	for i := len(s.stops) - 1; i >= 0; i-- {
		s.stops[i]()
	}
	s.stops = nil
}

// herds starts the server and the workers.
func (s *site) herds(ctx context.Context) (server, workers *herd.Herd, err error) {
	one := func(name string, n int) (*herd.Herd, error) {
		log, err := s.log(name)
		if err != nil {
			return nil, err
		}
		b, err := json.Marshal(s.told)
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", name, err)
		}
		return herd.Keep(ctx, name, n, []string{processVar + "=" + name, childVar + "=" + string(b)}, log)
	}
	if server, err = one("server", 1); err != nil {
		return nil, nil, err
	}
	if workers, err = one("worker", s.orders.workers); err != nil {
		server.Stop()
		return nil, nil, err
	}
	return server, workers, nil
}

// run is the whole campaign. When ctx ends, nothing goes wrong any more, and
// what is still open is cancelled and judged with the rest.
func run(ctx context.Context, o orders) (*result, error) {
	began := time.Now()
	s, err := open(o)
	if err != nil {
		return nil, err
	}
	defer s.close()
	// Whoever stops the campaign early still wants to know how it stands.
	rest := context.WithoutCancel(ctx)
	server, workers, err := s.herds(rest)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	defer workers.Stop()
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	s.storm(ctx, server, workers)
	for _, v := range s.vendors {
		v.Draw(nil)
		v.Clear()
	}
	s.finish(rest)
	s.calls.Take(s.vendors)
	workers.Stop()
	out := &result{orders: o, kills: map[string]int{"worker": workers.Killed(), "server": server.Killed()}, took: time.Since(began)}
	s.judge(out)
	if err := s.writeCases(); err != nil {
		return nil, err
	}
	return out, s.readRecord(rest, out)
}

// storm runs all cases while everything goes wrong.
func (s *site) storm(ctx context.Context, server, workers *herd.Herd) {
	ctx, cancel := context.WithTimeout(ctx, s.orders.limit)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	for name, v := range s.vendors {
		v.Draw(s.dice.draw(name))
	}
	for _, f := range []func(){
		func() { s.dice.spells(ctx, s.vendors, s.calls.Operations) },
		func() { s.calls.Follow(ctx, s.vendors) },
		func() { s.answer(ctx) },
		func() { workers.KillEvery(ctx, s.orders.killWorker) },
		func() { server.KillEvery(ctx, s.orders.killServer) },
		func() { s.progress(ctx) },
	} {
		beside.Go(f)
	}
	s.drive(ctx)
}

// progress says now and then how far it is.
func (s *site) progress(ctx context.Context) {
	for pause(ctx, 15*time.Second) == nil {
		begun, over := 0, 0
		for _, l := range s.leavers {
			id, done := l.state()
			if id != "" {
				begun++
			}
			if done {
				over++
			}
		}
		fmt.Fprintf(os.Stderr, "%s  %d begun, %d over\n", time.Now().Format(time.TimeOnly), begun, over)
	}
}
