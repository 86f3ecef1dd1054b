package slack

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"lastday/activities/slack/web"
	"lastday/offboarding"
)

// openWithin is how long a command or press may be looked into before its
// dialog is opened anyway, with nothing in it yet: Slack lets a dialog be opened
// for three seconds only.
const openWithin = 1200 * time.Millisecond

// tellWithin bounds each way of telling somebody what came of an act. It holds
// also where the time for the act itself is over.
const tellWithin = 10 * time.Second

// screen is where one person sees the answer to one act: in a dialog, opened
// the first time there is something to show in it, or in a line that only they
// see. Where Slack takes neither, since the dialog was closed, they are written
// to: nobody is left to believe what is not so.
type screen struct {
	door     *Door
	who      who
	trigger  string // opens a dialog
	response string // takes a line
	external string // names the dialog that the answer to a submit puts there
	title    string
	about    offboarding.Subject // whose case it is, where that is known

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
			call, cancel := context.WithTimeout(ctx, tellWithin)
			defer cancel()
			_ = s.put(call, waitView(title, "One moment: looking …")) // what comes next says what is wrong
		}
	})
	return s
}

// show puts a view on the screen. It is logged if Slack does not take it, and
// the person gets a line instead.
func (s *screen) show(ctx context.Context, v slack.ModalViewRequest) {
	s.showOr(ctx, v, "Slack did not take the dialog; nothing was done. Please try again.")
}

// showOr is show with the line that the person gets instead.
func (s *screen) showOr(ctx context.Context, v slack.ModalViewRequest, otherwise string) {
	if !s.last(ctx, v, true) {
		s.line(ctx, otherwise)
	}
}

// say tells one thing: as a line, or where a dialog is open in it.
func (s *screen) say(ctx context.Context, text string) {
	if !s.last(ctx, textView(s.title, text), false) {
		s.line(ctx, text)
	}
}

// last puts the screen's last view there, and reports whether it stands there.
func (s *screen) last(ctx context.Context, v slack.ModalViewRequest, open bool) bool {
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellWithin)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.finish()
	home := s.response == "" && s.trigger != "" // a press there has no address for a line
	if !open && !home && s.view == "" && s.external == "" {
		return false
	}
	if err := s.put(call, v); err != nil {
		s.door.opt.Log.Warn("a dialog could not be shown", "error", kindOf(err))
		return false
	}
	return true
}

// line tells one thing outside of any dialog, to one person only.
func (s *screen) line(ctx context.Context, text string) {
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellWithin)
	defer cancel()
	if s.response != "" {
		err := s.door.answer.post(call, s.response, text)
		if err == nil {
			return
		}
		if errors.Is(err, errElsewhere) { // it did not come from Slack: nobody waits for an answer there
			s.door.opt.Log.Warn("an answer could not be posted", "error", err)
			return
		}
		s.door.opt.Log.Warn("an answer could not be posted", "error", kindOf(err))
	}
	if err := s.door.write(ctx, s.who.user, text); err != nil {
		s.door.opt.Log.Error("somebody could not be told what came of it", "error", kindOf(err))
	}
}

// write tells one person something in the app's own conversation with them. It
// is there for somebody who is not in the cases' channel, and after Slack was
// loaded anew. Where the app takes no messages (messages_tab_disabled), a line in
// the channel that only they see is what is left.
func (d *Door) write(ctx context.Context, user, text string) error {
	if user == "" {
		return errors.New("it is not known whom to tell")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellWithin)
	defer cancel()
	api, err := d.api()
	if err != nil {
		return err
	}
	n := ephemeral(text)
	said := slack.MsgOptionCompose(
		slack.MsgOptionText(n.Text, false), slack.MsgOptionBlocks(n.Blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	)
	_, _, err = api.PostMessageContext(ctx, user, said)
	if err == nil || d.opt.Channel == "" {
		return web.Named("write to the person", err)
	}
	d.opt.Log.Warn("somebody could not be written to; they are told in the channel", "error", kindOf(web.Named("write to the person", err)))
	_, err = api.PostEphemeralContext(ctx, d.opt.Channel, user, said)
	return web.Named("post answer", err)
}

// rescue is deferred around what is done for a person: if it breaks they are
// told, and the queue logs it.
func (s *screen) rescue(ctx context.Context) {
	p := recover()
	if p == nil {
		return
	}
	s.say(ctx, "Something broke inside Lastday. "+uncertain(s.about))
	panic(p)
}

// uncertain is what is said of an act whose end nobody knows.
func uncertain(who offboarding.Subject) string {
	if who == "" {
		return "It is not certain whether this was done: look at /offboard list."
	}
	return fmt.Sprintf("It is not certain whether this was done: look at /offboard status %s.", who)
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
