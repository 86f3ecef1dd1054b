package slack_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/activities/slack"
	"lastday/activities/transport"
	sandbox "lastday/sandbox/slack"
)

const signed = "record.example.com/lastday\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— record.example.com/lastday qINS1ggkKgxt<&>*_~\n"

func TestCodeIsShownExactly(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	c, err := slack.NewCodes(w.conf)
	require.NoError(t, err)
	link, err := c.PostCode(t.Context(), w.conf.Channel, "The record holds 3 entries", "Keep <this> & *that*.", signed)
	require.NoError(t, err)

	all := w.Messages()
	require.Len(t, all, 1)
	require.Equal(t, "The record holds 3 entries", all[0].Text)
	var blocks []struct {
		Type     string
		Elements []struct {
			Type     string
			Elements []struct{ Type, Text string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(all[0].Blocks), &blocks))
	require.Len(t, blocks, 3)
	code := blocks[2].Elements[0]
	require.Equal(t, "rich_text_preformatted", code.Type)
	require.Equal(t, "text", code.Elements[0].Type, "no link, no mention: the text alone")
	require.Equal(t, signed, code.Elements[0].Text+"\n")

	require.Equal(t, 1, w.calls("POST /api/auth.test"))
	_, err = c.PostCode(t.Context(), w.conf.Channel, "again", "again", signed)
	require.NoError(t, err)
	require.Equal(t, 1, w.calls("POST /api/auth.test"), "the workspace is asked for once")
	require.Regexp(t, `^https?://[^/]+/archives/`+w.conf.Channel+`/p\d{16}$`, link)
}

func TestCodeGoesOnlyWhereItBelongs(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	c, err := slack.NewCodes(w.conf)
	require.NoError(t, err)
	_, err = c.PostCode(t.Context(), "#general", "a", "b", signed)
	require.ErrorContains(t, err, "not a channel id")
	_, err = c.PostCode(t.Context(), "C0NOTHERE", "a", "b", signed)
	var e *transport.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, transport.Refused, e.Kind)

	conf := w.conf
	conf.TeamID = "T0ANOTHER1"
	other, err := slack.NewCodes(conf)
	require.NoError(t, err)
	_, err = other.PostCode(t.Context(), w.conf.Channel, "a", "b", signed)
	require.ErrorAs(t, err, &e)
	require.Equal(t, transport.Identity, e.Kind)
	require.Empty(t, w.Messages())
}
