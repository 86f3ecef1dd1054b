package slack

import (
	"context"
	"strings"

	"lastday/activities"
	"lastday/activities/slack/notify"
	"lastday/offboarding"
)

// Messenger shows cases in the configured channel, one message each.
type Messenger struct {
	notifier *notify.Notifier
	buttons  bool
}

// NewMessenger builds it from the slack section. It reads no secret.
func NewMessenger(c Config) (*Messenger, error) {
	n, err := notify.New(notify.Config{
		BotToken: c.BotToken, Channel: c.Channel, BaseURL: c.BaseURL, AllowHTTP: c.AllowHTTP, PrivateAddresses: c.PrivateAddresses, TeamID: c.TeamID,
	})
	if err != nil {
		return nil, err
	}
	return &Messenger{notifier: n}, nil
}

// WithButtons lets messages have buttons for what a case takes now. Without
// something that answers them they would be a lie.
func (m *Messenger) WithButtons() *Messenger {
	m.buttons = true
	return m
}

// Tell implements activities.Messenger.
func (m *Messenger) Tell(ctx context.Context, t activities.Telling) (string, error) {
	doubt := t.Doubt || t.Attempt > 1
	at := notify.Spot{Key: t.Key, Since: t.Since, TS: t.Ref, Attempt: t.Attempt, Sure: !doubt}
	ts, err := m.notifier.Post(ctx, at, m.message(t))
	// Reading the channel's history costs more than all else here, and grows
	// with the number of cases.
	if err != nil || !t.Last || !doubt {
		return ts, err
	}
	at.TS = ts
	_, err = m.notifier.Sweep(ctx, at)
	return ts, err
}

var icons = map[offboarding.Mark]string{
	offboarding.MarkDone: "white_check_mark",
	offboarding.MarkBusy: "hourglass_flowing_sand",
	offboarding.MarkNeed: "raising_hand",
}

func (m *Messenger) message(t activities.Telling) notify.Message {
	n := t.Notice
	out := notify.Message{Headline: n.Headline, Fields: n.Facts, Footer: n.Footer}
	for _, l := range n.Lines {
		out.Rows = append(out.Rows, notify.Row{Icon: icons[l.Mark], System: string(l.System), Text: l.Text})
	}
	for _, r := range n.Remains {
		out.Rows = append(out.Rows, notify.Row{System: "remains", Text: r})
	}
	if m.buttons {
		caseID, _, _ := strings.Cut(t.Key, " ")
		out.Groups = Buttons(caseID, n.Acts)
	}
	return out
}
