package company

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"text/template"

	"lastday/sandbox/people"
	"lastday/sandbox/slack"
)

// OktaSecurity is the Okta group of security that AddDoors makes; people.Tara is
// in it.
const OktaSecurity = "Security"

// AddDoors adds to a configuration that WriteConfig wrote what the Slack door
// needs, and a policy: HR may request, security must agree to the dismissal of
// an administrator, and the command line may do all. Security is a user group of
// Slack's, and OktaSecurity in Okta, which it makes: call it once.
func (c *Company) AddDoors(path string) error {
	c.Okta.Hire(people.Tara)
	c.Okta.AddGroup("OKTA_GROUP", OktaSecurity, people.Tara.Email)
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("add doors to sandbox configuration: %w", err)
	}
	var text bytes.Buffer
	err = doorsTemplate.Execute(&text, map[string]any{
		"okta": OktaSecurity, "dir": dir, "url": c.urls["slack"], "hr": slack.HRGroup, "security": slack.SecurityGroup,
	})
	if err != nil {
		return fmt.Errorf("add doors to sandbox configuration: %w", err)
	}
	f, err := os.OpenFile(filepath.Clean(path), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("add doors to sandbox configuration: %w", err)
	}
	defer f.Close()
	if _, err := f.Write(text.Bytes()); err != nil {
		return fmt.Errorf("add doors to sandbox configuration: %w", err)
	}
	return nil
}

var doorsTemplate = template.Must(template.New("doors").Parse(`serve:
  listen: 127.0.0.1:0
  slack:
    mode: socket
    app_token: file:{{.dir}}/slack-app-token
    response_base: {{.url}}
policy:
  groups:
    hr: [slack:{{.hr}}]
    security: [slack:{{.security}}, okta:{{.okta}}]
  may:
    request: actor.memberOf('hr') || actor.door == 'command'
    see: actor.memberOf('hr') || actor.memberOf('security') || actor.door == 'command'
    approve: actor.memberOf('security') || actor.door == 'command'
    decide: actor.memberOf('hr') || actor.memberOf('security') || actor.door == 'command'
    cancel: actor.memberOf('hr') || actor.memberOf('security') || actor.door == 'command'
    reschedule: actor.memberOf('hr') || actor.door == 'command'
    expedite: actor.memberOf('hr') || actor.door == 'command'
    release: actor.memberOf('hr') || actor.memberOf('security') || actor.door == 'command'
    freeze: actor.memberOf('hr') || actor.memberOf('security') || actor.door == 'command'
    unfreeze: actor.memberOf('security') || actor.door == 'command'
  approvals:
    - rule: dismissed-admin
      when: plan.admin && departure.kind == 'dismissal'
      from: security
      say: an administrator who is dismissed
`))
