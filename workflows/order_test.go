package workflows_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

func TestTheStepsAndTheirArgumentsComeInOrder(t *testing.T) {
	h := newHouse(t)
	okta := h.system("okta").holds("login", "sessions", "groups").asks("groups", offboarding.Ask)
	h.after(time.Minute, func() { h.mustDecide(offboarding.Retry, "okta/groups") })
	require.Equal(t, offboarding.Verified, h.offboard(jane).State)
	require.Empty(t, okta.left())
	require.Equal(t, []call{
		{"okta.Find", "jane.doe@example.com ", 0},
		{"okta.Contain", "id-okta", 0},
		{"okta.Revoke", "sessions 1-sessions", 0},
		{"okta.Observe", "id-okta", 0},
		{"okta.Revoke", "groups 1-groups", time.Minute},
		{"okta.Observe", "id-okta", time.Minute},
	}, h.trace())
}

func TestEverySystemIsContainedBeforeAnyIsRevoked(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.system("tailscale").holds("devices")
	h.system("wireguard").holds("peers")
	// One is slow, but not so slow that the others go on without it.
	h.system("okta").down(transport.Unavailable, 8*time.Second, activities.Contain)
	require.Equal(t, offboarding.Verified, h.offboard(jane).State)
	var steps []string
	for _, c := range h.trace() {
		if _, verb, _ := cut(c.name); len(steps) == 0 || steps[len(steps)-1] != verb {
			steps = append(steps, verb)
		}
	}
	revoke := slices.Index(steps, "Revoke")
	require.Equal(t, []string{"Find", "Contain", "Revoke"}, steps[:revoke+1])
	require.NotContains(t, steps[revoke:], "Contain")
}

func cut(name string) (string, string, bool) {
	for i := range name {
		if name[i] == '.' {
			return name[:i], name[i+1:], true
		}
	}
	return name, "", false
}

// words are decisions on different classes, so that their order does not matter.
var words = []struct {
	verb   offboarding.Verb
	target string
}{
	{offboarding.Retry, "okta/groups"},
	{offboarding.Waive, "okta/factors"},
	{offboarding.Waive, "github/deploy-keys"},
	{offboarding.Attest, "github/access-tokens"},
	{offboarding.Retry, "wireguard/peers"},
	{offboarding.Retry, "okta"},
	{offboarding.Retry, "github"},
}

func TestDecisionsInAnyOrderAndNumberEndInOneState(t *testing.T) {
	const parts = 4
	for part := range parts {
		t.Run(strconv.Itoa(part), func(t *testing.T) {
			t.Parallel()
			for seed := part; seed < 1000; seed += parts {
				anyOrder(t, uint64(seed))
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
		})
	}
}

func anyOrder(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a seed, not a secret
	h := newHouse(t)
	okta := h.system("okta").holds("login", "groups", "factors").asks("groups", offboarding.Ask).asks("factors", offboarding.Ask)
	github := h.system("github").holds("membership", "deploy-keys").asks("deploy-keys", offboarding.Ask)
	github.blind = []offboarding.Class{"access-tokens"}
	wireguard := h.system("wireguard").holds("peers").asks("peers", offboarding.Ask)
	github.down(transport.Unavailable, time.Duration(random.IntN(20))*time.Minute, verbs[random.IntN(4)])
	d := jane
	if random.IntN(2) == 0 {
		d.At = monday.Add(30 * time.Minute)
	}
	// Each word comes up to three times, early or late, and until it is heard.
	said := slices.Concat(words, words, words)
	random.Shuffle(len(said), func(i, j int) { said[i], said[j] = said[j], said[i] })
	for _, w := range said {
		h.env.RegisterDelayedCallback(func() { h.decide(w.verb, w.target) }, time.Duration(random.IntN(7200))*time.Second)
	}
	for i, w := range words[:5] {
		h.env.RegisterDelayedCallback(func() { h.decide(w.verb, w.target) }, 3*time.Hour+time.Duration(i)*time.Second)
	}
	got := h.offboard(d)
	require.Equal(t, offboarding.Closed, got.State)
	proofs := map[string]offboarding.Proof{}
	for _, s := range got.Systems {
		require.Equal(t, offboarding.Confirming, s.Stage)
		for _, v := range s.Verdicts {
			proofs[string(s.System)+"/"+string(v.Class)] = v.Proof
		}
	}
	for class, proof := range map[string]offboarding.Proof{
		"okta/login": offboarding.Observed, "okta/groups": offboarding.Observed, "okta/factors": offboarding.Waived,
		"github/membership": offboarding.Observed, "github/deploy-keys": offboarding.Waived, "github/access-tokens": offboarding.Attested,
		"wireguard/peers": offboarding.Observed,
	} {
		require.Equal(t, proof, proofs[class], class)
	}
	require.Equal(t, "factors 1-factors", listed(okta.left()))
	require.Equal(t, "deploy-keys 1-deploy-keys", listed(github.left()))
	require.Empty(t, wireguard.left())
	require.Empty(t, got.Needs())
}

func TestWhateverIsDecidedACaseNeverClaimsMoreThanIsTrue(t *testing.T) {
	kinds := []transport.Kind{transport.Unavailable, transport.Unauthorized, transport.Limited, transport.Invalid, transport.Refused}
	for seed := range uint64(80) {
		random := rand.New(rand.NewPCG(seed, 11)) //nolint:gosec // a seed, not a secret
		h := newHouse(t)
		classes := []offboarding.Class{"login", "groups", "sessions", "membership"}
		for _, name := range []offboarding.System{"okta", "github"} {
			s := h.system(name).holds(classes...).asks("groups", []offboarding.Removal{offboarding.Remove, offboarding.Ask, offboarding.Report}[random.IntN(3)])
			s.lies, s.noControl = random.IntN(3) == 0, random.IntN(5) == 0
			s.account = random.IntN(6) > 0
			s.down(kinds[random.IntN(5)], time.Duration(random.IntN(150))*time.Minute, verbs[random.IntN(4)])
			if random.IntN(3) == 0 {
				s.blind = []offboarding.Class{"sessions"}
			}
		}
		targets := []string{"okta", "github", "okta/groups", "github/groups", "okta/login", "github/sessions", "okta/sessions", "github/membership"}
		say := []offboarding.Verb{offboarding.Retry, offboarding.Attest, offboarding.Waive}
		for range 30 {
			verb, target := say[random.IntN(3)], targets[random.IntN(len(targets))]
			h.env.RegisterDelayedCallback(func() { h.decide(verb, target) }, time.Duration(random.IntN(18000))*time.Second)
		}
		for i := range 20 { // whatever is left is settled by a person in the end
			h.env.RegisterDelayedCallback(func() {
				for _, target := range asked(h.now()) {
					h.decide(say[1+random.IntN(2)], target)
				}
			}, 10*time.Hour+time.Duration(i)*time.Hour)
		}
		got := h.offboard(jane)
		require.True(t, got.State.Ended(), "seed %d: %s", seed, got.State)
		require.Empty(t, got.Needs(), "seed %d", seed)
		for _, s := range h.systems {
			p := part(t, got, s.name)
			if got.State == offboarding.Verified {
				require.True(t, len(s.left()) == 0 || !s.account, "seed %d: verified, and %s holds %s", seed, s.name, listed(s.left()))
			}
			if got.State == offboarding.Closed {
				require.True(t, p.Settled(), "seed %d: %s is not settled: %s", seed, s.name, offboarding.ProofText(p))
			}
			for _, g := range s.left() {
				for _, v := range p.Verdicts {
					require.False(t, v.Class == g.Class && v.Verified(), "seed %d: %s/%s is called %s and is there", seed, s.name, g.Class, v.Proof)
				}
			}
		}
	}
}
