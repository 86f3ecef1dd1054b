package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gh "github.com/google/go-github/v57/github"
	"golang.org/x/sync/errgroup"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// What is read of each repository.
const (
	direct  = "collaborators"
	invites = "invitations"
	keys    = "keys"
)

// finding is what one list of one repository showed.
type finding struct {
	grants  []offboarding.Grant
	others  int
	unnamed []string // entries of which GitHub does not say whose they are
	hidden  string   // why the list is not shown
}

// unfinished is a sweep that a rate limit or the step's end broke off. The
// next attempt of the same step goes on where it stopped: an organisation with
// some hundred repositories cannot be swept within one minute's allowance. It
// is dropped once the sweep is complete, so no later step sees it.
type unfinished struct {
	started time.Time
	mu      sync.Mutex
	parts   map[string]finding // by repository and list
}

// unfinishedFor bounds the age of the oldest answer in a sweep.
const unfinishedFor = 15 * time.Minute

// sweep reads direct collaborators, invitations and deploy keys of every
// repository, and judges the two classes they make.
func (s *session) sweep(ctx context.Context, step, org string, w subject) (map[offboarding.Class]sighting, error) {
	var info *gh.Organization
	var repos []*gh.Repository
	if err := parallel(
		func() (err error) { info, err = s.organization(ctx, org); return },
		func() (err error) { repos, err = s.repositories(ctx, org); return },
	); err != nil {
		return nil, err
	}
	key := strings.Join([]string{step, s.wire.name, fold(org), itoa(w.id), w.login, w.email}, "\x00")
	u := s.c.resume(key)
	err := s.readRepos(ctx, org, w, repos, u)
	s.c.settle(key, u, err, ctx.Err())
	if err != nil {
		return nil, err
	}
	out := s.c.judge(org, repos, u)
	if short := short(org, info, len(repos)); short != "" {
		for class, seen := range out {
			if seen.sight != offboarding.Present {
				seen.sight, seen.control = offboarding.Blind, ""
			}
			seen.reason = strings.Trim(short+"; "+seen.reason, "; ")
			out[class] = seen
		}
	}
	return out, nil
}

// short says so when fewer repositories are listed than the organisation has:
// a token or an App that was given only some sees only those, and no error.
func short(org string, info *gh.Organization, listed int) string {
	if info.TotalPrivateRepos == nil || info.PublicRepos == nil {
		return fmt.Sprintf("%s: GitHub does not tell this credential how many repositories there are; needed: organization permission Administration: read, or a token of an owner", org)
	}
	if has := int(info.GetTotalPrivateRepos()) + info.GetPublicRepos(); listed < has {
		return fmt.Sprintf("%s: %d of %d repositories are shown; give the credential all repositories", org, listed, has)
	}
	return ""
}

func (s *session) repositories(ctx context.Context, org string) ([]*gh.Repository, error) {
	op := "list repositories of " + org
	list, err := pages(ctx, s, op, func(ctx context.Context, p gh.ListOptions) ([]*gh.Repository, *gh.Response, error) {
		return s.in(org).Repositories.ListByOrg(ctx, org, &gh.RepositoryListByOrgOptions{Type: "all", ListOptions: p})
	})
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if !validRepo(r.GetName()) || !strings.EqualFold(r.GetOwner().GetLogin(), org) {
			return nil, invalid(op, "the answer shows %q", r.GetFullName())
		}
	}
	return list, nil
}

// readRepos reads what is not read yet. After an error no call is begun, but
// those under way end, and their answers count.
func (s *session) readRepos(ctx context.Context, org string, w subject, repos []*gh.Repository, u *unfinished) error {
	var g errgroup.Group
	var stop atomic.Bool
	g.SetLimit(16)
	for _, r := range repos {
		for kind, read := range map[string]func(context.Context, string, string, subject) (finding, error){direct: s.directIn, invites: s.invitesIn, keys: s.keysIn} {
			name := r.GetName()
			part := name + "/" + kind
			if u.has(part) {
				continue
			}
			g.Go(func() error {
				if stop.Load() {
					return nil
				}
				f, err := read(ctx, org, name, w)
				if denied(err) {
					f, err = finding{hidden: fmt.Sprintf("%s/%s: %v", org, part, err)}, nil
				}
				if err != nil {
					stop.Store(true)
					return err
				}
				u.put(part, f)
				return nil
			})
		}
	}
	return g.Wait()
}

func (u *unfinished) has(part string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, ok := u.parts[part]
	return ok
}

func (u *unfinished) put(part string, f finding) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.parts[part] = f
}

func (c *Connector) resume(key string) *unfinished {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, u := range c.sweeps {
		if time.Since(u.started) > unfinishedFor {
			delete(c.sweeps, k)
		}
	}
	if u := c.sweeps[key]; u != nil {
		delete(c.sweeps, key)
		return u
	}
	return &unfinished{started: time.Now().UTC(), parts: map[string]finding{}}
}

// settle keeps a sweep only if a limit or the end of the step broke it off.
func (c *Connector) settle(key string, u *unfinished, err, ended error) {
	if transport.IsKind(err, transport.Limited) || (err != nil && errors.Is(ended, context.DeadlineExceeded)) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.sweeps[key] = u
	}
}

// judge makes the two classes out of the findings.
func (c *Connector) judge(org string, repos []*gh.Repository, u *unfinished) map[offboarding.Class]sighting {
	sum := map[string]*finding{direct: {}, invites: {}, keys: {}}
	for _, r := range repos {
		for kind, total := range sum {
			f := u.parts[r.GetName()+"/"+kind]
			total.grants = append(total.grants, f.grants...)
			total.others += f.others
			total.unnamed = append(total.unnamed, f.unnamed...)
			if total.hidden == "" {
				total.hidden = f.hidden
			}
		}
	}
	look := func(class offboarding.Class, kind, what string) sighting {
		f := sum[kind]
		s := c.seen(org, class, f.grants, f.others, what)
		if f.hidden != "" {
			s.reason = fmt.Sprintf("GitHub does not show %s; needed: %s", f.hidden, needs[class])
			if s.sight != offboarding.Present {
				s.sight, s.control = offboarding.Blind, ""
			}
		}
		if len(f.unnamed) > 0 {
			s.reason = strings.Trim(s.reason+fmt.Sprintf("; %s: of %d %s GitHub does not say whose they are (%s); %s", org, len(f.unnamed), what, some(f.unnamed), unnamedFix[kind]), "; ")
			if s.sight != offboarding.Present {
				s.sight, s.control = offboarding.Blind, ""
			}
		}
		s.at = u.started
		return s
	}
	collaborations := merge([]sighting{
		look(offboarding.Collaborations, direct, "direct collaborators"),
		look(offboarding.Collaborations, invites, "repository invitations"),
	})
	return map[offboarding.Class]sighting{
		offboarding.Collaborations: collaborations, offboarding.DeployKeys: look(offboarding.DeployKeys, keys, "deploy keys"),
	}
}

// unnamedFix says what to do about entries that name nobody.
var unnamedFix = map[string]string{
	keys:    "look whether the person holds one: delete it, or list it under known_deploy_keys",
	invites: "look whether one is the person's and cancel it, then attest",
}

func (s *session) directIn(ctx context.Context, org, repo string, w subject) (finding, error) {
	list, err := s.collaborators(ctx, org, repo)
	var f finding
	for _, u := range list {
		if !w.is(u.GetID()) {
			f.others++
			continue
		}
		f.grants = append(f.grants, offboarding.Grant{
			Class: offboarding.Collaborations, ID: org + "/" + repo, Label: fmt.Sprintf("%s/%s (%s)", org, repo, u.GetRoleName()), Closes: offboarding.StepRevoke,
		})
	}
	return f, err
}

func (s *session) collaborators(ctx context.Context, org, repo string) ([]*gh.User, error) {
	return pages(ctx, s, fmt.Sprintf("list collaborators of %s/%s", org, repo), func(ctx context.Context, p gh.ListOptions) ([]*gh.User, *gh.Response, error) {
		return s.in(org).Repositories.ListCollaborators(ctx, org, repo, &gh.ListCollaboratorsOptions{Affiliation: "direct", ListOptions: p})
	})
}

func (s *session) invitesIn(ctx context.Context, org, repo string, w subject) (finding, error) {
	list, err := s.repoInvitations(ctx, org, repo)
	var f finding
	for _, i := range list {
		if i.GetInvitee().GetID() == 0 {
			f.unnamed = append(f.unnamed, fmt.Sprintf("%s/%s/invitations/%d", org, repo, i.GetID()))
			continue
		}
		if !w.is(i.GetInvitee().GetID()) {
			f.others++
			continue
		}
		f.grants = append(f.grants, offboarding.Grant{
			Class: offboarding.Collaborations, ID: fmt.Sprintf("%s/%s/invitations/%d", org, repo, i.GetID()),
			Label: fmt.Sprintf("invitation to %s/%s (%s)", org, repo, i.GetPermissions()), Closes: offboarding.StepRevoke,
		})
	}
	return f, err
}

func (s *session) repoInvitations(ctx context.Context, org, repo string) ([]*gh.RepositoryInvitation, error) {
	return pages(ctx, s, fmt.Sprintf("list invitations to %s/%s", org, repo), func(ctx context.Context, p gh.ListOptions) ([]*gh.RepositoryInvitation, *gh.Response, error) {
		return s.in(org).Repositories.ListInvitations(ctx, org, repo, &p)
	})
}

func (s *session) keysIn(ctx context.Context, org, repo string, w subject) (finding, error) {
	list, err := s.deployKeys(ctx, org, repo)
	var f finding
	for _, k := range list {
		id := fmt.Sprintf("%s/%s/%d", org, repo, k.GetID())
		switch {
		case k.GetAddedBy() == "": // the author's account was deleted: nobody's control
			if !slices.ContainsFunc(s.c.cfg.KnownDeployKeys, func(known string) bool { return strings.EqualFold(known, id) }) {
				f.unnamed = append(f.unnamed, id)
			}
		case !w.named(k.GetAddedBy()):
			f.others++
		default:
			f.grants = append(f.grants, offboarding.Grant{
				Class: offboarding.DeployKeys, ID: id,
				Label: fmt.Sprintf("%s in %s/%s", k.GetTitle(), org, repo), Closes: offboarding.StepRevoke, Removal: s.c.cfg.DeployKeys,
			})
		}
	}
	return f, err
}

func (s *session) deployKeys(ctx context.Context, org, repo string) ([]*gh.Key, error) {
	return pages(ctx, s, fmt.Sprintf("list deploy keys of %s/%s", org, repo), func(ctx context.Context, p gh.ListOptions) ([]*gh.Key, *gh.Response, error) {
		return s.in(org).Repositories.ListKeys(ctx, org, repo, &p)
	})
}
