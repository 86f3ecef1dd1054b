package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

var jane = offboarding.Departure{Subject: "jane.doe@example.com", RequestedBy: offboarding.Named(offboarding.DoorCommand, "hr@example.com")}

var verbs = []activities.Verb{activities.Find, activities.Contain, activities.Revoke, activities.Observe}

func twoSystems(t *testing.T) (*house, *scripted, *scripted) {
	h := newHouse(t)
	return h, h.system("okta").holds("login", "sessions", "groups"), h.system("github").holds("membership", "deploy-keys")
}

func TestASystemThatIsDownForMostOfAnHourHoldsUpNobodyElse(t *testing.T) {
	for _, verb := range verbs {
		t.Run(string(verb), func(t *testing.T) {
			h, okta, github := twoSystems(t)
			okta.down(transport.Unavailable, 50*time.Minute, verb)
			h.after(time.Minute, func() {
				now := h.now()
				require.Empty(t, now.Needs(), "nobody is asked before the deadline")
				require.Equal(t, offboarding.Confirming, part(t, now, "github").Stage, "github is through")
				require.NotEqual(t, offboarding.NeedsDecision, now.State)
			})
			got := h.offboard(jane)
			require.Equal(t, offboarding.Verified, got.State, got.Outcome)
			require.Empty(t, okta.left())
			require.Empty(t, github.left())
			for _, v := range verbs {
				require.Less(t, h.first(activities.Name("github", v)), 15*time.Second, "github.%s waits for okta", v)
			}
			require.Less(t, got.EndedAt.Sub(monday), 52*time.Minute)
			require.Greater(t, got.EndedAt.Sub(monday), 49*time.Minute)
			tries := len(h.when(activities.Name("okta", verb)))
			require.Greater(t, tries, 90, "it goes on trying, about twice a minute")
			require.Less(t, tries, 140)
		})
	}
}

func TestASystemThatIsDownPastTheDeadlineAsksAPerson(t *testing.T) {
	for _, verb := range verbs {
		t.Run(string(verb), func(t *testing.T) {
			h, okta, github := twoSystems(t)
			okta.down(transport.Unavailable, 2*time.Hour, verb)
			h.after(59*time.Minute, func() { require.Empty(t, h.now().Needs()) })
			h.after(61*time.Minute, func() {
				now := h.now()
				require.Equal(t, []string{"okta"}, asked(now))
				require.Equal(t, offboarding.NeedsDecision, now.State)
				require.Contains(t, now.Needs()[0].What, "scripted", "the connector's own words")
				require.Empty(t, github.left())
			})
			h.after(3*time.Hour, func() { require.Equal(t, []string{"okta"}, asked(h.now()), "it waits as long as it takes") })
			var said *outcome
			h.after(4*time.Hour, func() { said = h.decide(offboarding.Retry, "okta") })
			got := h.offboard(jane)
			require.True(t, said.done)
			require.Equal(t, offboarding.Verified, got.State, got.Outcome)
			require.Empty(t, got.Needs())
			require.Empty(t, okta.left())
		})
	}
}

func TestARetryThatIsInVainGetsADeadlineOfItsOwn(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.down(transport.Unavailable, 4*time.Hour, activities.Contain)
	h.after(70*time.Minute, func() { h.decide(offboarding.Retry, "okta") })
	h.after(80*time.Minute, func() { require.Empty(t, h.now().Needs(), "it tries again") })
	h.after(120*time.Minute, func() { require.Empty(t, h.now().Needs()) })
	h.after(132*time.Minute, func() { require.Equal(t, []string{"okta"}, asked(h.now())) })
	h.after(5*time.Hour, func() { h.decide(offboarding.Retry, "okta") })
	require.Equal(t, offboarding.Verified, h.offboard(jane).State)
}

func TestEverySystemDownAtOnceIsWaitedFor(t *testing.T) {
	h, okta, github := twoSystems(t)
	okta.down(transport.Unavailable, 20*time.Minute, verbs...)
	github.down(transport.Invalid, 30*time.Minute, verbs...)
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State, got.Outcome)
	require.Empty(t, okta.left())
	require.Empty(t, github.left())
}

func TestARateLimitIsWaitedOutAtTheVendorsPace(t *testing.T) {
	for _, verb := range verbs {
		for asked, pause := range map[time.Duration]time.Duration{
			5 * time.Second: 5 * time.Second, 25 * time.Minute: 25 * time.Minute, 0: 30 * time.Second, time.Millisecond: time.Second,
		} {
			t.Run(string(verb)+" "+asked.String(), func(t *testing.T) {
				h, okta, _ := twoSystems(t)
				okta.fail[verb] = func(try int) error {
					if try == 1 {
						return &transport.Error{Kind: transport.Limited, System: "okta", Op: "call", RetryAfter: asked}
					}
					return nil
				}
				got := h.offboard(jane)
				require.Equal(t, offboarding.Verified, got.State, got.Outcome)
				times := h.when(activities.Name("okta", verb))
				require.GreaterOrEqual(t, len(times), 2)
				require.GreaterOrEqual(t, times[1]-times[0], pause, "called again before the vendor's time")
				require.LessOrEqual(t, times[1]-times[0], pause+pause/10+time.Second)
			})
		}
	}
}

func TestALimitBeyondTheDeadlineAsksAPersonAtTheDeadline(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.fail[activities.Contain] = func(try int) error {
		if try == 1 {
			return &transport.Error{Kind: transport.Limited, System: "okta", Op: "call", RetryAfter: 300 * time.Hour}
		}
		return nil
	}
	h.after(59*time.Minute, func() { require.Empty(t, h.now().Needs()) })
	h.after(60*time.Minute+10*time.Second, func() {
		require.Equal(t, []string{"okta"}, asked(h.now()))
		h.decide(offboarding.Retry, "okta")
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State, got.Outcome)
	times := h.when("okta.Contain")
	require.InDelta(t, time.Hour+10*time.Second, times[1]-times[0], float64(5*time.Second),
		"not called before a person said so, and then at once, whatever the vendor named")
}

func TestWaitingOutALimitDoesNotMoveTheDeadline(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.fail[activities.Contain] = func(try int) error {
		if try == 1 {
			return &transport.Error{Kind: transport.Limited, System: "okta", Op: "call", RetryAfter: 50 * time.Minute}
		}
		if h.env.Now().Sub(monday) < 2*time.Hour {
			return &transport.Error{Kind: transport.Unavailable, System: "okta", Op: "call"}
		}
		return nil
	}
	h.after(61*time.Minute, func() { require.Equal(t, []string{"okta"}, asked(h.now())) })
	h.after(2*time.Hour, func() { h.mustDecide(offboarding.Retry, "okta") })
	require.Equal(t, offboarding.Verified, h.offboard(jane).State)
}

func TestAVendorThatStillLimitsAfterAPersonsRetryIsNotPressed(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.fail[activities.Contain] = func(int) error {
		if h.env.Now().Sub(monday) < 3*time.Hour {
			return &transport.Error{Kind: transport.Limited, System: "okta", Op: "call", RetryAfter: 24 * time.Hour}
		}
		return nil
	}
	for _, at := range []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour} {
		h.after(at+10*time.Minute, func() { h.mustDecide(offboarding.Retry, "okta") })
	}
	require.Equal(t, offboarding.Verified, h.offboard(jane).State)
	require.LessOrEqual(t, len(h.when("okta.Contain")), 7, "one call for each word, and none sooner than an hour after it")
}
