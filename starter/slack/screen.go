package slack

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"lastday/activities/slack/web"
)

// openWithin is how long a command or press may be looked into before its
// dialog is opened anyway, with nothing in it yet: Slack lets a dialog be opened
// for three seconds only.
const openWithin = 1200 * time.Millisecond

// screen is where one person sees the answer to one act: in a dialog, opened
// the first time there is something to show in it, or in a line that only they
// see.
type screen struct {
	door     *Door
	who      who
	trigger  string // opens a dialog
	response string // takes a line
	external string // names the dialog that the answer to a submit puts there
	title    string

	mu    sync.Mutex
	view  string // the dialog's id
	timer *time.Timer
	done  bool
}

// opening is a screen for a press or a command: if nothing is shown in time it
// shows that it is being worked on.
func (d *Door) opening(ctx context.Context, w who, trigger, response, title string) *screen {
	s := &screen{door: d, who: w, trigger: trigger, response: response, title: title}
	s.timer = time.AfterFunc(openWithin, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.done && s.view == "" {
			_ = s.put(ctx, waitView(title, "One moment: looking …")) // what comes next says what is wrong
		}
	})
	return s
}

// show puts a view on the screen. It is logged if Slack does not take it, and
// the person gets a line instead.
func (s *screen) show(ctx context.Context, v slack.ModalViewRequest) {
	s.mu.Lock()
	err := s.put(ctx, v)
	s.finish()
	s.mu.Unlock()
	if err == nil {
		return
	}
	s.door.opt.Log.Warn("a dialog could not be shown", "error", err)
	s.line(ctx, "Slack did not open the dialog in time; nothing was started. Please try again.")
}

// say tells one thing: as a line, or where a dialog is open in it.
func (s *screen) say(ctx context.Context, text string) {
	s.mu.Lock()
	open := s.view != "" || s.external != ""
	if open {
		if err := s.put(ctx, textView(s.title, text)); err != nil {
			s.door.opt.Log.Warn("a dialog could not be shown", "error", err)
			open = false
		}
	}
	s.finish()
	s.mu.Unlock()
	if !open {
		s.line(ctx, text)
	}
}

func (s *screen) line(ctx context.Context, text string) {
	if s.response == "" {
		return
	}
	if err := s.door.answer.post(ctx, s.response, text); err != nil {
		s.door.opt.Log.Warn("an answer could not be posted", "error", err)
	}
}

func (s *screen) finish() {
	s.done = true
	if s.timer != nil {
		s.timer.Stop()
	}
}

// put opens the dialog or changes it.
func (s *screen) put(ctx context.Context, v slack.ModalViewRequest) error {
	api, err := s.door.api()
	if err != nil {
		return err
	}
	switch {
	case s.external != "":
		return s.replace(ctx, api, v)
	case s.view != "":
		_, err = api.UpdateViewContext(ctx, v, "", "", s.view)
		return web.Named("change dialog", err)
	case s.trigger == "":
		return errors.New("there is no dialog to show this in")
	}
	opened, err := api.OpenViewContext(ctx, s.trigger, v)
	if err != nil {
		return web.Named("open dialog", err)
	}
	s.view = opened.ID
	return nil
}

// replace changes the dialog that the answer to a submit has put there. Slack
// may not have taken that answer in yet, and then knows no such dialog; if the
// answer is lost, the dialog that was submitted is still there.
func (s *screen) replace(ctx context.Context, api *slack.Client, v slack.ModalViewRequest) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	v.ExternalID = s.external
	for tries := 0; ; tries++ {
		_, err := api.UpdateViewContext(ctx, v, s.external, "", "")
		if code := web.Code(err); err == nil || (code != "not_found" && code != "view_not_found") {
			return web.Named("change dialog", err)
		}
		if tries == 20 {
			_, err := api.UpdateViewContext(ctx, v, "", "", s.view)
			return web.Named("change dialog", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
