package github

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"

	gh "github.com/google/go-github/v57/github"
	"golang.org/x/sync/errgroup"

	"lastday/activities/transport"
)

// session is one step's use of a credential. Its SDK clients live no longer
// than the step: after an answer with nothing remaining they refuse every call
// until the reset, also when the limit was lifted before.
type session struct {
	c    *Connector
	wire *wire

	mu      sync.Mutex
	clients map[string]*gh.Client
	orgs    map[string]*once[*gh.Organization]
	owners  map[string]*once[[]*gh.User]
	people  map[string]*once[linked]
}

func (c *Connector) session(w *wire) *session {
	return &session{
		c: c, wire: w, clients: map[string]*gh.Client{}, orgs: map[string]*once[*gh.Organization]{}, owners: map[string]*once[[]*gh.User]{},
		people: map[string]*once[linked]{},
	}
}

// in is the SDK client for an organisation.
func (s *session) in(org string) *gh.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := fold(org)
	if s.clients[k] == nil {
		client := gh.NewClient(s.wire.rest[k])
		client.BaseURL, client.UserAgent = s.wire.base, "lastday"
		s.clients[k] = client
	}
	return s.clients[k]
}

// anywhere is a client for calls that belong to no organisation.
func (s *session) anywhere() *gh.Client { return s.in(s.c.cfg.Organizations[0]) }

// raw makes a call that the SDK has no function for. out may be nil. It
// returns GitHub's request id and status.
func (s *session) raw(ctx context.Context, org, method, path string, in, out any) (*gh.Response, error) {
	client := s.in(org)
	req, err := client.NewRequest(method, path, in)
	if err != nil {
		return nil, err
	}
	return client.Do(ctx, req, out)
}

// graphql sends a query and decodes its data; GraphQL's own errors are left to
// the caller, as they come with a 200.
func (s *session) graphql(ctx context.Context, org, query string, variables map[string]any, out any) error {
	client := gh.NewClient(s.wire.graphql[fold(org)])
	client.BaseURL, client.UserAgent = s.wire.graphqlURL, "lastday"
	req, err := client.NewRequest(http.MethodPost, "graphql", map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	var body json.RawMessage
	if _, err := client.Do(ctx, req, &body); err != nil {
		return err
	}
	if len(body) == 0 {
		return invalid("POST /graphql", "an empty answer")
	}
	return json.Unmarshal(body, out)
}

// organization is GitHub's own description, asked once a step.
func (s *session) organization(ctx context.Context, org string) (*gh.Organization, error) {
	return memo(s, s.orgs, org).do(func() (*gh.Organization, error) {
		const op = "read organisation"
		o, _, err := s.in(org).Organizations.Get(ctx, org)
		if err != nil {
			return nil, fail(op+" "+org, err)
		}
		if fold(o.GetLogin()) != fold(org) {
			return nil, invalid(op+" "+org, "the answer is about %q", o.GetLogin())
		}
		return o, nil
	})
}

// ownersOf lists the organisation's owners, asked once a step. An organisation
// has at least one; an empty list is no answer.
func (s *session) ownersOf(ctx context.Context, org string) ([]*gh.User, error) {
	return memo(s, s.owners, org).do(func() ([]*gh.User, error) {
		op := "list owners of " + org
		owners, err := pages(ctx, s, op, func(ctx context.Context, p gh.ListOptions) ([]*gh.User, *gh.Response, error) {
			return s.in(org).Organizations.ListMembers(ctx, org, &gh.ListMembersOptions{Role: "admin", ListOptions: p})
		})
		if err == nil && len(owners) == 0 {
			err = invalid(op, "no owner is shown, which cannot be")
		}
		return owners, err
	})
}

// once is a value asked for at most once, however many ask at the same time.
type once[T any] struct {
	sync.Once
	value T
	err   error
}

func (o *once[T]) do(f func() (T, error)) (T, error) {
	o.Do(func() { o.value, o.err = f() })
	return o.value, o.err
}

func memo[T any](s *session, m map[string]*once[T], key string) *once[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m[key] == nil {
		m[key] = &once[T]{}
	}
	return m[key]
}

// pages reads a whole list, the pages after the first at the same time where
// GitHub says how many there are. A page announced and then empty, a JSON null,
// and a full page without a successor are not taken for the end.
func pages[T any](ctx context.Context, s *session, op string, get func(context.Context, gh.ListOptions) ([]T, *gh.Response, error)) ([]T, error) {
	size := s.c.cfg.PageSize
	read := func(ctx context.Context, n int) ([]T, *gh.Response, error) {
		items, resp, err := get(ctx, gh.ListOptions{Page: n, PerPage: size})
		if err != nil {
			return nil, nil, fail(op, err)
		}
		if items == nil {
			return nil, nil, invalid(op, "null where there should be a list")
		}
		return items, resp, nil
	}
	all, resp, err := read(ctx, 1)
	if err != nil {
		return nil, err
	}
	next, full := resp.NextPage, len(all) >= size
	if last := resp.LastPage; last > 2 && next == 2 {
		rest := make([][]T, last+1)
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(8)
		for n := 2; n <= last; n++ {
			g.Go(func() error {
				items, resp, err := read(gctx, n)
				if err == nil && len(items) == 0 {
					err = invalid(op, "page %d of %d is empty", n, last)
				}
				if err == nil && n == last {
					next, full = resp.NextPage, len(items) >= size
				}
				rest[n] = items
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		for _, items := range rest {
			all = append(all, items...)
		}
		if next == 0 && full {
			next = -last - 1 // not announced: may be empty
		}
	} else if next == 0 && full {
		next = -2
	}
	return follow(op, all, next, size, func(n int) ([]T, *gh.Response, error) { return read(ctx, n) })
}

// follow reads page after page; a negative number is one that nobody announced.
func follow[T any](op string, all []T, next, size int, read func(int) ([]T, *gh.Response, error)) ([]T, error) {
	for next != 0 {
		n, announced := next, next > 0
		if !announced {
			n = -n
		}
		items, resp, err := read(n)
		if err != nil {
			return nil, err
		}
		if len(items) == 0 && announced {
			return nil, invalid(op, "page %d was announced and is empty", n)
		}
		if resp.NextPage != 0 && resp.NextPage <= n {
			return nil, invalid(op, "page %d is followed by page %d", n, resp.NextPage)
		}
		all = append(all, items...)
		next = resp.NextPage
		if next == 0 && len(items) >= size {
			next = -n - 1
		}
	}
	return all, nil
}

// parallel runs every function to its end and returns the error to report.
func parallel(fs ...func() error) error {
	errs := make([]error, len(fs))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, f := range fs {
		g.Go(func() error {
			errs[i] = f()
			return nil
		})
	}
	_ = g.Wait() // the functions above return nil
	return worst(errs)
}

// notFoundOK gives the zero value for a 404.
func notFoundOK[T any](op string, v T, err error) (T, bool, error) {
	var zero T
	if err == nil {
		return v, true, nil
	}
	err = fail(op, err)
	if transport.IsKind(err, transport.Unauthorized) && status(err) == http.StatusNotFound {
		return zero, false, nil
	}
	return zero, false, err
}
