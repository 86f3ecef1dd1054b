// Package setup opens the record as the configuration says: its database, its
// keys, who signs it, and where its checkpoints are anchored.
package setup

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"lastday/egress"
	"lastday/record/anchor"
	"lastday/secret"
)

// Config is the record section of the configuration.
type Config struct {
	// Database is sqlite:PATH or postgres://USER@HOST/NAME; without it no record
	// is kept, but that the standalone process keeps one in its data folder.
	Database string `yaml:"database"`
	// Password is that of PostgreSQL's user.
	Password secret.Ref `yaml:"password"`
	// NamesKey is the keyset under which people's names lie encrypted. Every
	// process that writes or shows the record needs it.
	NamesKey secret.Ref `yaml:"names_key"`
	// PublicKey is what everybody checks the record with; its name, the part
	// before the first +, is the log's origin.
	PublicKey string `yaml:"public_key"`
	// SigningKey signs checkpoints; the processes that run cases need it.
	SigningKey secret.Ref `yaml:"signing_key"`
	// Copy is the file that keeps the last signed checkpoint, outside the
	// database and best on another disk.
	Copy string `yaml:"copy"`
	// Pages is the address under which auditors reach starter serve, such as
	// https://lastday.example.com; messages link there.
	Pages string `yaml:"pages"`
	// Retention is how long after its end a case's people cannot be erased;
	// default 9504h, 396 days: 13 months.
	Retention time.Duration `yaml:"retention"`
	// Anchors are the places outside that keep the checkpoints.
	Anchors anchor.Config `yaml:"anchors"`
}

// minRetention is what auditors ask for at least.
const minRetention = 396 * 24 * time.Hour

// Kept reports whether a record is kept.
func (c *Config) Kept() bool { return c.Database != "" }

// Defaults fills in what was left out.
func (c *Config) Defaults() {
	if c.Retention == 0 {
		c.Retention = minRetention
	}
	c.Pages = strings.TrimSuffix(c.Pages, "/")
	c.Anchors.Defaults()
}

// Validate says which key is wrong and what to do. It reads no secret.
func (c *Config) Validate() error {
	if !c.Kept() {
		return c.unkept()
	}
	var errs []error
	if !strings.HasPrefix(c.Database, "sqlite:") && !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://") {
		errs = append(errs, errors.New("record.database is neither sqlite:PATH nor postgres://USER@HOST/NAME"))
	} else if err := c.checkURL(); err != nil {
		errs = append(errs, err)
	}
	if !c.NamesKey.IsSet() {
		errs = append(errs, errors.New("record.names_key is missing: make the keys by starter record keys, and give file:PATH or env:NAME"))
	}
	if _, err := verifier(c.PublicKey); err != nil {
		errs = append(errs, fmt.Errorf("record.public_key: %w; starter record keys prints it", err))
	}
	if c.SigningKey.IsSet() && c.Copy == "" {
		errs = append(errs, errors.New("record.copy is missing: give a file outside the database for the last signed checkpoint"))
	}
	if c.Retention < minRetention {
		errs = append(errs, fmt.Errorf("record.retention is %s: give %s (13 months) or more", c.Retention, minRetention))
	}
	if c.Pages != "" {
		u, err := url.Parse(c.Pages)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			errs = append(errs, errors.New("record.pages is not an address like https://lastday.example.com"))
		}
	}
	if err := c.Anchors.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("record.anchors: %w", err))
	}
	return errors.Join(errs...)
}

func (c *Config) unkept() error {
	if c.NamesKey.IsSet() || c.SigningKey.IsSet() || c.PublicKey != "" {
		return errors.New("record.database is missing: give sqlite:PATH or postgres://USER@HOST/NAME")
	}
	return nil
}

// checkURL refuses a password in the address, since the configuration holds none,
// and a way to it that anybody could listen to unless it says so.
func (c *Config) checkURL() error {
	u, err := url.Parse(c.Database)
	if err != nil {
		return errors.New("record.database cannot be read as an address")
	}
	if _, has := secret.InURL(u); has {
		return errors.New("record.database holds a password: write it to record.password as env:NAME or file:PATH")
	}
	if strings.HasPrefix(c.Database, "sqlite:") {
		return nil
	}
	if err := egress.Protected(u); err != nil {
		return fmt.Errorf("record.database: %w", err)
	}
	return nil
}
