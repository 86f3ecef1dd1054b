package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"lastday/activities"
	"lastday/config"
	"lastday/offboarding"
	"lastday/record/setup"
)

// Keep opens the record and begins to sign it. Alarms go to the log, and to the
// channel where one is configured. Stop signs for what was still written and
// closes the record; it is called after whatever appends has ended.
func Keep(ctx context.Context, f config.File, c setup.Config, log *slog.Logger) (l *setup.Ledger, stop func(), err error) {
	if l, err = setup.Open(ctx, c); err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			_ = l.Close()
		}
	}()
	post, err := f.Poster()
	if err != nil {
		return nil, nil, err
	}
	channel, err := f.Messenger()
	if err != nil {
		return nil, nil, err
	}
	end, err := l.Sign(setup.Signing{Post: post, Log: log, Alarm: alarm(channel, log)})
	if err != nil {
		return nil, nil, err
	}
	return l, func() { end(); _ = l.Close() }, nil
}

// alarm tells people that the record may have been tampered with, or is not
// signed or anchored any more.
func alarm(channel activities.Messenger, log *slog.Logger) func(context.Context, error) {
	return func(ctx context.Context, err error) {
		log.ErrorContext(ctx, "alarm: the record", "error", err)
		if channel == nil {
			return
		}
		sum := sha256.Sum256([]byte(err.Error()))
		_, telling := channel.Tell(ctx, activities.Telling{
			Key: "record alarm " + hex.EncodeToString(sum[:8]), Since: time.Now().Add(-24 * time.Hour), Attempt: 1, Doubt: true,
			Notice: offboarding.Notice{
				Headline: "ALARM: somebody must look at the record",
				Facts:    []string{err.Error()},
				Footer:   "starter record status says more; docs/operations.md says what to do",
			},
		})
		if telling != nil {
			log.ErrorContext(ctx, "the alarm could not be told in the channel", "error", telling)
		}
	}
}
