package anchor

import (
	"context"
	"fmt"
	"time"

	"lastday/record"
)

// Poster writes one message into a channel.
type Poster interface {
	// PostCode posts a headline, a plain text, and below it a code block that
	// shows code exactly; link is where a person finds the message.
	PostCode(ctx context.Context, channel, headline, text, code string) (link string, err error)
}

// Slack posts checkpoints into a channel, where whoever reads it sees them and
// the log's host cannot unsay them without being seen.
type Slack struct {
	place
	conf   SlackConfig
	poster Poster
}

// Every is the pause between two messages: a later checkpoint covers the
// earlier ones.
func (s *Slack) Every() time.Duration { return s.conf.Every }

// Put posts the checkpoint. Putting it again, or after a call that was cut,
// makes a second message with the same text, which changes nothing.
func (s *Slack) Put(ctx context.Context, signed string) (record.Anchored, error) {
	c, err := parse(signed)
	if err != nil {
		return record.Anchored{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	headline := fmt.Sprintf("The record holds %d entries", c.N)
	text := "This is the signed state of the log " + c.Origin + ". Nothing that it covers can be changed, left out " +
		"or put in afterwards without contradicting these lines. Keep the message: auditors compare it with the record."
	link, err := s.poster.PostCode(ctx, s.conf.Channel, headline, text, signed)
	if err != nil {
		return record.Anchored{}, fmt.Errorf("post checkpoint: %w", err)
	}
	return s.receipt(link, signed), nil
}
