package anchor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"lastday/record/anchor"
)

const witnessKey = "witness.example.com/w1+00000000+BAAA"

func TestAConfigurationIsRead(t *testing.T) {
	var c anchor.Config
	dec := yaml.NewDecoder(strings.NewReader(`
directory:
  - {name: vault, path: /mnt/vault/lastday}
slack: {channel: C01ABCDEF, every: 30m}
s3:
  endpoint: https://s3.eu-central-1.amazonaws.com
  bucket: acme-lastday
  prefix: lastday
  region: eu-central-1
  access_key: env:S3_ACCESS
  secret_key: env:S3_SECRET
  lock_days: 400
`))
	dec.KnownFields(true)
	require.NoError(t, dec.Decode(&c))
	c.Defaults()
	require.NoError(t, c.Validate())
	require.Equal(t, 30*time.Minute, c.Slack.Every)
	require.Equal(t, "lastday/", c.S3.Prefix)
	require.False(t, c.IsZero())
	require.True(t, anchor.Config{}.IsZero())
	require.NoError(t, anchor.Config{}.Validate())

	l := newTrunk(t, 1)
	_, err := anchor.Open(c, l.needs())
	require.ErrorContains(t, err, "slack.channel: there is no slack section")
	n := l.needs()
	n.Poster = &channel{}
	all, err := anchor.Open(c, n)
	require.NoError(t, err)
	var names []string
	for _, a := range all {
		names = append(names, a.Name())
	}
	require.Equal(t, []string{"vault", "slack", "s3"}, names)
	_, err = anchor.Open(c, anchor.Needs{})
	require.Error(t, err)
}

func TestWhatIsWrongInAConfigurationIsNamed(t *testing.T) {
	s3 := func(edit func(*anchor.S3Config)) anchor.Config {
		c := anchor.S3Config{
			Endpoint: "https://s3.example.com", Bucket: "bucket", AccessKey: ref(t, "a"), SecretKey: ref(t, "b"),
		}
		edit(&c)
		return anchor.Config{S3: c}
	}
	dir := func(d ...anchor.DirectoryConfig) anchor.Config { return anchor.Config{Directory: d} }
	for _, c := range []struct {
		want string
		conf anchor.Config
	}{
		{"directory[0].name", dir(anchor.DirectoryConfig{Path: "/a"})},
		{"directory[0].name", dir(anchor.DirectoryConfig{Name: "slack", Path: "/a"})},
		{"directory[0].path", dir(anchor.DirectoryConfig{Name: "a", Path: "relative"})},
		{"directory[1].name", dir(anchor.DirectoryConfig{Name: "a", Path: "/a"}, anchor.DirectoryConfig{Name: "a", Path: "/b"})},
		{"witness[0].url", anchor.Config{Witness: []anchor.WitnessConfig{{Name: "w", URL: "http://w.example.com", Key: witnessKey}}}},
		{"witness[0].url", anchor.Config{Witness: []anchor.WitnessConfig{{Name: "w", URL: "https://me:pw@w.example.com", Key: witnessKey}}}},
		{"witness[0].key", anchor.Config{Witness: []anchor.WitnessConfig{{Name: "w", URL: "https://w.example.com", Key: witnessKey}}}},
		{"slack.channel", anchor.Config{Slack: anchor.SlackConfig{Channel: "#audit"}}},
		{"slack.channel", anchor.Config{Slack: anchor.SlackConfig{Every: time.Hour}}},
		{"slack.every", anchor.Config{Slack: anchor.SlackConfig{Channel: "C01ABCDEF", Every: time.Second}}},
		{"s3.endpoint", s3(func(c *anchor.S3Config) { c.Endpoint = "s3.example.com" })},
		{"s3.endpoint", s3(func(c *anchor.S3Config) { c.Endpoint = "http://s3.example.com" })},
		{"s3.endpoint", s3(func(c *anchor.S3Config) { c.Endpoint = "https://s3.example.com/bucket" })},
		{"s3.endpoint", s3(func(c *anchor.S3Config) { c.Endpoint = "" })},
		{"s3.bucket", s3(func(c *anchor.S3Config) { c.Bucket = "A/B" })},
		{"s3.prefix", s3(func(c *anchor.S3Config) { c.Prefix = "../x y" })},
		{"s3.lock_days", s3(func(c *anchor.S3Config) { c.LockDays = -1 })},
	} {
		c.conf.Defaults()
		require.ErrorContains(t, c.conf.Validate(), c.want)
	}
	for _, key := range []string{"access_key", "secret_key"} {
		c := anchor.Config{S3: anchor.S3Config{Endpoint: "https://s3.example.com", Bucket: "bucket"}}
		if key == "secret_key" {
			c.S3.AccessKey = ref(t, "a")
		}
		require.ErrorContains(t, c.Validate(), "s3."+key)
	}
	require.NoError(t, s3(func(c *anchor.S3Config) { c.Endpoint, c.AllowHTTP = "http://minio:9000", true }).Validate())
}
