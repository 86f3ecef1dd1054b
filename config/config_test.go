package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/config"
)

const example = "../lastday.example.yaml"

func TestTheExampleIsAGoodConfiguration(t *testing.T) {
	f, err := config.Load(example)
	require.NoError(t, err)
	require.Equal(t, time.Hour, f.Case.Deadline)
	require.Len(t, f.Names(), 6)
	for _, name := range f.Names() {
		c, err := f.Connector(name)
		require.NoError(t, err)
		require.Equal(t, name, c.System())
	}
	require.True(t, f.Tells())
	require.Equal(t, "okta", string(f.CaseSystems()[1].LoginFrom), "github's login comes from okta's attribute")
}

func TestTheExampleNamesEverySetting(t *testing.T) {
	text, err := os.ReadFile(example)
	require.NoError(t, err)
	for _, key := range keys(reflect.TypeFor[config.File]()) {
		require.Regexp(t, `(?m)(^|[\s{#])`+regexp.QuoteMeta(key)+`:`, string(text), "the example lacks %s", key)
	}
}

// keys lists every yaml key of a struct, nested ones included.
func keys(t reflect.Type) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t.PkgPath() == "lastday/secret" || t.PkgPath() == "time" {
		return nil
	}
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" && name != "-" {
			out = append(out, name)
		}
		out = append(out, keys(f.Type)...)
	}
	return out
}

const slack = "systems:\n  slack:\n    bot_token: env:SLACK_TOKEN\n    channel: C0123456789\n"

func TestWhatIsLeftOutHasADefault(t *testing.T) {
	f, err := config.Parse([]byte(slack))
	require.NoError(t, err)
	require.Equal(t, 10*time.Second, f.Case.Patience)
	require.Equal(t, "127.0.0.1:7233", f.Standalone.Frontend)
}

func TestBadConfigurationSaysWhatAndWhere(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":        {slack + "    chanel: x\n", "line 5: unknown key chanel"},
		"unknown system":     {"systems:\n  oktaa:\n    base_url: x\n", "line 2: unknown key oktaa"},
		"nothing configured": {"", "systems is empty"},
		"short deadline":     {slack + "case:\n  deadline: 1s\n", "case.deadline is 1s: give between"},
		"a rate of nobody":   {slack + "rates:\n  okta: 2\n", "rates.okta: there is no such system in systems"},
		"a rate of nothing":  {slack + "rates:\n  slack: 0\n", "rates.slack: give between 0.01 and 1000"},
		"not a duration":     {slack + "case:\n  deadline: soon\n", "line 6: a value of kind str where a duration"},
		"deployment's dot":   {slack + "worker:\n  deployment: last.day\n", "worker.deployment may have no dot"},
		"two of a key":       {slack + "systems: {}\n", "line 5"},
		"not PostgreSQL":     {slack + "standalone: {database: mysql://x/y}\n", "standalone.database is not postgres://"},
		"inline password":    {slack + "standalone: {database: postgres://u:p@x/y}\n", "standalone.database holds a password"},
		"hidden password":    {slack + "standalone: {database: 'postgres://u@x/y?password=p'}\n", "standalone.database holds a password"},
		"record's password":  {slack + "record: {database: 'postgres://u@x/y?password=p'}\n", "record.database holds a password"},
		"needless password":  {slack + "standalone: {password: env:X}\n", "standalone.password is of no use"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse([]byte(c.text))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAnInlineSecretIsRefusedAndNotRepeated(t *testing.T) {
	_, err := config.Parse([]byte("systems:\n  slack:\n    bot_token: xoxb-planted-canary\n    channel: C0123456789\n"))
	require.ErrorContains(t, err, "line 3: a secret is never written inline")
	require.NotContains(t, err.Error(), "canary")
}

func TestAnErrorNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lastday.yaml")
	require.NoError(t, os.WriteFile(path, []byte("systms: {}\n"), 0o600))
	_, err := config.Load(path)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "line 1")
}
