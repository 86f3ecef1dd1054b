package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"lastday/offboarding"
	"lastday/starter/cases"
)

const (
	// maxListed is how many cases are looked for, and maxRead how many of them a
	// list or the home reads.
	maxListed = 1000
	maxRead   = 200
	// readers read cases at once for a list.
	readers = 4
)

// sight is what somebody sees of all cases.
type sight struct {
	cases  []offboarding.Case // those that wait for a person first, then those that run, then the rest
	unread int                // could not be read
	left   int                // were not looked at, since there are too many
	more   bool               // there are more than were counted
}

// gap says what is missing; empty if nothing is.
func (s sight) gap() string {
	var out []string
	if s.unread > 0 {
		out = append(out, fmt.Sprintf("Not all could be read: %s cannot be shown just now, so something may be missing here. Try again in a minute.", countCases(s.unread)))
	}
	if s.left > 0 {
		least := ""
		if s.more {
			least = "at least "
		}
		out = append(out, fmt.Sprintf("Only the newest cases are looked at, those that run first: %s%s more not. /offboard status with the person shows any.", least, countCases(s.left)))
	}
	return strings.Join(out, "\n")
}

func countCases(n int) string {
	if n == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", n)
}

// urgency orders what a list looks at: what waits for a person, what runs, what
// is over. What Temporal's list says of it may lag; the order is all it decides.
func urgency(s cases.Summary) int {
	switch {
	case !s.ClosedAt.IsZero() || offboarding.State(s.State).Ended():
		return 2
	case offboarding.State(s.State).Asks():
		return 0
	}
	return 1
}

// visible are the cases that the actor may see. Each is read as it is now. It
// takes at most readFor; what is not read by then is counted.
func (d *Door) visible(ctx context.Context, by offboarding.Actor) (sight, error) {
	ctx, cancel := context.WithTimeout(ctx, readFor)
	defer cancel()
	all, err := d.opt.Desk.List(ctx, maxListed)
	if err != nil {
		return sight{}, err
	}
	out := sight{more: len(all) >= maxListed}
	all = slices.DeleteFunc(all, func(s cases.Summary) bool {
		_, err := offboarding.CaseSubject(s.CaseID)
		return err != nil
	})
	slices.SortStableFunc(all, func(a, b cases.Summary) int { return cmp.Compare(urgency(a), urgency(b)) })
	if len(all) > maxRead {
		out.left, all = len(all)-maxRead, all[:maxRead]
	}
	found, errs := make([]*offboarding.Case, len(all)), make([]error, len(all))
	d.readAll(ctx, all, found, errs)
	for i, c := range found {
		switch {
		case errs[i] != nil:
			out.unread++
		case c != nil && d.may(seeing(by, *c)):
			out.cases = append(out.cases, *c)
		}
	}
	if out.unread > 0 && out.unread == len(all) {
		return out, errors.Join(errs[:1]...)
	}
	slices.SortStableFunc(out.cases, func(a, b offboarding.Case) int { return cmp.Compare(rank(a), rank(b)) })
	return out, nil
}

// rank orders cases as they are: what waits for a person, what runs, the rest.
func rank(c offboarding.Case) int {
	switch {
	case c.State.Ended():
		return 2
	case c.State.Asks():
		return 0
	}
	return 1
}

// readAll reads all cases, each into its place. One that is not there any more,
// or is followed by a newer one, stays nil.
func (d *Door) readAll(ctx context.Context, all []cases.Summary, found []*offboarding.Case, errs []error) {
	next := make(chan int)
	wait := newGroup(readers, func(int) {
		for i := range next {
			c, err := d.opt.Desk.Get(ctx, all[i].Subject)
			switch {
			case errors.Is(err, cases.ErrNoCase):
			case err != nil:
				errs[i] = err
			case c.ID == all[i].CaseID:
				found[i] = &c
			}
		}
	})
	for i := range all {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
			errs[i] = ctx.Err()
		}
	}
	close(next)
	wait()
}

// slowError is plainError, in words where there was no answer in time.
func slowError(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "Lastday's cases could not be read in time. Try again in a minute."
	}
	return plainError(err)
}

// newGroup runs n of work at once; what it returns waits for them.
func newGroup(n int, work func(int)) (wait func()) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { work(i) })
	}
	return group.Wait
}
