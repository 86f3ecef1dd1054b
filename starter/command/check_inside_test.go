package command

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/config"
	"lastday/egress/egresstest"
	"lastday/offboarding"
	"lastday/sandbox/company"
)

func TestMain(m *testing.M) { egresstest.Main(m) }

func TestEachVendorIsReachedInsideOnlyWhereItsSectionSaysSo(t *testing.T) {
	dir, err := os.MkdirTemp("", "firm") // short, for the gateway's socket
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c, err := company.Start(company.Options{People: 8, Dir: dir})
	require.NoError(t, err)
	t.Cleanup(c.Stop)
	path, err := c.WriteConfig(dir)
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	named := strings.ReplaceAll(string(text), "http://127.0.0.1:", "http://"+egresstest.Inside+":")
	named = strings.ReplaceAll(named, "    base_url:", "    allow_http: true\n    base_url:")

	bad := func(name offboarding.System, text string) string {
		f, err := config.Parse([]byte(text))
		require.NoError(t, err)
		var out []string
		for _, x := range checkOne(t.Context(), f, name) {
			if x.Level == activities.Bad {
				out = append(out, x.What+" "+x.Do)
			}
		}
		return strings.Join(out, "\n")
	}
	for _, name := range []offboarding.System{"okta", "github", "tailscale", "slack"} {
		require.Empty(t, bad(name, string(text)), "%s by the address written by hand", name)
		said := bad(name, named)
		require.Contains(t, said, "this machine itself, and was not called", name)
		require.Contains(t, said, "systems."+string(name)+".private_addresses", name)
		open := strings.ReplaceAll(named, "    allow_http: true\n", "    allow_http: true\n    private_addresses: [127.0.0.0/8, \"::1\"]\n")
		require.Empty(t, bad(name, open), "%s by a name, with its network", name)
	}
}
