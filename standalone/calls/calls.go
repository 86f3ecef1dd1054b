// Package calls judges what vendors were asked: whether a change was made twice.
package calls

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"lastday/sandbox/faults"
)

// Log has all calls that vendors got: counted, and kept where they may have been
// made twice or misled somebody to do so. Safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	total   int
	faults  map[faults.Kind]int
	ops     map[string]map[string]bool // by system
	writes  map[string][]faults.Call   // by "system: METHOD /path", oldest first
	misread map[string][]faults.Call   // reads that told what is not so, by system
}

// New is an empty log.
func New() *Log {
	return &Log{
		faults: map[faults.Kind]int{}, ops: map[string]map[string]bool{}, writes: map[string][]faults.Call{}, misread: map[string][]faults.Call{},
	}
}

// Follow takes the calls down before the stand-ins forget them, until ctx ends.
func (c *Log) Follow(ctx context.Context, vendors map[string]*faults.Injector) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.Take(vendors)
		}
	}
}

// Take takes down what the vendors were asked since the last time.
func (c *Log) Take(vendors map[string]*faults.Injector) {
	for system, v := range vendors {
		for _, call := range v.TakeCalls() {
			c.Note(system, call)
		}
	}
}

// Note takes one call down.
func (c *Log) Note(system string, call faults.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total++
	if c.ops[system] == nil {
		c.ops[system] = map[string]bool{}
	}
	if !strings.HasSuffix(call.Op, "(unknown)") {
		c.ops[system][call.Op] = true
	}
	if call.Fault != "" {
		c.faults[call.Fault]++
	}
	method, _, _ := strings.Cut(call.Op, " ")
	switch {
	case call.Fault == faults.Stale, call.Fault == faults.Other, call.Fault == faults.Foreign, call.Fault == faults.Lie && method == "GET":
		c.misread[system] = append(c.misread[system], call)
	case method == "GET", method == "PRI", harmless(system, call.Op):
	default:
		key := system + ": " + method + " " + call.Path
		c.writes[key] = append(c.writes[key], call)
	}
}

// harmless are POSTs that change nobody's access; messages are counted where
// they are read.
func harmless(system, op string) bool {
	switch op {
	case "POST /graphql", "POST /app/installations/{installation_id}/access_tokens", "POST /api/v2/oauth/token", "POST /oauth2/v1/token":
		return true
	}
	return system == "slack" && strings.HasPrefix(op, "POST /api/")
}

// Operations lists what a vendor was asked so far.
func (c *Log) Operations(system string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.ops[system]))
}

// Doubled are the changes that were made once more after it was seen that they
// had been made, and nothing had said otherwise since.
func (c *Log) Doubled() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, key := range slices.Sorted(maps.Keys(c.writes)) {
		if repeatable(key) {
			continue
		}
		system, _, _ := strings.Cut(key, ": ")
		var seen time.Time // when somebody was told that it is done
		for _, call := range c.writes[key] {
			if !call.Applied {
				continue
			}
			if !seen.IsZero() && !c.misled(system, call, seen) {
				out = append(out, key+": "+story(c.writes[key]))
				break
			}
			if seen.IsZero() && call.Status < 300 && (call.Fault == "" || call.Fault == faults.Latency) {
				seen = call.At
			}
		}
	}
	return out
}

// Sums are how many calls there were, and how many of them met each fault.
func (c *Log) Sums() (total int, met map[faults.Kind]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total, maps.Clone(c.faults)
}

// story tells what became of each of several calls.
func story(all []faults.Call) string {
	var out []string
	for _, call := range all {
		out = append(out, fmt.Sprintf("%s %d %s applied %t", call.At.Format("15:04:05.000"), call.Status, call.Fault, call.Applied))
	}
	return strings.Join(out, ", ")
}

// misled reports whether a vendor told, between two times, that the access was
// there still: about the same person or thing, or in a list of everybody.
func (c *Log) misled(system string, call faults.Call, since time.Time) bool {
	for _, m := range c.misread[system] {
		if m.At.Before(since) || m.At.After(call.At) {
			continue
		}
		if whom := about(m); len(whom) == 0 || slices.ContainsFunc(about(call), func(id string) bool { return slices.Contains(whom, id) }) {
			return true
		}
	}
	return false
}

// about are the ids in a call's path: what stands where the operation has a
// name in braces, but for the organisation, which is everybody's.
func about(call faults.Call) []string {
	_, pattern, _ := strings.Cut(call.Op, " ")
	path, _, _ := strings.Cut(call.Path, "?")
	parts := strings.Split(path, "/")
	var out []string
	for i, name := range strings.Split(pattern, "/") {
		if strings.HasPrefix(name, "{") && !slices.Contains([]string{"{org}", "{repo}", "{tailnet}"}, name) && i < len(parts) {
			out = append(out, parts[i])
		}
	}
	return out
}

// repeatable are changes to whatever there is, which cannot be read before: to
// make them again changes nothing more.
func repeatable(write string) bool {
	return strings.HasSuffix(write, "/sessions?oauthTokens=true") || // Okta lists no sessions
		strings.Contains(write, "/clients/") || // Okta lists a client as long as it has a token or a consent: both are ended again
		strings.Contains(write, "/credential-authorizations/") && strings.HasSuffix(write, "/revoke") // GitHub takes it down for later
}
