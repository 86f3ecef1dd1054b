package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/standalone/house"
)

var hookKey = []byte("a-signing-key-of-32-bytes-xxxxxx")

// hooked is a site with one HR system, which the policy lets ask, move and cancel.
func hooked(t *testing.T) *site {
	s := newSite(t, 3)
	path := filepath.Join(s.dir, "hook_secret")
	require.NoError(t, os.WriteFile(path, []byte("whsec_"+base64.StdEncoding.EncodeToString(hookKey)), 0o600))
	return s.append(t, `
policy:
  may:
    request: actor.door in ['hook', 'command']
    reschedule: actor.door in ['hook', 'command']
    cancel: actor.door == 'hook'
hooks:
  sources:
    - name: workday
      secrets: [file:`+path+`]
      mapping:
        what: event.what
        email: event.email
        last_day: event.day
        zone: "'Europe/Berlin'"
        occurred_at: event.at
serve:
  listen: 127.0.0.1:0
`)
}

// hookEvent is one of workday's events; it may be sent again and again.
type hookEvent struct{ id, body string }

func hookSays(id, what string, day time.Time, at time.Time) hookEvent {
	return hookEvent{id, fmt.Sprintf(`{"what":%q,"email":%q,"day":%q,"at":%q}`, what, jane, day.Format(time.DateOnly), at.Format(time.RFC3339Nano))}
}

// deliver sends an event, signed now, and gives its outcome; it may run beside
// others.
func (e hookEvent) deliver(t *testing.T, h *house.House) string {
	now := fmt.Sprint(time.Now().Unix())
	mac := hmac.New(sha256.New, hookKey)
	mac.Write([]byte(e.id + "." + now + "." + e.body))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+h.Doors.Addr()+"/hooks/hr", strings.NewReader(e.body))
	if err != nil {
		return err.Error()
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("webhook-id", e.id)
	req.Header.Set("webhook-timestamp", now)
	req.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	var client http.Client
	res, err := client.Do(req)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	var said struct{ Results []struct{ Outcome string } }
	if err != nil || json.Unmarshal(all, &said) != nil || len(said.Results) != 1 {
		return fmt.Sprintf("%d %s", res.StatusCode, all)
	}
	return said.Results[0].Outcome
}

// An HR system's events come twice, at once, late, and after a restart: what
// Temporal keeps is what they mean.
func TestAnHRSystemsEventsCountOnceAndInTheirOwnOrder(t *testing.T) {
	s := hooked(t)
	h := openHouse(t, s)
	now := time.Now()
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	due := func() string {
		t.Helper()
		c, err := h.Cases.Get(t.Context(), jane)
		require.NoError(t, err)
		return c.Due.Format(time.DateOnly)
	}
	ago := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }

	leaves := hookSays("msg_1", "leaves", day(30), ago(50))
	got := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			out := leaves.deliver(t, h)
			mu.Lock()
			defer mu.Unlock()
			got[out]++
		})
	}
	all.Wait()
	require.Equal(t, 200, got["started"]+got["repeated"], "%v", got)
	cases, err := h.Cases.List(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, cases, 1)
	first := due()

	changed := hookSays("msg_2", "changed", day(60), ago(30))
	require.Equal(t, "moved", changed.deliver(t, h))
	second := due()
	require.NotEqual(t, first, second)
	require.Equal(t, "overtaken", hookSays("msg_3", "changed", day(10), ago(40)).deliver(t, h), "older, but later")
	require.Equal(t, "unchanged", hookSays("msg_4", "leaves", day(60), ago(20)).deliver(t, h), "the whole record again")
	require.Equal(t, "overtaken", hookSays("msg_5", "changed", day(10), ago(25)).deliver(t, h), "older than the record")

	h.Close()
	h = openHouse(t, s)
	require.Equal(t, "repeated", leaves.deliver(t, h))
	require.Equal(t, "repeated", changed.deliver(t, h))
	require.Equal(t, second, due())

	require.Equal(t, "cancelled", hookSays("msg_6", "withdrawn", day(60), ago(10)).deliver(t, h))
	eventually(t, "the case is over", func() bool {
		c, err := h.Cases.Get(t.Context(), jane)
		return err == nil && c.State == offboarding.Cancelled && !c.EndedAt.IsZero()
	})
	var late string
	eventually(t, "the case can be read again", func() bool {
		late = hookSays("msg_7", "changed", day(70), ago(15)).deliver(t, h)
		return !strings.HasPrefix(late, "503")
	})
	require.Equal(t, "overtaken", late, "older than the withdrawal")
	require.NotEmpty(t, s.firm.Holds(string(jane)), "nothing was cut")
	require.Equal(t, "reported", hookSays("msg_8", "rehired", day(0), ago(5)).deliver(t, h))
	require.Equal(t, "reported", hookSays("msg_9", "leaves", day(90), ago(1)).deliver(t, h), "another case is for a person to ask for")
	cases, err = h.Cases.List(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, cases, 1)
	require.Len(t, s.firm.Slack.Messages(), 3, "the case, and two things to look at")
}

func TestALastDayThatHasPassedIsCutAtOnce(t *testing.T) {
	s := hooked(t)
	h := openHouse(t, s)
	now := time.Now()
	require.Equal(t, "started", hookSays("msg_1", "leaves", now.AddDate(0, 1, 0), now.Add(-time.Hour)).deliver(t, h))
	require.Equal(t, "moved", hookSays("msg_2", "changed", now.AddDate(0, 0, -2), now.Add(-time.Minute)).deliver(t, h))
	end := ended(t, h.Cases, jane.CaseID())
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	require.Empty(t, s.firm.Holds(string(jane)))
	require.Equal(t, "unchanged", hookSays("msg_3", "leaves", now.AddDate(0, 0, -2), now).deliver(t, h))
}

func TestThePolicyDecidesWhatAnHRSystemMay(t *testing.T) {
	s := hooked(t)
	s.edit(t, "request: actor.door in ['hook', 'command']", "request: actor.door == 'command'")
	h := openHouse(t, s)
	now := time.Now()
	require.Equal(t, "started", hookSays("msg_1", "leaves", now.AddDate(0, 0, -1), now).deliver(t, h))
	end := ended(t, h.Cases, jane.CaseID())
	require.Equal(t, offboarding.Refused, end.State)
	require.NotEmpty(t, s.firm.Holds(string(jane)))
}
