package main

import (
	"fmt"
	"strings"

	"lastday/sandbox/company"
	"lastday/sandbox/faults"
	"lastday/sandbox/people"
	"lastday/sandbox/slack"
)

// plot is what one vendor keeps getting wrong about one person.
type plot struct {
	system string
	name   string
	faults []faults.Fault
	// mends: it ends when somebody looks at it for the first time.
	mends bool
}

// plots are the ways in which a vendor is wrong about somebody: how it takes
// writes, and how it answers reads.
var plots = []struct {
	name          string
	writes, reads faults.Kind
}{
	{"writes lie", faults.Lie, ""},
	{"reads are stale", "", faults.Stale},
	{"reads are hollow", "", faults.Hollow},
	{"reads are of another organisation", "", faults.Foreign},
	{"reads are of somebody else", "", faults.Other},
	{"reads are empty lists", "", faults.EmptyList},
	{"writes lie, reads are stale", faults.Lie, faults.Stale},
	{"writes lie, reads are hollow", faults.Lie, faults.Hollow},
	{"writes lie, reads are of another organisation", faults.Lie, faults.Foreign},
	{"writes lie, reads are of somebody else", faults.Lie, faults.Other},
	{"writes fail", faults.Fail, ""},
	{"writes are applied and fail", faults.AppliedFail, ""},
}

// plot draws what is wrong about a person; nil is nothing.
func (d dice) plot(firm *company.Company, p people.Person, share float64) *plot {
	r := d.roll("plot", p.Email)
	if r.Float64() >= share {
		return nil
	}
	way := plots[r.IntN(len(plots))]
	out := &plot{system: []string{"okta", "github", "slack", "tailscale"}[r.IntN(4)], name: way.name, mends: r.Float64() < 0.6}
	for _, key := range keys(firm, out.system, p) {
		if way.writes != "" {
			for _, method := range []string{"DELETE *", "POST *", "PATCH *", "PUT *"} {
				out.faults = append(out.faults, faults.Fault{Op: method, Kind: way.writes, Path: key})
			}
		}
		// What reads by POST is asked with an id or address too.
		for _, method := range []string{"GET *", "POST *"} {
			if way.reads != "" && (method == "GET *" || (way.writes == "" && out.system == "slack")) {
				f := faults.Fault{Op: method, Kind: way.reads, Path: key}
				if way.reads == faults.Other {
					f.Instead = colleague(out.system, key)
				}
				out.faults = append(out.faults, f)
			}
		}
	}
	return out
}

// set makes the vendor wrong.
func (p *plot) set(vendors map[string]*faults.Injector) {
	for _, f := range p.faults {
		vendors[p.system].Set(f)
	}
}

// lift makes it right.
func (p *plot) lift(vendors map[string]*faults.Injector) {
	mine := map[string]bool{}
	for _, f := range p.faults {
		mine[f.Path] = true
	}
	vendors[p.system].Lift(func(f faults.Fault) bool { return f.Seconds == 0 && f.Times == 0 && mine[f.Path] })
}

// keys are by what a vendor's calls say that they are about the person, or
// about something that only they hold.
func keys(firm *company.Company, system string, p people.Person) []string {
	switch system {
	case "okta":
		return []string{firm.Okta.ID(p.Email), p.Email}
	case "github":
		return append([]string{p.GitHubLogin}, held(firm.GitHub.Holds(p.Email), "sso-credentials", "access-tokens", "invitations", "deploy-keys")...)
	case "slack":
		return []string{slack.UserID(p.Email), p.Email}
	}
	return append([]string{fmt.Sprintf("u%07dCNTRL", p.Index+1000)}, held(firm.Tailscale.Holds(p.Email), "devices", "tagged-devices", "auth-keys", "api-tokens")...)
}

// held are the ids of what is held of some classes, as the end of a path.
func held(holds []string, classes ...string) []string {
	var out []string
	for _, h := range holds {
		class, rest, _ := strings.Cut(h, "/")
		for _, c := range classes {
			if c == class {
				out = append(out, rest[strings.LastIndex("/"+rest, "/"):])
			}
		}
	}
	for i, id := range out {
		out[i] = "/" + strings.TrimPrefix(id, "/")
	}
	return out
}

// colleague is what stands for somebody who stays, in the form of a key.
func colleague(system, key string) string {
	switch {
	case strings.Contains(key, "@"), system == "okta":
		return people.Admin.Email
	case system == "github":
		return people.Admin.GitHubLogin
	case system == "slack":
		return slack.UserID(people.Admin.Email)
	}
	return "u0000999CNTRL"
}
