package command_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/sandbox/faults"
	"lastday/sandbox/okta"
	"lastday/sandbox/people"
	"lastday/starter/command"
)

func TestCheckFindsTheOktaGroupsThatThePolicyNames(t *testing.T) {
	org := okta.New(people.Staff(2), okta.Options{})
	org.AddGroup("OKTA_GROUP", "Security")
	srv := httptest.NewServer(org.Handler())
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	require.NoError(t, os.WriteFile(token, []byte(okta.DefaultToken), 0o600))
	system := fmt.Sprintf("systems:\n  okta: {base_url: %q, api_token: %q, control_users: [%s]}\n", srv.URL, "file:"+token, people.Admin.Email)
	gateway := "systems:\n  wireguard: {interface: wg0, config_file: /nowhere/wg0.conf, inventory: /nowhere/keys.csv}\n"
	write := func(systems, group string) string {
		path := filepath.Join(dir, "lastday.yaml")
		require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, "%spolicy:\n  groups: {security: [%q]}\n  may: {request: actor.memberOf('security')}\n", systems, group), 0o600))
		return path
	}

	status, out, errs := run(t, "check", "-c", write(system, "okta:Security"))
	require.Equal(t, command.ExitDone, status, out+errs)
	require.Contains(t, out, "ok       policy     its Okta groups are there: Security\n")

	status, out, _ = run(t, "check", "-c", write(system, "okta:Domain Users"))
	require.Equal(t, command.ExitError, status)
	require.Contains(t, out, "bad      policy     Okta has no group of its own with this name: Domain Users\n")

	org.Faults().Set(faults.Fault{Op: "GET /api/v1/groups", Kind: faults.Fail})
	status, out, _ = run(t, "check", "-c", write(system, "okta:Security"))
	require.Equal(t, command.ExitError, status)
	require.Contains(t, out, "bad      policy     its Okta groups cannot be looked up: okta: GET /api/v1/groups: 500")

	status, out, _ = run(t, "check", "-c", write(system, "ann@example.com"))
	require.Equal(t, command.ExitDone, status, out)
	require.NotContains(t, out, "policy ")

	_, out, _ = run(t, "check", "-c", write(gateway, "okta:Security"))
	require.Contains(t, out, "bad      policy     it names Okta groups, and systems.okta is not configured, so nobody is in them: Security\n")
}
