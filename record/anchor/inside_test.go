package anchor_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"

	"lastday/egress"
	"lastday/egress/egresstest"
	"lastday/record/anchor"
)

func TestMain(m *testing.M) { egresstest.Main(m) }

func TestAnAnchorInsideIsCalledOnlyWhereItsSectionSaysSo(t *testing.T) {
	var calls atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(srv.Close)
	named := strings.Replace(srv.URL, "127.0.0.1", egresstest.Inside, 1)
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	witness, err := torchwood.NewCosignatureSigner("witness.example.com/w1", key)
	require.NoError(t, err)
	l := newTrunk(t, 10)
	for kind, conf := range map[string]func(egress.Networks) anchor.Config{
		"s3": func(n egress.Networks) anchor.Config {
			return anchor.Config{S3: anchor.S3Config{
				Endpoint: named, AllowHTTP: true, PrivateAddresses: n, Bucket: "plain", AccessKey: ref(t, s3User), SecretKey: ref(t, s3Secret),
			}}
		},
		"witness": func(n egress.Networks) anchor.Config {
			return anchor.Config{Witness: []anchor.WitnessConfig{{
				Name: "w1", URL: named, AllowHTTP: true, PrivateAddresses: n, Key: witness.Verifier().String(),
			}}}
		},
	} {
		_, err := l.open(conf(nil)).Put(t.Context(), l.checkpoint(5))
		require.ErrorContains(t, err, "this machine itself, and was not called", kind)
		require.ErrorContains(t, err, "record.anchors."+kind+".private_addresses", kind)
		require.Zero(t, calls.Load(), kind)
		_, err = l.open(conf(egress.Networks{"127.0.0.0/8", "::1"})).Put(t.Context(), l.checkpoint(5))
		require.Error(t, err, "a teapot is neither")
		require.NotZero(t, calls.Swap(0), kind)
		c := conf(egress.Networks{"10.0.0.0/8", "169.254.169.254"})
		require.ErrorContains(t, c.Validate(), "private_addresses: entry 2", kind)
	}
}
