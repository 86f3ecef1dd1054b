package slack

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/egress"
	"lastday/egress/egresstest"
)

func TestMain(m *testing.M) { egresstest.Main(m) }

func TestSlackInsideIsCalledOnlyWhereTheSectionSaysSo(t *testing.T) {
	var calls atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	t.Cleanup(srv.Close)
	named := strings.Replace(srv.URL, "127.0.0.1", egresstest.Inside, 1)
	inside := egress.Networks{"127.0.0.0/8", "::1"}

	answer := func(n egress.Networks) error {
		a, err := newAnswerer(named, true, n)
		require.NoError(t, err)
		return a.post(t.Context(), named+"/commands/secret", "hello")
	}
	err := answer(nil)
	require.ErrorContains(t, err, "systems.slack.private_addresses")
	require.NotContains(t, err.Error(), "commands/secret")
	require.Zero(t, calls.Load())
	require.NoError(t, answer(inside))
	require.EqualValues(t, 1, calls.Load())

	socket := func(n egress.Networks) error {
		d := &Door{opt: Options{BaseURL: named, AllowHTTP: true, PrivateAddresses: n}}
		dialer, err := d.dialer()
		require.NoError(t, err)
		conn, _, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(named, "http")+"/link", nil)
		if err == nil {
			conn.Close()
		}
		return err
	}
	require.ErrorContains(t, socket(nil), "systems.slack.private_addresses")
	require.EqualValues(t, 1, calls.Load())
	require.ErrorContains(t, socket(inside), "bad handshake")
	require.EqualValues(t, 2, calls.Load())
}
