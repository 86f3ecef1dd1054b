package slack

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// scopesOf are the bot scopes that Slack's reference names for each method that
// the code calls (docs.slack.dev/reference/methods); of several one is enough.
var scopesOf = map[string][]string{
	"auth.test": nil, "apps.connections.open": nil, // the latter with the app-level token
	"views.open": nil, "views.update": nil, "views.publish": nil,
	"users.info": {"users:read"}, "users.list": {"users:read"}, "users.lookupByEmail": {"users:read.email"},
	"usergroups.users.list": {"usergroups:read"},
	"chat.postMessage":      {"chat:write"}, "chat.update": {"chat:write"}, "chat.delete": {"chat:write"},
	"chat.postEphemeral": {"chat:write"},
	"conversations.info": {"channels:read", "groups:read"}, "conversations.history": {"channels:history", "groups:history"},
}

// called finds the methods in the code's own allow-lists.
func called(t *testing.T) []string {
	t.Helper()
	name := regexp.MustCompile(`"((?:auth|apps|chat|conversations|usergroups|users|views)\.[A-Za-z.]+)"`)
	var out []string
	for _, dir := range []string{".", "../../activities/slack", "../../activities/slack/notify"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b, err := os.ReadFile(f)
			require.NoError(t, err)
			for _, m := range name.FindAllStringSubmatch(string(b), -1) {
				out = append(out, m[1])
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestTheManifestAsksForWhatIsNeededAndNoMore(t *testing.T) {
	b, err := os.ReadFile("../../docs/slack-app-manifest.yaml")
	require.NoError(t, err)
	var m slack.Manifest
	require.NoError(t, yaml.Unmarshal(b, &m))
	scopes := m.OAuthConfig.Scopes.Bot
	needed := map[string]bool{"commands": true} // for /offboard
	methods := called(t)
	require.Greater(t, len(methods), 10)
	for _, method := range methods {
		any, known := scopesOf[method]
		require.True(t, known, "say which scopes %s needs", method)
		require.True(t, len(any) == 0 || slices.ContainsFunc(any, func(s string) bool { return slices.Contains(scopes, s) }), "%s needs one of %v", method, any)
		for _, s := range any {
			needed[s] = true
		}
	}
	for _, s := range scopes {
		require.True(t, needed[s], "nothing needs %s", s)
	}
	require.Empty(t, m.OAuthConfig.Scopes.User)
	require.True(t, m.Settings.SocketModeEnabled)
	require.True(t, m.Settings.Interactivity.IsEnabled)
	require.Equal(t, []string{"app_home_opened"}, m.Settings.EventSubscriptions.BotEvents)
	require.True(t, m.Features.AppHome.HomeTabEnabled)
	require.True(t, m.Features.AppHome.MessagesTabEnabled, "else nobody can be written to")
	require.True(t, m.Features.AppHome.MessagesTabReadOnlyEnabled)
	require.Len(t, m.Features.SlashCommands, 1)
	require.Equal(t, "/offboard", m.Features.SlashCommands[0].Command)
	require.True(t, m.Features.SlashCommands[0].ShouldEscape)
}
