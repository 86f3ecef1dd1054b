package slack

import (
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/starter/serve"
)

const (
	// maxMetadata is the most that Slack keeps with a dialog.
	maxMetadata = 3000
	// maxDraft bounds a draft's JSON.
	maxDraft = 64 << 10
	// inMemory begins the metadata of a draft that is too long for Slack. It is in
	// no sealed one.
	inMemory = "here:"
)

// keep gives a draft a new id, and what its dialog carries for it: the draft
// itself, so that a restart, or another process that takes the answer in, loses
// nothing. One that does not fit is kept in memory.
func (d *Door) keep(v draft, now time.Time) string {
	v.ID, v.Until, v.spent = rand.Text(), now.Add(draftFor).UTC(), false
	v.Departure.RequestedBy = offboarding.Actor{} // it is whoever confirms
	text, err := d.seal(v)
	if err == nil && len(text) <= maxMetadata {
		return text
	}
	if err != nil {
		d.opt.Log.Warn("a dialog is in memory only: it cannot be sealed", "error", kindOf(err))
	}
	d.drafts.put(v)
	return inMemory + v.ID
}

// kept gives the user's own draft back, unless it is too old.
func (d *Door) kept(metadata, user string, now time.Time) (draft, bool) {
	id, here := strings.CutPrefix(metadata, inMemory)
	if here {
		v, ok := d.drafts.get(id)
		return v, ok && v.User == user && now.Before(v.Until)
	}
	v, err := d.unseal(metadata, user)
	if err != nil || v.User != user || !now.Before(v.Until) {
		return draft{}, false
	}
	before, _ := d.drafts.get(v.ID)
	v.spent = before.spent
	return v, true
}

// seal makes text of a draft that only this door reads, for the draft's user,
// and that nobody can change: not even with the bot's token, with which any
// dialog can be shown.
func (d *Door) seal(v draft) (string, error) {
	box, err := d.box()
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write draft: %w", err)
	}
	var small bytes.Buffer
	w, err := flate.NewWriter(&small, flate.BestCompression)
	if err != nil {
		return "", fmt.Errorf("write draft: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return "", fmt.Errorf("write draft: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("write draft: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(box.Seal(nil, nil, small.Bytes(), []byte(v.User))), nil
}

var errNoDraft = errors.New("this is no draft of the user's")

func (d *Door) unseal(text, user string) (draft, error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(text) > maxMetadata {
		return draft{}, errNoDraft
	}
	box, err := d.box()
	if err != nil {
		return draft{}, err
	}
	small, err := box.Open(nil, nil, raw, []byte(user))
	if err != nil {
		return draft{}, errNoDraft
	}
	var v draft
	if err := json.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(small)), maxDraft)).Decode(&v); err != nil {
		return draft{}, errNoDraft
	}
	return v, nil
}

// box seals with a key of the secret by which Slack and the door know each other:
// every process of the door has it, and whoever holds it could speak as anybody.
func (d *Door) box() (cipher.AEAD, error) {
	ref := d.opt.Conf.AppToken
	if d.opt.Conf.Mode == serve.HTTP {
		ref = d.opt.Conf.SigningSecret
	}
	value, err := ref.Value()
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256([]byte("lastday draft\x00" + value))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("seal draft: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}
