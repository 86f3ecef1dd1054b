package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

func withKeys(t *testing.T, r offboarding.Removal) (*house, *scripted) {
	h := newHouse(t)
	return h, h.system("github").holds("membership", "deploy-keys").asks("deploy-keys", r)
}

func TestAClassThatIsSetToAskWaitsForAPerson(t *testing.T) {
	for word, proof := range map[offboarding.Verb]offboarding.Proof{
		offboarding.Retry: offboarding.Observed, offboarding.Attest: offboarding.Observed, offboarding.Waive: offboarding.Waived,
	} {
		t.Run(string(word), func(t *testing.T) {
			h, github := withKeys(t, offboarding.Ask)
			h.after(time.Second, func() {
				now := h.now()
				require.Equal(t, []string{"github/deploy-keys"}, asked(now), "asked at once, not at the deadline")
				require.Contains(t, now.Needs()[0].What, "deploy-keys one")
				require.Equal(t, offboarding.NeedsDecision, now.State)
				require.Len(t, github.left(), 1, "the rest is gone")
			})
			h.after(100*time.Hour, func() {
				require.Len(t, h.when("github.Observe"), 1, "nothing is polled while only a person can help")
				if word == offboarding.Attest {
					github.loses("deploy-keys")
				}
				h.mustDecide(word, "github/deploy-keys")
			})
			got := h.offboard(jane)
			require.Equal(t, proof, verdict(t, got, "github", "deploy-keys").Proof)
			if word != offboarding.Waive {
				require.Equal(t, offboarding.Verified, got.State)
				require.Empty(t, github.left())
				return
			}
			require.Equal(t, offboarding.Closed, got.State)
			require.Len(t, github.left(), 1, "never removed")
			require.Contains(t, verdict(t, got, "github", "deploy-keys").Note, "1 still there")
		})
	}
}

func TestNobodyCanSayThatWhatIsReadAsThereIsGone(t *testing.T) {
	h, github := withKeys(t, offboarding.Ask)
	h.after(time.Hour, func() { h.mustDecide(offboarding.Attest, "github/deploy-keys") })
	h.after(2*time.Hour, func() {
		require.Equal(t, []string{"github/deploy-keys"}, asked(h.now()))
		require.Equal(t, offboarding.NeedsDecision, h.now().State)
		require.Contains(t, h.now().Needs()[0].What, "ada@example.com says it is gone, but 1 still there; remove it and attest again")
		require.Len(t, h.when("github.Observe"), 2, "looked again, once")
		require.Len(t, github.left(), 1, "what machines may depend on is not removed by it")
		h.mustDecide(offboarding.Attest, "github/deploy-keys")
	})
	h.after(3*time.Hour, func() {
		require.Equal(t, []string{"github/deploy-keys"}, asked(h.now()))
		github.loses("deploy-keys")
		h.mustDecide(offboarding.Attest, "github/deploy-keys")
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, offboarding.Observed, verdict(t, got, "github", "deploy-keys").Proof)
}

func TestAQuestionIsAskedAndAnsweredWhileTheCaseWaitsForItsTime(t *testing.T) {
	for word, left := range map[offboarding.Verb]int{offboarding.Retry: 0, offboarding.Attest: 0, offboarding.Waive: 1} {
		for _, target := range []string{"github/deploy-keys", "github"} {
			if word == offboarding.Retry && target == "github" {
				continue // asks again, below
			}
			t.Run(string(word)+" "+target, func(t *testing.T) {
				h, github := withKeys(t, offboarding.Ask)
				h.after(time.Hour, func() {
					require.Equal(t, []string{"github/deploy-keys"}, asked(h.now()))
					require.Equal(t, offboarding.Waiting, h.now().State)
					if word == offboarding.Attest {
						github.loses("deploy-keys")
					}
					h.mustDecide(word, target)
				})
				h.after(2*time.Hour, func() { require.Empty(t, asked(h.now())) })
				d := jane
				d.At = monday.Add(48 * time.Hour)
				got := h.offboard(d)
				require.Len(t, github.left(), left)
				require.Equal(t, 48*time.Hour, h.first("github.Contain"), "a word on a question begins nothing")
				require.Less(t, got.EndedAt.Sub(monday), 49*time.Hour, "nothing is asked again")
			})
		}
	}
}

func TestNothingIsAcceptedBeforeItWasAsked(t *testing.T) {
	h, github := withKeys(t, offboarding.Ask)
	var early []*outcome
	h.after(time.Hour, func() {
		early = append(early, h.decide(offboarding.Attest, "github/membership"), h.decide(offboarding.Waive, "github/membership"))
	})
	h.after(49*time.Hour, func() { h.mustDecide(offboarding.Retry, "github/deploy-keys") })
	require.Equal(t, offboarding.Verified, h.offboard(inTwoDays()).State)
	require.Empty(t, github.left())
	for _, o := range early {
		require.ErrorContains(t, o.rejected, "waits for no decision yet")
	}
}

func TestAWordOfBeforeTheBeginIsNoWordOnWhatGoesWrongLater(t *testing.T) {
	h, github := withKeys(t, offboarding.Ask)
	github.down(transport.Unauthorized, 50*time.Hour, activities.Contain)
	h.after(time.Hour, func() { h.mustDecide(offboarding.Retry, "github/deploy-keys") })
	h.after(49*time.Hour, func() {
		require.Equal(t, []string{"github"}, asked(h.now()))
		require.Len(t, h.when("github.Contain"), 1)
	})
	h.after(51*time.Hour, func() { h.mustDecide(offboarding.Retry, "github") })
	require.Equal(t, offboarding.Verified, h.offboard(inTwoDays()).State)
}

func TestAWordOnAWholeSystemAcceptsOnlyWhatWasAsked(t *testing.T) {
	h, github := withKeys(t, offboarding.Ask)
	github.lies = true
	h.after(time.Hour, func() { h.mustDecide(offboarding.Waive, "github") })
	h.after(51*time.Hour, func() {
		require.Equal(t, []string{"github/membership"}, asked(h.now()), "nobody accepted that the membership stays")
		github.lies = false
		h.decide(offboarding.Retry, "github")
	})
	d := jane
	d.At = monday.Add(48 * time.Hour)
	got := h.offboard(d)
	require.Equal(t, offboarding.Observed, verdict(t, got, "github", "membership").Proof)
}

func TestARetryOfTheWholeSystemDoesNotAnswerWhatMachinesDependOn(t *testing.T) {
	for _, d := range []offboarding.Departure{jane, inTwoDays()} {
		h, github := withKeys(t, offboarding.Ask)
		h.after(time.Hour, func() { h.mustDecide(offboarding.Retry, "github") })
		h.after(2*time.Hour, func() { require.Equal(t, []string{"github/deploy-keys"}, asked(h.now())) })
		h.after(50*time.Hour, func() {
			require.Equal(t, []string{"github/deploy-keys"}, asked(h.now()))
			require.Len(t, github.left(), 1)
			h.mustDecide(offboarding.Waive, "github/deploy-keys")
		})
		require.Equal(t, offboarding.Closed, h.offboard(d).State)
	}
}

func TestAClassThatIsSetToReportIsListedAndLeft(t *testing.T) {
	h, github := withKeys(t, offboarding.Report)
	got := h.offboard(jane)
	require.Equal(t, offboarding.Closed, got.State, "what was left is never called verified")
	require.Equal(t, offboarding.ReportedProof, verdict(t, got, "github", "deploy-keys").Proof)
	require.Contains(t, got.Outcome, "1 left by the configuration")
	require.Len(t, github.left(), 1)
}

func TestAClassOutOfSightIsAskedAtOnceAndNeverVerifiedByAWord(t *testing.T) {
	for word, proof := range map[offboarding.Verb]offboarding.Proof{
		offboarding.Attest: offboarding.Attested, offboarding.Waive: offboarding.Waived,
	} {
		t.Run(string(word), func(t *testing.T) {
			h := newHouse(t)
			h.system("github").holds("membership").blind = []offboarding.Class{"access-tokens"}
			h.after(time.Second, func() {
				require.Equal(t, []string{"github/access-tokens"}, asked(h.now()))
				require.Contains(t, h.now().Needs()[0].What, "the token lacks a scope")
			})
			h.after(time.Hour, func() { h.decide(word, "github/access-tokens") })
			got := h.offboard(jane)
			require.Equal(t, offboarding.Closed, got.State)
			require.Equal(t, proof, verdict(t, got, "github", "access-tokens").Proof)
		})
	}
	t.Run("mended", func(t *testing.T) {
		h := newHouse(t)
		github := h.system("github").holds("membership")
		github.blind = []offboarding.Class{"access-tokens"}
		github.classes = append(github.classes, "access-tokens")
		h.after(time.Hour, func() {
			github.blind = nil
			h.decide(offboarding.Retry, "github/access-tokens")
		})
		got := h.offboard(jane)
		require.Equal(t, offboarding.Verified, got.State)
	})
}

func TestARevokeThatLiesIsNeverVerifiedAndAskedAtTheDeadline(t *testing.T) {
	for word, want := range map[offboarding.Verb]offboarding.State{
		offboarding.Retry: offboarding.Verified, offboarding.Attest: offboarding.Verified, offboarding.Waive: offboarding.Closed,
	} {
		t.Run(string(word), func(t *testing.T) {
			h := newHouse(t)
			okta := h.system("okta").holds("login", "sessions")
			okta.lies = true
			h.after(59*time.Minute, func() {
				require.Empty(t, h.now().Needs(), "it looks again and again until the deadline")
				require.Empty(t, verdict(t, h.now(), "okta", "sessions").Proof)
			})
			h.after(62*time.Minute, func() {
				require.Equal(t, []string{"okta/login", "okta/sessions"}, asked(h.now()))
				require.Contains(t, h.now().Needs()[0].What, "1 still there")
			})
			h.after(2*time.Hour, func() {
				okta.lies = false
				h.mustDecide(word, "okta")
			})
			got := h.offboard(jane)
			require.Equal(t, want, got.State)
			require.Equal(t, word == offboarding.Waive, len(okta.left()) > 0)
		})
	}
}

func TestAccessThatComesBackIsCutAgain(t *testing.T) {
	for _, class := range []offboarding.Class{"login", "groups", "devices"} {
		t.Run(string(class), func(t *testing.T) {
			h := newHouse(t)
			okta := h.system("okta").holds("login", "groups")
			okta.hook[activities.Observe] = func(try int) {
				if try == 1 {
					okta.holds(class)
				}
			}
			got := h.offboard(jane)
			require.Equal(t, offboarding.Verified, got.State)
			require.Empty(t, okta.left())
			require.Equal(t, offboarding.Observed, verdict(t, got, "okta", class).Proof)
			require.Len(t, h.when("okta.Observe"), 2)
		})
	}
}

func TestAnObservationWithoutAControlProvesNothing(t *testing.T) {
	h := newHouse(t)
	okta := h.system("okta").holds("sessions")
	okta.noControl = true
	h.after(61*time.Minute, func() {
		require.Len(t, asked(h.now()), 4, "every class is asked at the deadline")
		require.Empty(t, okta.left())
		h.decide(offboarding.Attest, "okta")
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Closed, got.State)
}

func TestASystemThatSpeaksOfNothingIsNotTakenForClean(t *testing.T) {
	h := newHouse(t)
	okta := h.system("okta")
	okta.classes = nil
	h.after(time.Minute, func() {
		require.Equal(t, []string{"okta"}, asked(h.now()))
		h.mustDecide(offboarding.Attest, "okta")
	})
	require.Equal(t, offboarding.Closed, h.offboard(jane).State)
}

func TestAnAccountWithoutAccessIsObservedAndNotWrittenTo(t *testing.T) {
	h := newHouse(t)
	h.system("okta")
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, []string{"okta.Find", "okta.Observe"}, h.calls("okta"))
}

func TestWhatAFailedStepDidIsKept(t *testing.T) {
	h := newHouse(t)
	okta := h.system("okta").holds("sessions")
	okta.breaks = &transport.Error{Kind: transport.Unauthorized, System: "okta", Op: "call"}
	h.after(time.Minute, func() {
		require.Len(t, part(t, h.now(), "okta").Actions, 2, "suspended, and removed before it broke")
		h.decide(offboarding.Attest, "okta")
	})
	require.Equal(t, offboarding.Closed, h.offboard(jane).State)
}
