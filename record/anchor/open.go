package anchor

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/egress"
)

// Needs is what anchors need of the log and of the house.
type Needs struct {
	// Verifier is the log's own key: it tells a fork from a scribble.
	Verifier note.Verifier
	// Log is what a witness is shown proofs of.
	Log Log
	// Poster writes to Slack; needed only with a channel.
	Poster Poster
	Clock  func() time.Time // default time.Now
}

// Log is the part of a record.Reader that proofs are made from.
type Log interface {
	Head(ctx context.Context) (tlog.Tree, error)
	Hashes(ctx context.Context) tlog.HashReader
}

// Open makes the anchors that are configured, in the order of Config. It calls
// nobody, touches no file and reads no secret.
func Open(c Config, n Needs) ([]Anchor, error) {
	c.Defaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if n.Verifier == nil || n.Log == nil {
		return nil, errors.New("open anchors: the log's key and the log are needed")
	}
	if n.Clock == nil {
		n.Clock = time.Now
	}
	at := func(name, kind string) place {
		return place{name: name, kind: kind, verifier: n.Verifier, clock: n.Clock}
	}
	var out []Anchor
	for _, d := range c.Directory {
		out = append(out, &Directory{place: at(d.Name, KindDirectory), path: d.Path})
	}
	if c.Slack.Channel != "" {
		if n.Poster == nil {
			return nil, errors.New("slack.channel: there is no slack section to post with: configure it, or leave the channel out")
		}
		out = append(out, &Slack{place: at(KindSlack, KindSlack), conf: c.Slack, poster: n.Poster})
	}
	if c.S3.Endpoint != "" {
		s, err := newS3(c.S3, at(KindS3, KindS3))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	for _, w := range c.Witness {
		one, err := newWitness(w, at(w.Name, KindWitness), n.Log)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

const (
	callTimeout = 20 * time.Second
	// maxAnswer bounds an answer: a checkpoint or a few cosignatures.
	maxAnswer = 64 << 10
)

// wire is the way out to a base URL, and to nothing inside that private does not
// name. It honours HTTPS_PROXY and NO_PROXY, and waits for nobody without end.
func wire(key, base string, private egress.Networks) (*http.Transport, error) {
	d, err := egress.New(egress.Options{Key: "record.anchors." + key + ".private_addresses", Base: base, Private: private})
	if err != nil {
		return nil, err
	}
	t := d.Transport()
	t.ResponseHeaderTimeout = callTimeout
	t.MaxResponseHeaderBytes = maxAnswer
	return t, nil
}
