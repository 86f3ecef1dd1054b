package egress_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/egress"
)

func TestADatabaseElsewhereSaysHowTheWayToItIsProtected(t *testing.T) {
	for _, name := range []string{"PGSSLMODE", "PGHOST"} {
		t.Setenv(name, "")
	}
	for address, good := range map[string]bool{
		"postgres://u@db.example.com/x":                     false,
		"postgres://u@10.0.0.7:5432/x":                      false,
		"postgres://u@127.0.0.1,db.example.com/x":           false,
		"postgres://u@/x?host=db.example.com":               false,
		"postgres://u@[2001:db8::1]:5432/x":                 false,
		"postgres://u@db.example.com/x?sslmode=verify-full": true,
		"postgres://u@db.example.com/x?sslmode=disable":     true,
		"postgres://u@127.0.0.1:5432/x":                     true,
		"postgres://u@localhost/x":                          true,
		"postgres://u@[::1]:5432/x":                         true,
		"postgres:///x?host=/var/run/postgresql":            true,
		"postgres:///x":                                     true,
	} {
		u, err := url.Parse(address)
		require.NoError(t, err)
		err = egress.Protected(u)
		if good {
			require.NoError(t, err, address)
			continue
		}
		require.ErrorContains(t, err, "sslmode=verify-full", address)
	}
	u, err := url.Parse("postgres:///x")
	require.NoError(t, err)
	t.Setenv("PGHOST", "db.example.com")
	require.Error(t, egress.Protected(u))
	t.Setenv("PGSSLMODE", "require")
	require.NoError(t, egress.Protected(u))
}
