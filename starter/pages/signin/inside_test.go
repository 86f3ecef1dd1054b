package signin_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/egress"
	"lastday/egress/egresstest"
	"lastday/starter/pages/signin"
)

func TestMain(m *testing.M) { egresstest.Main(m) }

func TestAProviderInsideIsCalledOnlyWhereTheSectionSaysSo(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(srv.Close)
	ask := func(n egress.Networks) error {
		c := &signin.Config{Issuer: strings.Replace(srv.URL, "127.0.0.1", egresstest.Inside, 1), ClientID: "a", PrivateAddresses: n}
		b, err := signin.NewBearer(c, "api://x", signin.Place{Listen: "0.0.0.0:8480"}, time.Now, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodPost, "/codec/decode", nil)
		r.Header.Set("Authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln")
		_, err = b.User(r)
		return err
	}
	err := ask(nil)
	require.ErrorContains(t, err, "this machine itself, and was not called")
	require.ErrorContains(t, err, "serve.pages.oidc.private_addresses")
	// Reached, and then refused for a certificate that nobody vouches for.
	require.ErrorContains(t, ask(egress.Networks{"127.0.0.0/8", "::1"}), "certificate")
}
