package transport_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/activities/transport"
)

// A shut gate lets reads through and sends no write.
func TestNoCallThatMayWriteIsSentThroughAShutGate(t *testing.T) {
	var got []string
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	}))
	defer vendor.Close()
	methods := []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	var allow []string
	for _, m := range methods {
		allow = append(allow, m+" /x")
	}
	client, err := transport.Client(transport.Options{System: "okta", Base: vendor.URL, Allow: allow})
	require.NoError(t, err)
	call := func(ctx context.Context, method string) error {
		r, err := http.NewRequestWithContext(ctx, method, vendor.URL+"/x", nil)
		require.NoError(t, err)
		resp, err := client.Do(r)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	shut := transport.WithGate(t.Context(), func(context.Context) error { return errors.New("frozen") })
	open := transport.WithGate(t.Context(), func(context.Context) error { return nil })
	for _, m := range methods {
		require.NoError(t, call(open, m))
		require.NoError(t, call(t.Context(), m))
		err := call(shut, m)
		if m == "GET" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, "not done: frozen")
		require.True(t, transport.IsKind(err, transport.Unavailable), "it goes on by itself when the gate opens")
	}
	require.Equal(t, []string{"GET", "GET", "GET", "POST", "POST", "PUT", "PUT", "PATCH", "PATCH", "DELETE", "DELETE"}, got)
}
