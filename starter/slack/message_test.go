package slack

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	channel "lastday/activities/slack"
	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
	"lastday/sandbox/slack/kit"
	"lastday/secret"
)

func TestAnyCasesMessageKeepsSlacksLimits(t *testing.T) {
	s := sandbox.New(people.Staff(1), sandbox.Options{})
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte(sandbox.DefaultBotToken), 0o600))
	token, err := secret.Parse("file:" + path)
	require.NoError(t, err)
	m, err := channel.NewMessenger(channel.Config{BotToken: token, BaseURL: srv.URL, Channel: sandbox.DefaultChannel})
	require.NoError(t, err)
	m.WithButtons()
	buttons := 0
	for seed := range uint64(120) {
		c := source{rand.New(rand.NewPCG(seed, 2))}.theCase()
		_, err := m.Tell(t.Context(), activities.Telling{
			Key: fmt.Sprintf("%s run%d", c.ID, seed), Since: time.Now().Add(-time.Minute), Attempt: 1, Notice: offboarding.NoticeOf(c),
		})
		require.NoError(t, err, "the sandbox refuses what Slack refuses; seed %d", seed)
		all := s.Messages()
		raw := all[len(all)-1].Blocks
		problems, err := kit.Message([]byte(raw))
		require.NoError(t, err)
		require.Empty(t, problems, "seed %d", seed)
		require.False(t, kit.TooLong([]byte(raw)))
		harmless(t, raw)
		for _, p := range offboarding.PossibleActs(c) {
			require.Contains(t, raw, `"`+channel.ButtonPrefix+string(p.Do)+".", "every act has its button; seed %d", seed)
			buttons++
		}
	}
	require.Greater(t, buttons, 200)
}

func TestAMessageHasNoButtonsThatNobodyAnswers(t *testing.T) {
	groups := channel.Buttons("offboard:jane@example.com", []offboarding.Possible{{Do: offboarding.ActCancel}, {Do: "unheard-of"}})
	require.Len(t, groups, 1)
	require.Len(t, groups[0].Buttons, 1)
	p, caseID, err := offboarding.ParseToken(groups[0].Buttons[0].Value)
	require.NoError(t, err)
	require.Equal(t, offboarding.Possible{Do: offboarding.ActCancel}, p)
	require.Equal(t, "offboard:jane@example.com", caseID)
}
