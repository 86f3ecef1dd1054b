package config

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"lastday/egress"
	"lastday/secret"
)

// Standalone is where the single process keeps its data and listens. The
// server and its UI have no sign-in: loopback only.
type Standalone struct {
	DataDir string `yaml:"data_dir"` // default ./data
	// Database is postgres://USER@HOST/NAME, where Temporal then keeps its data
	// instead of in DataDir, together with NAME_visibility.
	Database string `yaml:"database"`
	// Password is that of PostgreSQL's user; without it PostgreSQL's own variables
	// and files have it (PGPASSWORD, PGPASSFILE).
	Password  secret.Ref    `yaml:"password"`
	Frontend  string        `yaml:"frontend"`  // default 127.0.0.1:7233
	UI        string        `yaml:"ui"`        // default 127.0.0.1:8233
	Retention time.Duration `yaml:"retention"` // of closed cases' histories; default 30 days
}

// Defaults fills in what was left out.
func (s *Standalone) Defaults() {
	orElse(&s.DataDir, "data")
	orElse(&s.Frontend, "127.0.0.1:7233")
	orElse(&s.UI, "127.0.0.1:8233")
	orElse(&s.Retention, 30*24*time.Hour)
}

// Validate says which key is wrong and what to do. It reads no secret.
func (s *Standalone) Validate() error {
	if s.Database == "" {
		if s.Password.IsSet() {
			return errors.New("standalone.password is of no use without standalone.database: Temporal's data is in data_dir")
		}
		return nil
	}
	u, err := url.Parse(s.Database)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return errors.New("standalone.database is not postgres://USER@HOST/NAME")
	}
	if _, has := secret.InURL(u); has {
		return errors.New("standalone.database holds a password: write it to standalone.password as env:NAME or file:PATH")
	}
	if err := egress.Protected(u); err != nil {
		return fmt.Errorf("standalone.database: %w", err)
	}
	return nil
}
