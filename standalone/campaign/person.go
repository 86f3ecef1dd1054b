package main

import (
	"context"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"lastday/offboarding"
	"lastday/standalone/house"
	"lastday/workflows"
)

// glance is how often the person looks who is asked something.
const glance = 2 * time.Second

// patience is how often somebody tries again before they decide otherwise.
const patience = 2

// answer plays the person whom cases ask, until ctx ends.
func (s *site) answer(ctx context.Context) {
	bySubject := map[string]*leaver{}
	for _, l := range s.leavers {
		bySubject[string(l.subject)] = l
	}
	for pause(ctx, glance) == nil {
		asking, err := s.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: house.Namespace, PageSize: 200,
			Query: "WorkflowType = '" + workflows.OffboardType + "' AND ExecutionStatus = 'Running' AND " + workflows.StateAttribute + " = '" + string(offboarding.NeedsDecision) + "'",
		})
		if err != nil {
			continue // the server is down; the next look is soon
		}
		var all sync.WaitGroup
		at := make(chan struct{}, 12) // somebody quick has so many windows open
		for _, e := range asking.GetExecutions() {
			_, subject, _ := strings.Cut(e.GetExecution().GetWorkflowId(), ":")
			if l := bySubject[subject]; l != nil {
				all.Go(func() {
					at <- struct{}{}
					defer func() { <-at }()
					s.decide(ctx, l)
				})
			}
		}
		all.Wait()
	}
}

// decide answers what a case asks. What is not so is never said: only what the
// stand-in truly does not hold any more is attested, and only what it holds is
// accepted.
func (s *site) decide(ctx context.Context, l *leaver) {
	c, err := s.cases.Get(ctx, l.subject)
	if err != nil || c.State != offboarding.NeedsDecision {
		return
	}
	if l.asked == nil {
		l.asked = map[string]int{}
	}
	if l.plot != nil && l.plot.mends {
		l.plot.lift(s.vendors)
	}
	held := s.firm.Holds(l.Email)
	for _, n := range c.Needs() {
		d := offboarding.Decision{System: n.System, Class: n.Class, By: it, Verb: offboarding.Retry, Reason: "looked at it, try again"}
		key := string(n.System) + "/" + string(n.Class)
		there := holds(held, string(n.System), string(n.Class))
		r := s.dice.roll("decision", l.Email, key, l.asked[key])
		switch tired := l.asked[key] >= patience; {
		case !there && l.asked[key] > 0 && (tired || r.IntN(2) == 0):
			d.Verb, d.Reason = offboarding.Attest, "looked there myself: it is gone"
		case there && tired && n.Class != "" && r.IntN(2) == 0:
			d.Verb, d.Reason, d.Until = offboarding.Waive, "accepted until it is mended", time.Now().AddDate(0, 1, 0)
		case tired:
			s.cancel(ctx, l, "stuck: "+offboarding.Shorten(n.What, 100))
			return
		}
		if _, err := s.cases.Decide(ctx, l.subject, d); err == nil {
			l.asked[key]++
		}
	}
}

// holds reports whether something of a class is held in a system; an empty
// class is any.
func holds(held []string, system, class string) bool {
	for _, h := range held {
		if strings.HasPrefix(h, system+": ") && (class == "" || strings.HasPrefix(h, system+": "+class+"/")) {
			return true
		}
	}
	return false
}
