package company

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"text/template"

	"lastday/sandbox/github"
	"lastday/sandbox/okta"
	"lastday/sandbox/people"
	"lastday/sandbox/slack"
	"lastday/sandbox/tailscale"
)

// WriteConfig writes lastday.yaml for this sandbox, and the credentials it
// names as files, into dir; it returns the path. The demo removes what in a
// real company a person would be asked about.
func (c *Company) WriteConfig(dir string) (string, error) {
	appKey, err := c.GitHub.AppKeyPEM()
	if err != nil {
		return "", fmt.Errorf("write sandbox configuration: %w", err)
	}
	secrets := map[string]string{
		"okta-token":         okta.DefaultToken,
		"okta-observer":      okta.DefaultReadOnlyToken,
		"github-app.pem":     string(appKey),
		"tailscale-secret":   tailscale.DefaultClientSecret,
		"tailscale-observer": tailscale.DefaultReadOnlyKey,
		"slack-bot-token":    slack.DefaultBotToken,
		"slack-scim-token":   slack.DefaultScimToken,
		"slack-observer":     slack.DefaultReadBotToken,
		"slack-app-token":    slack.DefaultAppToken,
		"slack-signing":      slack.DefaultSigningSecret,
	}
	for name, value := range secrets {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(value+"\n"), 0o600); err != nil {
			return "", fmt.Errorf("write sandbox credential: %w", err)
		}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("write sandbox configuration: %w", err)
	}
	var text bytes.Buffer
	err = configTemplate.Execute(&text, map[string]any{
		"dir": abs, "url": c.urls, "admin": people.Admin, "robot": people.Robot,
		"socket": c.Office.Socket(), "interface": c.Office.Interface(),
		"wgconf": c.Office.ConfigFile(), "inventory": c.Office.Inventory(),
		"app": github.AppID, "installations": github.Installations(), "knownAccounts": github.KnownAccounts(),
		"observerApp": github.ObserverAppID, "observerInstallations": github.ObserverInstallations(),
		"tailscaleClient": tailscale.DefaultClientID, "channel": slack.DefaultChannel,
	})
	if err != nil {
		return "", fmt.Errorf("write sandbox configuration: %w", err)
	}
	path := filepath.Join(dir, "lastday.yaml")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		return "", fmt.Errorf("write sandbox configuration: %w", err)
	}
	return path, nil
}

var configTemplate = template.Must(template.New("lastday.yaml").Parse(`# The sandbox's configuration. It removes what elsewhere a person is asked about.
protected:
  - {{.admin.Email}}
  - {{.robot.Email}}
systems:
  okta:
    base_url: {{.url.okta}}
    api_token: file:{{.dir}}/okta-token
    observer:
      api_token: file:{{.dir}}/okta-observer
    control_users: [{{.admin.Email}}]
    api_tokens: remove
  github:
    base_url: {{.url.github}}
    organizations: [{{range $org, $id := .installations}}{{$org}}, {{end}}]
    app_id: {{.app}}
    private_key: file:{{.dir}}/github-app.pem
    installations: { {{range $org, $id := .installations}}{{$org}}: {{$id}}, {{end}} }
    observer:
      app_id: {{.observerApp}}
      private_key: file:{{.dir}}/github-app.pem
      installations: { {{range $org, $id := .observerInstallations}}{{$org}}: {{$id}}, {{end}} }
    find: [saml, email]
    known_accounts: [{{range .knownAccounts}}{{.}}, {{end}}]
    control_member: {{.admin.GitHubLogin}}
    deploy_keys: remove
    access_tokens: remove
  tailscale:
    base_url: {{.url.tailscale}}
    client_id: {{.tailscaleClient}}
    client_secret: file:{{.dir}}/tailscale-secret
    observer:
      api_key: file:{{.dir}}/tailscale-observer
    auth_keys: remove
    api_tokens: remove
    tagged_devices: remove
  wireguard:
    interface: {{.interface}}
    uapi_socket: {{.socket}}
    config_file: {{.wgconf}}
    inventory: {{.inventory}}
  slack:
    base_url: {{.url.slack}}
    bot_token: file:{{.dir}}/slack-bot-token
    channel: {{.channel}}
    scim_base_url: {{.url.slack}}
    scim_token: file:{{.dir}}/slack-scim-token
    observer:
      bot_token: file:{{.dir}}/slack-observer
`))
