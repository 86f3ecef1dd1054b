package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lastday/activities/transport"
	"lastday/egress"
)

// answerer posts to response_urls: lines that only one person sees.
type answerer struct {
	base   *url.URL
	client *http.Client
}

// privateKey is the configuration's key that lets Slack live in a private network.
const privateKey = "systems.slack.private_addresses"

func newAnswerer(base string, allowHTTP bool, private egress.Networks) (*answerer, error) {
	if base == "" {
		base = "https://hooks.slack.com"
	}
	u, err := transport.CheckBase(base, allowHTTP)
	if err != nil {
		return nil, fmt.Errorf("serve.slack.response_base: %w", err)
	}
	way, err := egress.New(egress.Options{Key: privateKey, Base: base, Private: private})
	if err != nil {
		return nil, err
	}
	return &answerer{base: u, client: way.Client(10 * time.Second)}, nil
}

var errElsewhere = errors.New("the response_url is not Slack's, and was not called")

// allowed reports whether an address is one that Slack gives out: it comes with
// the request, and whoever can forge one chooses it.
func (a *answerer) allowed(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.User != nil || u.Fragment != "" || u.Scheme != a.base.Scheme || !strings.EqualFold(u.Host, a.base.Host) {
		return false
	}
	prefix := strings.TrimRight(a.base.EscapedPath(), "/") + "/"
	return strings.HasPrefix(u.EscapedPath(), prefix) && !strings.Contains(u.EscapedPath(), "..")
}

// post answers so that only the person who acted sees it.
func (a *answerer) post(ctx context.Context, to, text string) error {
	if !a.allowed(to) {
		return errElsewhere
	}
	body, err := json.Marshal(ephemeral(text))
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return errElsewhere
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := a.client.Do(r)
	if err != nil {
		var refused *egress.Refusal
		if errors.As(err, &refused) {
			return fmt.Errorf("post answer: %w", refused)
		}
		return errors.New("post answer: no connection") // the URL in the error is a secret
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("post answer: Slack says %d", resp.StatusCode)
	}
	return nil
}

// note is a message that only one person sees, and that replaces nothing.
type note struct {
	ResponseType    string        `json:"response_type"`
	ReplaceOriginal bool          `json:"replace_original"`
	Text            string        `json:"text"`
	Blocks          []slack.Block `json:"blocks"`
}

func ephemeral(text string) note {
	n := note{ResponseType: "ephemeral", Text: escape(clean(text, 3000))}
	for part := range parts(text, 2800, 12) {
		n.Blocks = append(n.Blocks, slack.NewSectionBlock(plain(part), nil, nil))
	}
	return n
}
