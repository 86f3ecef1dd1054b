package setup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lastday/record"
	"lastday/record/anchor"
	"lastday/record/names"
	"lastday/record/notary"
	"lastday/record/store"
)

// Ledger is the record, open.
type Ledger struct {
	*store.Store
	// Verifier checks what was signed, PublicKey is its text.
	Verifier  note.Verifier
	PublicKey string
	conf      Config
	notary    atomic.Pointer[notary.Notary] // while this process signs
}

// Open opens the record and brings its schema up to date.
func Open(ctx context.Context, c Config) (*Ledger, error) {
	if !c.Kept() {
		return nil, errors.New("no record is configured: write the section record, see lastday.example.yaml")
	}
	v, err := verifier(c.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("record.public_key: %w", err)
	}
	text, err := c.NamesKey.Value()
	if err != nil {
		return nil, fmt.Errorf("read record.names_key: %w", err)
	}
	keys, err := names.Parse([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("read record.names_key: %w", err)
	}
	dsn, err := c.dsn()
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, dsn, keys)
	if err != nil {
		return nil, fmt.Errorf("open the record: %w", err)
	}
	return &Ledger{Store: s, Verifier: v, PublicKey: c.PublicKey, conf: c}, nil
}

// Erase forgets a person (store.Forget), but not within the configured
// retention, unless early says so.
func (l *Ledger) Erase(ctx context.Context, identity string, by record.Person, early bool) (store.Forgotten, error) {
	options := []store.ForgetOption{store.Retention(l.conf.Retention)}
	if early {
		options = append(options, store.WithinRetention())
	}
	return l.Forget(ctx, identity, by, options...)
}

// dsn is the database's address with its password.
func (c *Config) dsn() (string, error) {
	if !c.Password.IsSet() || strings.HasPrefix(c.Database, "sqlite:") {
		return c.Database, nil
	}
	password, err := c.Password.Value()
	if err != nil {
		return "", fmt.Errorf("read record.password: %w", err)
	}
	u, err := url.Parse(c.Database)
	if err != nil {
		return "", errors.New("record.database cannot be read as an address")
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

// Signing is what a notary needs beside the configuration.
type Signing struct {
	// Post writes to Slack; nil where the configuration has no such anchor.
	Post anchor.Poster
	// Alarm tells people that somebody must look at the record.
	Alarm func(context.Context, error)
	Log   *slog.Logger
}

// Notary is who signs the record; an error if this process has no signing key.
func (l *Ledger) Notary(o Signing) (*notary.Notary, error) {
	if !l.conf.SigningKey.IsSet() {
		return nil, errors.New("record.signing_key is missing: the processes that run cases sign the record")
	}
	text, err := l.conf.SigningKey.Value()
	if err != nil {
		return nil, fmt.Errorf("read record.signing_key: %w", err)
	}
	signer, err := note.NewSigner(text)
	if err != nil {
		return nil, errors.New("record.signing_key is no key that starter record keys makes")
	}
	if signer.Name() != l.Verifier.Name() || signer.KeyHash() != l.Verifier.KeyHash() {
		return nil, errors.New("record.signing_key and record.public_key do not belong together")
	}
	places, err := anchor.Open(l.conf.Anchors, anchor.Needs{Verifier: l.Verifier, Log: l.Store, Poster: o.Post})
	if err != nil {
		return nil, fmt.Errorf("record.anchors: %w", err)
	}
	return notary.New(notary.Options{
		Log: l.Store, Signer: signer, Verifier: l.Verifier, Origin: l.Verifier.Name(),
		Copy: notary.NewFile(l.conf.Copy), Anchors: places, Alarm: o.Alarm, Logger: o.Log,
	})
}

func verifier(key string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		return nil, errors.New("it is no public key, which looks like NAME+12345678+AbC…")
	}
	return v, nil
}

// signAtEnd is how long the last signature, and bringing it to the anchors, may
// take when the process stops.
const signAtEnd = 3 * time.Second

// Sign starts the notary and returns the function that stops it, after it has
// signed for what was still written.
func (l *Ledger) Sign(o Signing) (stop func(), err error) {
	n, err := l.Notary(o)
	if err != nil {
		return nil, err
	}
	l.notary.Store(n)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := n.Run(ctx); err != nil && ctx.Err() == nil {
			o.Log.Error("the record is no longer signed", "error", err)
		}
	}()
	return func() {
		last, done := context.WithTimeout(context.Background(), signAtEnd)
		defer done()
		if err := n.Tick(last); err != nil {
			o.Log.Warn("the newest entries are not signed for yet", "error", err)
		}
		settle(last, n)
		cancel()
		<-ended
	}, nil
}

// settle waits until every anchor has the newest checkpoint, but for those that
// take their time or do not answer.
func settle(ctx context.Context, n *notary.Notary) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for slices.ContainsFunc(n.Ages(), func(a notary.Age) bool { return !a.Behind.IsZero() && a.Err == nil && a.Kind == anchor.KindDirectory }) {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
