package transport_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

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
	require.NotNil(t, inner[0].Client)
	inner[0].Took, inner[0].Client = 0, nil
	require.Equal(t, transport.Call{
		System: "toy", Op: "GET /users/{id}", Status: http.StatusOK, Budget: transport.Budget{Left: 59, Of: 60},
	}, inner[0])
}

func TestALimitedCallTellsWhenToComeBackAndByWhichClock(t *testing.T) {
	const off = time.Hour
	client, base, _ := vendor(t, func(w http.ResponseWriter, _ *http.Request) {
		theirs := time.Now().Add(-off)
		w.Header().Set("Date", theirs.UTC().Format(http.TimeFormat))
		w.Header().Set("X-Rate-Limit-Limit", "60")
		w.Header().Set("X-Rate-Limit-Remaining", "0")
		w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(theirs.Add(40*time.Second).Unix(), 10))
		w.Header().Set("Retry-After", "40")
		w.WriteHeader(http.StatusTooManyRequests)
	}, nil)
	var got transport.Call
	ctx := transport.WithWatch(t.Context(), func(c transport.Call) { got = c })
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/users/jane.doe", nil)
	require.NoError(t, err)
	resp, err := client.Do(r)
	if err == nil {
		resp.Body.Close()
	}
	require.Error(t, err)
	require.True(t, got.Limited)
	require.Equal(t, 40*time.Second, got.RetryAfter)
	require.WithinDuration(t, time.Now().Add(40*time.Second), got.Budget.Until, 5*time.Second)
}
