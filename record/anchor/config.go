package anchor

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"

	"filippo.io/torchwood"

	"lastday/egress"
	"lastday/secret"
)

// Config says where checkpoints are anchored. The zero Config is nowhere.
type Config struct {
	Directory []DirectoryConfig `yaml:"directory"`
	Slack     SlackConfig       `yaml:"slack"`
	S3        S3Config          `yaml:"s3"`
	Witness   []WitnessConfig   `yaml:"witness"`
}

// DirectoryConfig is a directory; one that another machine keeps is meant.
type DirectoryConfig struct {
	Name string `yaml:"name"`
	// Path must exist: where a mount is missing, nothing is created in its place.
	Path string `yaml:"path"`
}

// SlackConfig is a channel of the workspace that the slack section is for.
type SlackConfig struct {
	// Channel is the id (C… or G…); empty: no checkpoint goes to Slack.
	Channel string `yaml:"channel"`
	// Every is the least time between two messages; default 10 min.
	Every time.Duration `yaml:"every"`
}

// S3Config is a bucket of an S3 object store.
type S3Config struct {
	// Endpoint is the store's URL, such as https://s3.eu-central-1.amazonaws.com;
	// empty: no object store.
	Endpoint  string `yaml:"endpoint"`
	AllowHTTP bool   `yaml:"allow_http"` // permits plain HTTP to a host that is not loopback
	// PrivateAddresses are the networks, such as 10.20.0.0/16, in which the store may
	// live; else an address outside of the internet is not called.
	PrivateAddresses egress.Networks `yaml:"private_addresses"`
	Bucket           string          `yaml:"bucket"`
	Prefix           string          `yaml:"prefix"`
	Region           string          `yaml:"region"` // default us-east-1
	AccessKey        secret.Ref      `yaml:"access_key"`
	SecretKey        secret.Ref      `yaml:"secret_key"`
	// LockDays is for how many days Object Lock keeps a checkpoint from being
	// deleted by anybody (mode COMPLIANCE); 0: no lock. The bucket must have been
	// created with Object Lock.
	LockDays int `yaml:"lock_days"`
}

// WitnessConfig is a witness that speaks C2SP tlog-witness.
type WitnessConfig struct {
	Name string `yaml:"name"`
	// URL is what /add-checkpoint is appended to.
	URL       string `yaml:"url"`
	AllowHTTP bool   `yaml:"allow_http"` // permits plain HTTP to a host that is not loopback
	// PrivateAddresses are the networks in which the witness may live.
	PrivateAddresses egress.Networks `yaml:"private_addresses"`
	// Key is the witness's verifier key, name+hash+base64.
	Key string `yaml:"key"`
}

const (
	defaultSlackEvery = 10 * time.Minute
	// maxLockDays is a hundred years: S3 takes back no COMPLIANCE lock.
	maxLockDays = 36_500
)

var (
	nameLike    = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)
	channelLike = regexp.MustCompile(`^[CG][A-Z0-9]{7,14}$`)
	bucketLike  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	prefixLike  = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*/?$`)
)

// Defaults fills in what was left out.
func (c *Config) Defaults() {
	if c.Slack.Channel != "" && c.Slack.Every == 0 {
		c.Slack.Every = defaultSlackEvery
	}
	if c.S3.Endpoint != "" && c.S3.Region == "" {
		c.S3.Region = "us-east-1"
	}
	if c.S3.Prefix != "" && !strings.HasSuffix(c.S3.Prefix, "/") {
		c.S3.Prefix += "/"
	}
}

// IsZero reports whether checkpoints are anchored nowhere.
func (c Config) IsZero() bool {
	return len(c.Directory) == 0 && c.Slack.Channel == "" && c.S3.Endpoint == "" && len(c.Witness) == 0
}

// Validate says which key is wrong and what to do. It reads no secret and
// looks at no place.
func (c Config) Validate() error {
	names := map[string]bool{KindSlack: true, KindS3: true}
	named := func(key, name string) error {
		if !nameLike.MatchString(name) {
			return fmt.Errorf("%s.name: %q is no name: give small letters, digits, and . _ - between them, at most 40", key, name)
		}
		if names[name] {
			return fmt.Errorf("%s.name: another anchor is called %q already (slack and s3 are taken)", key, name)
		}
		names[name] = true
		return nil
	}
	for i, d := range c.Directory {
		key := fmt.Sprintf("directory[%d]", i)
		if err := named(key, d.Name); err != nil {
			return err
		}
		if !filepath.IsAbs(d.Path) {
			return fmt.Errorf("%s.path: %q must be an absolute path", key, d.Path)
		}
	}
	for i, w := range c.Witness {
		key := fmt.Sprintf("witness[%d]", i)
		if err := named(key, w.Name); err != nil {
			return err
		}
		if err := checkURL(w.URL, w.AllowHTTP); err != nil {
			return fmt.Errorf("%s.url: %w", key, err)
		}
		if err := w.PrivateAddresses.Validate(); err != nil {
			return fmt.Errorf("%s.private_addresses: %w", key, err)
		}
		if _, err := torchwood.NewCosignatureVerifier(w.Key); err != nil {
			return fmt.Errorf("%s.key: %w; give the witness's verifier key as name+hash+base64 (it must be a cosignature key)", key, err)
		}
	}
	if err := c.Slack.validate(); err != nil {
		return fmt.Errorf("slack.%w", err)
	}
	if err := c.S3.validate(); err != nil {
		return fmt.Errorf("s3.%w", err)
	}
	return nil
}

func (c SlackConfig) validate() error {
	switch {
	case c == SlackConfig{}:
		return nil
	case !channelLike.MatchString(c.Channel):
		return fmt.Errorf("channel: %q is not a channel id like C01ABCDEF; in Slack open the channel's details, the id is at the very bottom", c.Channel)
	case c.Every < time.Minute || c.Every > 24*time.Hour:
		return fmt.Errorf("every: %s is not between 1m and 24h", c.Every)
	}
	return nil
}

func (c S3Config) validate() error {
	if reflect.ValueOf(c).IsZero() {
		return nil
	}
	if err := checkURL(c.Endpoint, c.AllowHTTP); err != nil {
		return fmt.Errorf("endpoint: %w", err)
	}
	if u, err := url.Parse(c.Endpoint); err != nil || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("endpoint: %q has a path: the bucket belongs under bucket", c.Endpoint)
	}
	if err := c.PrivateAddresses.Validate(); err != nil {
		return fmt.Errorf("private_addresses: %w", err)
	}
	switch {
	case !bucketLike.MatchString(c.Bucket):
		return fmt.Errorf("bucket: %q is no bucket's name", c.Bucket)
	case c.Prefix != "" && !prefixLike.MatchString(c.Prefix):
		return fmt.Errorf("prefix: %q: give names with / between them, such as lastday/checkpoints", c.Prefix)
	case !c.AccessKey.IsSet():
		return errors.New("access_key is missing: give env:NAME or file:PATH")
	case !c.SecretKey.IsSet():
		return errors.New("secret_key is missing: give env:NAME or file:PATH")
	case c.LockDays < 0 || c.LockDays > maxLockDays:
		return fmt.Errorf("lock_days: %d is not between 0 and %d", c.LockDays, maxLockDays)
	}
	return nil
}

// checkURL wants an absolute https URL; http only for loopback, or where allowed.
func checkURL(raw string, allowHTTP bool) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("%q is not an absolute URL like https://example.com", raw)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("the URL may hold no user, password, query or fragment")
	}
	if u.Scheme == "https" || allowHTTP || u.Hostname() == "localhost" {
		return nil
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("%q is plain HTTP; use https, or set allow_http: true", raw)
}
