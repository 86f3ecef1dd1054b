package hook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"lastday/offboarding"
)

// Desk is what the hook needs of Temporal; *cases.Client is one. Its errors are
// offboarding.ErrNoCase, ErrEnded and Denied; any other means that nothing is
// known, and the sender shall repeat.
type Desk interface {
	// Start starts the person's case or joins it; it returns what the case was
	// started with.
	Start(ctx context.Context, d offboarding.Departure) (offboarding.Departure, error)
	// Get is the person's newest case, running or ended.
	Get(ctx context.Context, who offboarding.Subject) (offboarding.Case, error)
	// Told and Withdrawn tell a running case what the HR system says. The same id
	// is taken in once a case.
	Told(ctx context.Context, who offboarding.Subject, w offboarding.Word, zone string, by offboarding.Actor, id string) (offboarding.Case, error)
	Withdrawn(ctx context.Context, who offboarding.Subject, w offboarding.Word, reason string, by offboarding.Actor, id string) (offboarding.Case, error)
	// Handled and MarkHandled keep, durably and for all instances, which events
	// were acted on.
	Handled(ctx context.Context, key string) (bool, error)
	MarkHandled(ctx context.Context, key, source, outcome string) error
}

// Outcome is what came of an event.
type Outcome string

const (
	Started   Outcome = "started"   // the person's case, or it runs already because of this event
	Moved     Outcome = "moved"     // the case has another time
	Cancelled Outcome = "cancelled" // the case, before anything was cut
	Unchanged Outcome = "unchanged" // nothing new
	Overtaken Outcome = "overtaken" // something newer is known
	TooLate   Outcome = "too-late"  // the last day passed longer ago than late says
	Refused   Outcome = "refused"   // by the policy
	Reported  Outcome = "reported"  // nothing was done; a person must look
	Repeated  Outcome = "repeated"  // this event was acted on before
)

// result is the outcome with a sentence for the HR system's log.
type result struct {
	Outcome Outcome `json:"outcome"`
	Why     string  `json:"why,omitempty"`
}

const (
	// maxNotes is how many words that change nothing a case takes in from one
	// source, only to know how new they were; maxWords how many in all. Temporal
	// bounds a case's updates (2,000 by default), and people need theirs.
	maxNotes = 200
	maxWords = 1000
)

// handle acts on an event, unless that was done before, and marks it. The mark
// comes after the deed: where it fails the sender repeats, and every deed may be
// repeated by itself.
func (h *handler) handle(ctx context.Context, src *source, e event) (result, error) {
	key := h.key(src, "event", e.id)
	done, err := h.desk.Handled(ctx, key)
	if err != nil {
		return result{}, err
	}
	if done {
		return result{Repeated, "this event was acted on before"}, nil
	}
	r, err := h.act(ctx, src, e, key)
	if err != nil {
		return result{}, err
	}
	return r, h.desk.MarkHandled(ctx, key, src.Name, string(r.Outcome))
}

// key names an event, or a thing reported, for ever: the same words give the
// same key in every process. It shows none of them.
func (h *handler) key(src *source, words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return src.Name + ":" + hex.EncodeToString(sum[:16])
}

func (h *handler) act(ctx context.Context, src *source, e event, key string) (result, error) {
	switch e.what {
	case withdrawn:
		return h.withdraw(ctx, src, e, key)
	case stays:
		return h.stay(ctx, src, e, key)
	case rehired:
		return h.rehire(ctx, src, e)
	case leaves, changed:
	}
	return h.leave(ctx, src, e, key)
}

// leave starts the case, or lets the one that runs know of the last day. HR
// systems tell a change as a departure and the other way round, and in any
// order: both mean that the person leaves on that day.
func (h *handler) leave(ctx context.Context, src *source, e event, key string) (result, error) {
	if e.passed > src.Late {
		return h.tooLate(ctx, src, e)
	}
	d := e.about
	d.RequestedBy, d.RequestedAt = src.actor(), h.now().UTC()
	d.RequestID, d.Word = key, e.word
	begun, err := h.desk.Start(ctx, d)
	switch {
	case errors.Is(err, offboarding.ErrEnded):
		return h.afterEnd(ctx, src, e, key)
	case err != nil:
		return result{}, err
	case begun.RequestID == key:
		return result{Started, ""}, nil
	}
	now, err := h.desk.Get(ctx, d.Subject)
	if err != nil {
		return result{}, err
	}
	if now.State.Ended() {
		return h.afterEnd(ctx, src, e, key)
	}
	if now.Overtaken(e.word) {
		return h.overtaken(ctx, src, e, now)
	}
	said, ok := now.Said(src.Name)
	switch {
	case ok && said.At.Equal(e.word.At) && (!said.Before(e.word) || said.Taken >= maxNotes):
		return result{Unchanged, "this last day is known"}, nil
	case said.Taken >= maxWords:
		return h.report(ctx, src, e, "changes the last day again and again; it is not listened to any more in this case")
	}
	after, err := h.desk.Told(ctx, d.Subject, e.word, d.Zone, src.actor(), key)
	if err != nil {
		return h.denied(ctx, src, e, err, key)
	}
	if after.Due.Equal(now.Due) {
		return result{Unchanged, "the case has this time already, or a person gave it another since this last day was told first"}, nil
	}
	return result{Moved, "the case now is due " + offboarding.In(after.Due, after.Departure.Zone)}, nil
}

// tooLate starts nothing for a last day that passed long ago. What is still
// within the time that cases are kept, and has none, was forgotten by somebody.
func (h *handler) tooLate(ctx context.Context, src *source, e event) (result, error) {
	out := result{TooLate, fmt.Sprintf("the last day is longer ago than %s: nothing is started", src.Late)}
	if e.passed > maxLate {
		return out, nil
	}
	_, err := h.desk.Get(ctx, e.about.Subject)
	if errors.Is(err, offboarding.ErrNoCase) {
		return h.report(ctx, src, e, fmt.Sprintf("names a last day, %s, that is longer ago than %s; nothing is started; to do so: starter offboard %s",
			offboarding.In(e.word.At, e.about.Zone), src.Late, e.about.Subject))
	}
	return out, err
}

// withdraw cancels a case that has not begun, if the same source named a last
// day for it before: the case itself sees to that.
func (h *handler) withdraw(ctx context.Context, src *source, e event, key string) (result, error) {
	now, err := h.desk.Get(ctx, e.about.Subject)
	switch {
	case errors.Is(err, offboarding.ErrNoCase):
		return h.report(ctx, src, e, "takes back a departure that nobody asked Lastday for; if the departure itself still comes, it will be begun")
	case err != nil:
		return result{}, err
	case now.State.Ended():
		return h.afterEnd(ctx, src, e, key)
	}
	if _, err := h.desk.Withdrawn(ctx, e.about.Subject, e.word, reasonOf(src, e), src.actor(), key); err != nil {
		return h.denied(ctx, src, e, err, key)
	}
	return result{Cancelled, "nothing was cut"}, nil
}

// reasonOf is a withdrawal's reason, fit to be kept and shown. One that is too
// long is shortened: a withdrawal does not fail for its words.
func reasonOf(src *source, e event) string {
	d := offboarding.Departure{Reason: "withdrawn in " + src.Name}
	if e.about.Reason != "" {
		d.Reason += ": " + e.about.Reason
	}
	return offboarding.Shorten(d.Tidy().Reason, offboarding.MaxReason)
}

// stay withdraws the last day that the same source gave before. That the HR
// system knows of none says nothing about a departure that people asked for.
func (h *handler) stay(ctx context.Context, src *source, e event, key string) (result, error) {
	now, err := h.desk.Get(ctx, e.about.Subject)
	if errors.Is(err, offboarding.ErrNoCase) {
		return result{Unchanged, "no departure is known"}, nil
	}
	if err != nil {
		return result{}, err
	}
	if said, ok := now.Said(src.Name); !ok || said.At.IsZero() {
		return result{Unchanged, src.Name + " has named no last day before"}, nil
	}
	return h.withdraw(ctx, src, e, key)
}

// back reports whether the event takes a departure back.
func back(e event) bool { return e.what == withdrawn || e.what == stays }

// rehire opens nothing, and neither cancels anything.
func (h *handler) rehire(ctx context.Context, src *source, e event) (result, error) {
	now, err := h.desk.Get(ctx, e.about.Subject)
	switch {
	case errors.Is(err, offboarding.ErrNoCase):
		return h.report(ctx, src, e, "has hired the person again; Lastday knows of no departure and opens nothing")
	case err != nil:
		return result{}, err
	case now.State.Ended():
		return h.report(ctx, src, e, fmt.Sprintf("has hired the person again; the departure ended as %s, and nothing is given back by itself", now.State))
	}
	return h.report(ctx, src, e, fmt.Sprintf("has hired the person again while the departure is %s, due %s; it goes on unless somebody cancels it",
		now.State, offboarding.In(now.Due, now.Departure.Zone)))
}

// afterEnd is for words about a case that has ended. None opens another: that is
// for a person to ask for.
func (h *handler) afterEnd(ctx context.Context, src *source, e event, key string) (result, error) {
	c, err := h.desk.Get(ctx, e.about.Subject)
	if err != nil {
		return result{}, err
	}
	said, known := c.Said(src.Name)
	switch {
	case c.Departure.RequestID == key, known && said.At.Equal(e.word.At):
		return result{Unchanged, fmt.Sprintf("the case has ended (%s)", c.State)}, nil
	case c.Overtaken(e.word):
		return result{Overtaken, fmt.Sprintf("the case has ended (%s), and something newer is known", c.State)}, nil
	case back(e) && c.State == offboarding.Cancelled:
		return result{Unchanged, "the case was cancelled before"}, nil
	case back(e):
		return h.report(ctx, src, e, fmt.Sprintf("takes the departure back, but it ended as %s; nothing is given back by itself", c.State))
	}
	return h.report(ctx, src, e, fmt.Sprintf("names the last day %s, but the person's case has ended (%s); to open another: starter offboard %s --again",
		offboarding.In(e.word.At, e.about.Zone), c.State, e.about.Subject))
}

// overtaken is for a word that is older than what the case knows. One that
// another source has overtaken, or a person, is for somebody to look at.
func (h *handler) overtaken(ctx context.Context, src *source, e event, c offboarding.Case) (result, error) {
	if _, ok := c.Said(src.Name); ok || (!back(e) && e.word.At.Equal(c.Due)) {
		return result{Overtaken, "something newer is known"}, nil
	}
	if back(e) {
		return h.report(ctx, src, e, "took a departure back before somebody asked for it; the case goes on unless somebody cancels it")
	}
	return h.report(ctx, src, e, fmt.Sprintf("named the last day %s before somebody asked for another; the case stays due %s",
		offboarding.In(e.word.At, e.about.Zone), offboarding.In(c.Due, c.Departure.Zone)))
}

// denied is for a case that said no. It may be another than was looked at before
// the word was sent, so it is read anew.
func (h *handler) denied(ctx context.Context, src *source, e event, err error, key string) (result, error) {
	if errors.Is(err, offboarding.ErrEnded) {
		return h.afterEnd(ctx, src, e, key)
	}
	no, ok := errors.AsType[*offboarding.Denied](err)
	if !ok {
		return result{}, err
	}
	if no.Kind == offboarding.DeniedByPolicy {
		return result{Refused, no.Why}, nil
	}
	c, err := h.desk.Get(ctx, e.about.Subject)
	switch {
	case err != nil:
		return result{}, err
	case c.State.Ended():
		return h.afterEnd(ctx, src, e, key)
	}
	switch no.Kind {
	case offboarding.DeniedOver:
		return result{}, errEnding
	case offboarding.DeniedOlder:
		return h.overtaken(ctx, src, e, c)
	case offboarding.DeniedUnnamed:
		return h.report(ctx, src, e, fmt.Sprintf("takes back a departure, due %s, for which it has named no last day: somebody else asked for it, and it goes on unless somebody cancels it",
			offboarding.In(c.Due, c.Departure.Zone)))
	case offboarding.DeniedBegun:
		return h.begun(ctx, src, e, c)
	}
	return h.report(ctx, src, e, "says something that the case does not take: "+no.Why)
}

// begun is for words that come after the first cut.
func (h *handler) begun(ctx context.Context, src *source, e event, c offboarding.Case) (result, error) {
	if back(e) {
		return h.report(ctx, src, e, "takes the departure back, but cutting has begun; what is cut stays cut, and the rest goes on unless somebody cancels the case")
	}
	if said, known := c.Said(src.Name); known && said.At.Equal(e.word.At) {
		return result{Unchanged, "the case has begun"}, nil
	}
	return h.report(ctx, src, e, fmt.Sprintf("names another last day, %s, but cutting has begun; nothing is given back by itself",
		offboarding.In(e.word.At, e.about.Zone)))
}

// errEnding is for a case that is telling its last message: it can neither be
// steered any more nor be read as ended. The sender repeats.
var errEnding = errors.New("the case is just ending")

// report tells a person, once for each thing, however often the HR system says
// it and under whatever event ids.
func (h *handler) report(ctx context.Context, src *source, e event, why string) (result, error) {
	key := h.key(src, "report", string(e.about.Subject), string(e.what), e.word.At.UTC().String(), why)
	// Deliveries that come at once make one report.
	out, err, _ := h.reports.Do(key, func() (any, error) { return h.reportOnce(ctx, key, src, e, why) })
	r, _ := out.(result)
	return r, err
}

func (h *handler) reportOnce(ctx context.Context, key string, src *source, e event, why string) (result, error) {
	out := result{Reported, src.Name + " " + why}
	done, err := h.desk.Handled(ctx, key)
	if err != nil || done {
		return out, err
	}
	h.log.WarnContext(ctx, "an HR system says something that a person must look at", "source", src.Name, "delivery", e.delivery, "what", string(e.what))
	if h.reporter != nil {
		if err := h.reporter.Report(ctx, Report{Source: src.Name, Subject: e.about.Subject, Why: out.Why}); err != nil {
			return result{}, fmt.Errorf("report: %w", err)
		}
	}
	return out, h.desk.MarkHandled(ctx, key, src.Name, string(Reported))
}
