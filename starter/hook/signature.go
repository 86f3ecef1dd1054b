package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"lastday/secret"
)

// tolerance is how far a request's signed time may be from ours, either way; the
// Standard Webhooks libraries have the same.
const tolerance = 5 * time.Minute

// minKey is the shortest signing key, in bytes. The specification's own secrets
// have 24 to 64.
const minKey = 24

// goodID is what an event id in a header may be. The signed text is
// ID.TIMESTAMP.BODY, so an id with a full stop could be read in two ways.
var goodID = regexp.MustCompile(`^[A-Za-z0-9_:=+/-]{1,200}$`)

// delivery is a request of which the source is known to be the sender.
type delivery struct {
	id string // the sender's name of it; the same for each repetition where the sender has one
}

// forged is why a request was not taken; it is for the log only.
type forged string

func (f forged) Error() string { return string(f) }

// errSecret says that our own secret cannot be used; the sender can only repeat.
var errSecret = errors.New("the signing secret cannot be used")

// verify finds out whether the source sent this body at about now.
func verify(s *Source, h http.Header, body []byte, now time.Time) (delivery, error) {
	if s.Signature == BambooHR {
		return verifyBambooHR(s.Secrets, h, body, now)
	}
	return verifyStandard(s.Secrets, h, body, now)
}

// verifyStandard leaves the signatures, of which there may be several, to the
// library. It takes its time from the machine's clock and an empty secret for
// good, so both are checked here.
func verifyStandard(secrets []secret.Ref, h http.Header, body []byte, now time.Time) (delivery, error) {
	id, err := only(h, standardwebhooks.HeaderWebhookID)
	if err != nil {
		return delivery{}, err
	}
	stamp, err := only(h, standardwebhooks.HeaderWebhookTimestamp)
	if err != nil {
		return delivery{}, err
	}
	if _, err := only(h, standardwebhooks.HeaderWebhookSignature); err != nil {
		return delivery{}, err
	}
	if !goodID.MatchString(id) {
		return delivery{}, forged("webhook-id is malformed")
	}
	if err := matches(secrets, func(value string) (bool, error) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(value, "whsec_"))
		if err != nil || len(key) < minKey {
			return false, fmt.Errorf("%w: give whsec_ and the base64 of at least %d random bytes", errSecret, minKey)
		}
		hook, err := standardwebhooks.NewWebhookRaw(key)
		if err != nil {
			return false, fmt.Errorf("%w: %w", errSecret, err)
		}
		return hook.VerifyIgnoringTimestamp(body, h) == nil, nil
	}); err != nil {
		return delivery{}, err
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return delivery{}, forged("webhook-timestamp is malformed")
	}
	return delivery{id: id}, fresh(time.Unix(seconds, 0), now)
}

const (
	bambooSignature = "X-BambooHR-Signature"
	bambooTimestamp = "X-BambooHR-Timestamp"
)

// verifyBambooHR checks BambooHR's own way: the hex HMAC-SHA256 of the body with
// the timestamp header's text right behind it. It names no event, so the
// signature does: it differs for another body or another time. The documentation
// does not say in which form the time is written; seconds and ISO 8601 are read.
// (documentation.bamboohr.com/docs/webhooks, section Security.)
func verifyBambooHR(secrets []secret.Ref, h http.Header, body []byte, now time.Time) (delivery, error) {
	given, err := only(h, bambooSignature)
	if err != nil {
		return delivery{}, err
	}
	stamp, err := only(h, bambooTimestamp)
	if err != nil {
		return delivery{}, err
	}
	sum, err := hex.DecodeString(given)
	if err != nil {
		return delivery{}, forged("the signature is malformed")
	}
	if err := matches(secrets, func(value string) (bool, error) {
		if len(value) < minKey {
			return false, fmt.Errorf("%w: the private key is shorter than %d characters", errSecret, minKey)
		}
		mac := hmac.New(sha256.New, []byte(value))
		mac.Write(body)
		mac.Write([]byte(stamp))
		return hmac.Equal(mac.Sum(nil), sum), nil
	}); err != nil {
		return delivery{}, err
	}
	at, err := parseStamp(stamp)
	if err != nil {
		return delivery{}, forged("the timestamp is malformed")
	}
	return delivery{id: strings.ToLower(given)}, fresh(at, now)
}

// matches tries every secret. A secret that cannot be read is an error only if
// no other one matches.
func matches(secrets []secret.Ref, try func(value string) (bool, error)) error {
	var broken error
	for _, ref := range secrets {
		value, err := ref.Value()
		if err != nil {
			broken = fmt.Errorf("%w: %w", errSecret, err)
			continue
		}
		ok, err := try(value)
		if err != nil {
			broken = err
		}
		if ok {
			return nil
		}
	}
	if broken != nil {
		return broken
	}
	return forged("the signature is not the source's")
}

func only(h http.Header, name string) (string, error) {
	switch all := h.Values(name); {
	case len(all) == 0 || all[0] == "":
		return "", forged("it is not signed: " + strings.ToLower(name) + " is missing")
	case len(all) > 1:
		return "", forged(strings.ToLower(name) + " is given twice")
	}
	return h.Get(name), nil
}

func fresh(at, now time.Time) error {
	switch age := now.Sub(at); {
	case age > tolerance:
		return forged("it is stale")
	case age < -tolerance:
		return forged("it is from the future")
	}
	return nil
}

// parseStamp reads a time in seconds, or ISO 8601 with an offset.
func parseStamp(s string) (time.Time, error) {
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(seconds, 0), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is not a time such as 2026-01-31T18:42:00Z", s)
}
