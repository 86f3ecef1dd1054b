package signin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// pendingCookie holds a sign-in that has begun. It lies sealed in the browser,
// not here: a stranger who begins a million costs nothing.
const pendingCookie = "__Host-lastday-sign-in"

// pendingFor is how long somebody may take at the provider.
const pendingFor = 10 * time.Minute

// pending is what the answer of the provider must fit to.
type pending struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"` // of PKCE
	To       string    `json:"to"`
	Until    time.Time `json:"until"`
}

// sealer encrypts with a key that lives as long as the process.
type sealer struct{ aead cipher.AEAD }

func newSealer() (sealer, error) {
	block, err := aes.NewCipher(random(32))
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return sealer{aead}, err
}

func (s sealer) cookie(p pending) (*http.Cookie, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return &http.Cookie{
		Name: pendingCookie, Value: base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, []byte(pendingCookie))),
		Path: "/", MaxAge: int(pendingFor.Seconds()), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}, nil
}

// read gives the sign-in back that this browser began.
func (s sealer) read(r *http.Request, now time.Time) (pending, error) {
	c, err := r.Cookie(pendingCookie)
	if err != nil {
		return pending{}, errors.New("this browser has begun no sign-in, or its cookies are blocked")
	}
	sealed, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return pending{}, errors.New("the sign-in's cookie is damaged")
	}
	plain, err := s.aead.Open(nil, nil, sealed, []byte(pendingCookie))
	if err != nil {
		return pending{}, errors.New("the sign-in was begun before this program was started anew")
	}
	var p pending
	if err := json.Unmarshal(plain, &p); err != nil {
		return pending{}, errors.New("the sign-in's cookie is damaged")
	}
	if now.After(p.Until) {
		return pending{}, errors.New("the sign-in took longer than ten minutes")
	}
	return p, nil
}

func forget(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: pendingCookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
