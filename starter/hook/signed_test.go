package hook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"lastday/starter/hook"
)

// request is a signed request; tests spoil it.
type request struct {
	path, id, body string
	at             time.Time
	keys           [][]byte
	header         http.Header
	method         string
}

func (h *house) request(body string) *request {
	h.n++
	return &request{path: hook.Path, id: fmt.Sprintf("msg_%d", h.n), body: body, at: h.now, keys: [][]byte{key}, header: http.Header{}, method: http.MethodPost}
}

func (r *request) sign() *http.Request {
	req := httptest.NewRequest(r.method, r.path, strings.NewReader(r.body))
	req.Header.Set("Content-Type", "application/json")
	var all []string
	for _, k := range r.keys {
		w, err := standardwebhooks.NewWebhookRaw(k)
		if err != nil {
			panic(err)
		}
		one, err := w.Sign(r.id, r.at, []byte(r.body))
		if err != nil {
			panic(err)
		}
		all = append(all, one)
	}
	req.Header.Set("webhook-id", r.id)
	req.Header.Set("webhook-timestamp", fmt.Sprint(r.at.Unix()))
	req.Header.Set("webhook-signature", strings.Join(all, " "))
	for name, values := range r.header {
		req.Header[name] = values
	}
	return req
}

func bambooRequest(path, body string, at string, key []byte) *http.Request {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(body + at))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-BambooHR-Timestamp", at)
	req.Header.Set("X-BambooHR-Signature", hex.EncodeToString(mac.Sum(nil)))
	return req
}
