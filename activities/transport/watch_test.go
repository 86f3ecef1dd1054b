package transport_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/activities/transport"
)

func TestEveryWatchIsToldOfACallThatWasSentAndOfNoOther(t *testing.T) {
	client, base, _ := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-RateLimit-Limit", "60")
		w.Header().Set("X-RateLimit-Remaining", "59")
		good(w, r)
	}, nil)
	var outer, inner []transport.Call
	ctx := transport.WithWatch(t.Context(), func(c transport.Call) { outer = append(outer, c) })
	ctx = transport.WithWatch(ctx, func(c transport.Call) { inner = append(inner, c) })
	for _, path := range []string{"/api/users/jane.doe", "/api/elsewhere"} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
		require.NoError(t, err)
		if resp, err := client.Do(r); err == nil {
			resp.Body.Close()
		}
	}
	require.Len(t, inner, 1)
	require.Equal(t, inner, outer)
	require.Positive(t, inner[0].Took)
	inner[0].Took = 0
	require.Equal(t, transport.Call{
		System: "toy", Op: "GET /users/{id}", Status: http.StatusOK, Budget: transport.Budget{Left: 59, Of: 60},
	}, inner[0])
}
