package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"lastday/sandbox/faults"
	"lastday/sandbox/people"
	"lastday/sandbox/slack"
)

// dice draw what goes wrong: the same seed, the same faults for the same calls.
type dice struct {
	seed uint64
	rate float64
}

// roll is the random source of one thing.
func (d dice) roll(about ...any) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintln(h, about...)
	return rand.New(rand.NewPCG(d.seed, h.Sum64())) //nolint:gosec // to be repeated
}

// readFaults and writeFaults are what a single call may meet; one that stands
// twice comes twice as often.
var (
	anyFaults = []faults.Kind{
		faults.Latency, faults.Latency, faults.Limit, faults.Limit, faults.Fail, faults.Fail, faults.Down, faults.Truncate,
		faults.HTML, faults.Empty, faults.EmptyList, faults.Hollow, faults.Unauthorized, faults.Forbidden,
	}
	readFaults  = slices.Concat(anyFaults, []faults.Kind{faults.Stale, faults.Stale, faults.Foreign, faults.Other, faults.Other})
	writeFaults = slices.Concat(anyFaults, []faults.Kind{faults.AppliedFail, faults.AppliedFail, faults.AppliedFail, faults.AppliedHang, faults.Lie, faults.Lie, faults.Lie})
)

// writesOften is how much likelier a write meets a fault: a case makes fifteen
// times as many reads.
const writesOften = 8

// limitText is what a vendor says with a 429; the date is a few seconds ahead.
func limitText(r *rand.Rand, now time.Time) string {
	return []string{
		"1", "2", "3", now.Add(3 * time.Second).UTC().Format(http.TimeFormat), now.Add(-time.Hour).UTC().Format(http.TimeFormat),
		"0", "-5", "soon", "", "99999999999999999999", "86400", "Fri, 31 Dec 9999 23:59:59 GMT",
	}[r.IntN(12)]
}

// draw is what a vendor's stand-in asks about each call.
func (d dice) draw(system string) faults.Draw {
	return func(a faults.Asked) (faults.Fault, bool) {
		r := d.roll(system, a.Op, a.Path, a.Nth)
		kinds, rate := readFaults, d.rate
		if !a.Reads {
			kinds, rate = writeFaults, d.rate*writesOften
		}
		if r.Float64() >= rate {
			return faults.Fault{}, false
		}
		f := faults.Fault{Kind: kinds[r.IntN(len(kinds))]}
		switch f.Kind {
		case faults.Latency:
			f.Millis = 50 + r.IntN(3000)
		case faults.Limit:
			f.RetryAfter = limitText(r, time.Now())
		case faults.Stale:
			f.Seconds = 0.5 + 8*r.Float64()
		case faults.Other:
			f.Path, f.Instead = somebodyElse(system, a.Path, r)
			if f.Path == "" {
				f.Kind = faults.Fail
			}
		default:
			f.Times = 1 + r.IntN(2)
		}
		return f, true
	}
}

// somebodyElse is the part of a path that says who or which organisation is
// asked about, and another that could stand there; empty where it says neither.
func somebodyElse(system, path string, r *rand.Rand) (text, other string) {
	if system == "github" && r.IntN(2) == 0 {
		for _, at := range []string{"/orgs/acme/", "/repos/acme/", "/orgs/acme-labs/", "/repos/acme-labs/"} {
			if strings.HasPrefix(path, at) {
				return at, strings.Join(strings.SplitAfterN(at, "/", 3)[:2], "") + "acme-partners/"
			}
		}
	}
	colleague := map[string]string{
		"okta": people.Admin.Email, "github": people.Admin.GitHubLogin, "slack": slack.UserID(people.Admin.Email), "tailscale": "u0000999CNTRL",
	}[system]
	for _, before := range []string{"/users/", "/Users/", "/memberships/"} {
		if _, after, ok := strings.Cut(path, before); ok {
			who, _, _ := strings.Cut(after, "/")
			who, _, _ = strings.Cut(who, "?")
			if who != "" && who != colleague {
				return before + who, before + colleague
			}
		}
	}
	return "", ""
}

// spellKinds are what goes wrong with an operation for everybody, for a while.
var spellKinds = []faults.Kind{
	faults.Hollow, faults.Hollow, faults.EmptyList, faults.Foreign, faults.Foreign, faults.Stale, faults.Fail, faults.Limit, faults.HTML, faults.Truncate, faults.Lie,
}

// spells make one operation after the other go wrong for a while.
func (d dice) spells(ctx context.Context, vendors map[string]*faults.Injector, known func(string) []string) {
	names := []string{"okta", "github", "slack", "tailscale"}
	for n := 0; pause(ctx, 1500*time.Millisecond) == nil; n++ {
		r := d.roll("spell", n)
		system := names[r.IntN(len(names))]
		ops := known(system)
		if len(ops) == 0 {
			continue
		}
		vendors[system].Set(faults.Fault{
			Op: ops[r.IntN(len(ops))], Kind: spellKinds[r.IntN(len(spellKinds))], RetryAfter: limitText(r, time.Now()), Seconds: 0.5 + 3*r.Float64(),
		})
	}
}
