package cases

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"lastday/offboarding"
	"lastday/workflows"
)

// A person's cases are numbered, the first by the plain id. At most one of them
// goes on at a time, and it is the last. Temporal forgets the first ones first,
// so the numbers that are left may begin anywhere; while any is left, none of
// the numbers from there to the last is missing.

// gap is how many numbers without a case are passed by before the first that
// has one, where Temporal's lists show nothing: they lag behind, and may be down.
const gap = 5

// numbered is the id of the person's nth case.
func numbered(who offboarding.Subject, n int) string {
	if n == 1 {
		return who.CaseID()
	}
	return who.CaseID() + "#" + strconv.Itoa(n)
}

// numberOf is the number in a case's id, of which first is the person's first; 0
// if it is none of the person's.
func numberOf(first, id string) int {
	if id == first {
		return 1
	}
	suffix, ok := strings.CutPrefix(id, first+"#")
	n, err := strconv.Atoi(suffix)
	if !ok || err != nil || n < 2 {
		return 0
	}
	return n
}

// newest finds the id of the person's newest case; ErrNoCase if there is none
// within Temporal's retention.
func (c *Client) newest(ctx context.Context, who offboarding.Subject) (string, error) {
	n, _, err := c.last(ctx, who)
	if err != nil {
		return "", err
	}
	return numbered(who, n), nil
}

// last is the number of the person's newest case, and whether it runs. Lists
// tell where to begin to ask; what they leave out, or show though it is gone,
// changes nothing.
func (c *Client) last(ctx context.Context, who offboarding.Subject) (n int, running bool, err error) {
	from, _ := c.listed(ctx, who)
	n, running, err = c.lastFrom(ctx, who, max(from, 1))
	if errors.Is(err, ErrNoCase) && from > 1 {
		return c.lastFrom(ctx, who, 1)
	}
	return n, running, err
}

// lastFrom asks for one number after the other.
func (c *Client) lastFrom(ctx context.Context, who offboarding.Subject, from int) (last int, running bool, err error) {
	for n, missed := from, 0; missed < gap && (last == 0 || missed == 0); n++ {
		there, runs, err := c.there(ctx, numbered(who, n))
		switch {
		case err != nil:
			return 0, false, err
		case there:
			last, running, missed = n, runs, 0
		default:
			missed++
		}
	}
	if last == 0 {
		return 0, false, fmt.Errorf("%w for %s", ErrNoCase, who)
	}
	return last, running, nil
}

// there reports whether Temporal has a case of the id, and whether it runs.
func (c *Client) there(ctx context.Context, id string) (there, running bool, err error) {
	d, err := c.temporal.DescribeWorkflowExecution(ctx, c.workflowID(id), "")
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		return false, false, nil
	case err != nil:
		return false, false, fmt.Errorf("look up case: %w", explain(err))
	}
	return true, d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// listed is the highest number of the person's cases that Temporal lists, which
// may be a moment old; 0 if it lists none. Running cases and those that ended
// last come first, so one page is enough.
func (c *Client) listed(ctx context.Context, who offboarding.Subject) (int, error) {
	resp, err := c.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query:    fmt.Sprintf("%s = %q AND WorkflowType = '%s'", workflows.SubjectAttribute, c.subjectAttribute(who), workflows.OffboardType),
		PageSize: 20,
	})
	if err != nil {
		return 0, fmt.Errorf("list cases of %s: %w", who, explain(err))
	}
	highest := 0
	for _, e := range resp.GetExecutions() {
		highest = max(highest, numberOf(c.workflowID(who.CaseID()), e.GetExecution().GetWorkflowId()))
	}
	return highest, nil
}

// next is the number that a request goes to: that of the case which runs, so
// that the request joins it. Where the last case has ended, a new one is opened
// with again, and else the request meets the one that has ended. No number is
// below least: a case below it is over, even if it still runs.
func (c *Client) next(ctx context.Context, who offboarding.Subject, again bool, least int) (int, error) {
	if !again {
		first, err := c.atMostOne(ctx, who)
		if err != nil || first {
			return 1, err
		}
	}
	n, running, err := c.last(ctx, who)
	switch {
	case errors.Is(err, ErrNoCase):
		n = 1
	case err != nil:
		return 0, err
	case again && !running:
		n++
	}
	return max(n, least), nil
}

// atMostOne reports whether the person has had one case or none, which is what
// nearly every request finds. Both questions are asked at once.
func (c *Client) atMostOne(ctx context.Context, who offboarding.Subject) (bool, error) {
	var listed int
	var unlisted error
	var second bool
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { listed, unlisted = c.listed(gctx, who); return nil })
	g.Go(func() (err error) { second, _, err = c.there(gctx, numbered(who, 2)); return err })
	if err := g.Wait(); err != nil {
		return false, err
	}
	return unlisted == nil && listed <= 1 && !second, nil
}
