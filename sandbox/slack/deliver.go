package slack

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// outcome is how a delivery ended.
type outcome struct {
	status int
	body   []byte // what the app answered
	failed *Failure
	final  bool // not to be sent again (X-Slack-No-Retry)
}

func failedWith(word, format string, args ...any) outcome {
	return outcome{failed: &Failure{word, fmt.Sprintf(format, args...)}}
}

var errTimeout = &Failure{"operation_timeout", "the app did not answer in time"}

// deliver sends a parcel to the app and waits for its answer, until the deadline
// that runs from when the person acted. What is late goes on after it.
func (s *Server) deliver(p parcel) outcome {
	ended := make(chan outcome, 1)
	late, isLate := s.wire.taken(p.of, Late)
	p.twice = s.wire.take(p.of, Twice)
	go func() {
		if isLate && !pause(s.wire.ctx, time.Duration(late.Millis)*time.Millisecond) {
			return
		}
		ended <- s.send(p)
	}()
	timer := time.NewTimer(time.Until(p.at.Add(s.opt.Deadline)))
	defer timer.Stop()
	select {
	case o := <-ended:
		return o
	case <-timer.C:
		return outcome{failed: errTimeout}
	case <-s.wire.ctx.Done():
		return failedWith("dispatch_failed", "the stand-in has stopped")
	}
}

// pause waits and reports whether it was not ended before.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// send delivers by the transport that is set.
func (s *Server) send(p parcel) outcome {
	ctx, cancel := context.WithTimeout(s.wire.ctx, s.opt.Deadline)
	defer cancel()
	s.wire.mu.Lock()
	urls := s.wire.urls
	s.wire.mu.Unlock()
	var o outcome
	if urls == (URLs{}) {
		o = s.overSocket(ctx, p)
	} else {
		o = s.overHTTP(ctx, p, urls)
	}
	if o.failed == nil && s.wire.take(p.of, LoseAck) {
		<-ctx.Done()
		o = outcome{failed: errTimeout}
	}
	return o
}

func (s *Server) overHTTP(ctx context.Context, p parcel, urls URLs) outcome {
	to := map[Kind]string{SlashCommands: urls.Commands, Interactive: urls.Interactivity, EventsAPI: urls.Events}[p.of]
	body, kind := p.body()
	header := s.headers(p, body, kind)
	once := func() outcome {
		d := &Delivery{At: time.Now(), Of: p.of, Attempt: p.attempt + 1, Body: string(body), Header: header.Clone()}
		s.wire.note(d)
		o := s.request(ctx, to, header.Clone(), body)
		s.wire.end(d, o)
		return o
	}
	if !p.twice {
		return once()
	}
	second := make(chan struct{})
	go func() {
		defer close(second)
		once()
	}()
	first := once()
	<-second
	return first
}

func (s *Server) request(ctx context.Context, to string, header http.Header, body []byte) outcome {
	if to == "" {
		return failedWith("dispatch_failed", "the app has no request URL for this")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return failedWith("dispatch_failed", "%v", err)
	}
	r.Header = header
	resp, err := s.wire.client.Do(r)
	if errors.Is(err, context.DeadlineExceeded) {
		return outcome{failed: errTimeout}
	}
	if err != nil {
		return failedWith("dispatch_failed", "%v", err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	out := outcome{status: resp.StatusCode, body: got, final: resp.Header.Get("X-Slack-No-Retry") == "1"}
	switch {
	case err != nil:
		out.failed = errTimeout
	case resp.StatusCode >= 500:
		out.failed = &Failure{"http_service_error", "the app answered " + resp.Status}
	case resp.StatusCode != http.StatusOK:
		out.failed = &Failure{"http_client_error", "the app answered " + resp.Status}
	}
	return out
}

// headers are those of a request from Slack, signed (docs.slack.dev, "Verifying
// requests from Slack").
func (s *Server) headers(p parcel, body []byte, kind string) http.Header {
	at := time.Now()
	if s.wire.take(p.of, OldSignature) {
		at = at.Add(-6 * time.Minute)
	}
	h := s.Sign(body, at)
	switch {
	case s.wire.take(p.of, WrongSignature):
		h = sign("not-"+s.opt.SigningSecret, body, at)
	case s.wire.take(p.of, Unsigned):
		h = http.Header{}
	}
	h.Set("Content-Type", kind)
	h.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	h.Set("Accept", "application/json,*/*")
	if p.attempt > 0 {
		h.Set("X-Slack-Retry-Num", strconv.Itoa(p.attempt))
		h.Set("X-Slack-Retry-Reason", cmp.Or(p.reason, "http_timeout"))
	}
	return h
}

// Sign gives the headers with which Slack would have sent the body at that time
// (X-Slack-Signature, X-Slack-Request-Timestamp).
func (s *Server) Sign(body []byte, at time.Time) http.Header {
	return sign(s.opt.SigningSecret, body, at)
}

func sign(secret string, body []byte, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	h := http.Header{}
	h.Set("X-Slack-Request-Timestamp", stamp)
	h.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	return h
}

// SendEvent sends an event of the Events API to the app, and again where the app
// does not acknowledge it. It does not wait.
func (s *Server) SendEvent(event map[string]any) { s.sendEvent(event) }

// sendEvent tells on the channel how the first attempt ended.
func (s *Server) sendEvent(event answer) <-chan *Failure {
	first := make(chan *Failure, 1)
	p := s.eventParcel(event)
	go func() {
		for {
			p.at = time.Now()
			o := s.deliver(p)
			if p.attempt == 0 {
				first <- o.failed
			}
			if o.failed == nil || o.final || p.attempt >= len(s.opt.RetryAfter) {
				return
			}
			p.reason = "http_error"
			if o.failed.Word == errTimeout.Word {
				p.reason = "http_timeout"
			}
			if !pause(s.wire.ctx, s.opt.RetryAfter[p.attempt]) {
				return
			}
			p.attempt++
		}
	}()
	return first
}

// SetURLs sends from now on to these URLs; none is Socket Mode. Where there is
// an Events URL it is verified first (url_verification), as Slack does when a
// person saves it.
func (s *Server) SetURLs(u URLs) error {
	if u.Events != "" {
		if err := s.verify(u.Events); err != nil {
			return fmt.Errorf("verify events URL %s: %w", u.Events, err)
		}
	}
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	s.wire.urls = u
	return nil
}

func (s *Server) verify(to string) error {
	challenge := requestID()
	body, err := json.Marshal(answer{"token": verificationToken, "challenge": challenge, "type": "url_verification"})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.wire.ctx, s.opt.Deadline)
	defer cancel()
	o := s.request(ctx, to, s.headers(parcel{of: EventsAPI}, body, "application/json"), body)
	if o.failed != nil {
		return o.failed
	}
	text := strings.TrimSpace(string(o.body))
	var in struct{ Challenge string }
	form, _ := url.ParseQuery(text)
	if text == challenge || form.Get("challenge") == challenge || (json.Unmarshal(o.body, &in) == nil && in.Challenge == challenge) {
		return nil
	}
	return errors.New("the answer does not hold the value of the challenge")
}
