package kit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/sandbox/slack/kit"
)

func plain(n int) string { return `{"type":"plain_text","text":"` + strings.Repeat("ü", n) + `"}` }

func mark(n int) string { return `{"type":"mrkdwn","text":"` + strings.Repeat("ü", n) + `"}` }

// several repeats a JSON value n times, with % standing for its number.
func several(n int, each string) string {
	list := make([]string, 0, n)
	for i := range n {
		list = append(list, strings.ReplaceAll(each, "%", fmt.Sprint(i)))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func options(n int) string {
	return several(n, `{"text":{"type":"plain_text","text":"o%"},"value":"v%"}`)
}

func input(element string) string {
	return `{"type":"input","label":` + plain(1) + `,"element":` + element + `}`
}

func modal(blocks string) string {
	return `{"type":"modal","title":` + plain(24) + `,"submit":` + plain(24) + `,"close":` + plain(24) + `,"blocks":` + blocks + `}`
}

// limits are pieces of which so much is fine and one more is not: what stands
// for the block of n, the most, and the problem.
var limits = []struct {
	name  string
	block func(n int) string
	most  int
	want  string
}{
	{"header", func(n int) string { return `{"type":"header","text":` + plain(n) + `}` }, kit.HeaderText, "must be less than 151 characters [json-pointer:/blocks/0/text/text]"},
	{"section text", func(n int) string { return `{"type":"section","text":` + mark(n) + `}` }, kit.SectionText, "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
	{"section field", func(n int) string { return `{"type":"section","fields":[` + plain(n) + `]}` }, kit.FieldText, "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"},
	{"section fields", func(n int) string { return `{"type":"section","fields":` + several(n, plain(1)) + `}` }, kit.Fields, "no more than 10 items allowed [json-pointer:/blocks/0/fields]"},
	{"context", func(n int) string { return `{"type":"context","elements":` + several(n, mark(1)) + `}` }, kit.ContextElements, "no more than 10 items allowed [json-pointer:/blocks/0/elements]"},
	{"actions", func(n int) string {
		return `{"type":"actions","elements":` + several(n, `{"type":"button","action_id":"a%","text":`+plain(1)+`}`) + `}`
	}, kit.ActionElements, "no more than 25 items allowed [json-pointer:/blocks/0/elements]"},
	{"button text", func(n int) string { return button(`"text":` + plain(n)) }, kit.ButtonText, "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"},
	{"button value", func(n int) string { return button(`"text":` + plain(1) + `,"value":"` + strings.Repeat("v", n) + `"`) }, kit.ButtonValue, "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"},
	{"action id", func(n int) string {
		return button(`"text":` + plain(1) + `,"action_id":"` + strings.Repeat("v", n) + `"`)
	}, kit.ID, "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"},
	{"block id", func(n int) string { return `{"type":"divider","block_id":"` + strings.Repeat("v", n) + `"}` }, kit.ID, "must be less than 256 characters [json-pointer:/blocks/0/block_id]"},
	{"confirm title", func(n int) string { return confirming(n, 1, 1) }, kit.ConfirmTitle, "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]"},
	{"confirm text", func(n int) string { return confirming(1, n, 1) }, kit.ConfirmText, "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]"},
	{"confirm button", func(n int) string { return confirming(1, 1, n) }, kit.ConfirmButton, "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]"},
	{"select", func(n int) string { return input(`{"type":"static_select","options":` + options(n) + `}`) }, kit.SelectOptions, "no more than 100 items allowed [json-pointer:/blocks/0/element/options]"},
	{"radio", func(n int) string { return input(`{"type":"radio_buttons","options":` + options(n) + `}`) }, kit.ChoiceOptions, "no more than 10 items allowed [json-pointer:/blocks/0/element/options]"},
	{"overflow", func(n int) string {
		return `{"type":"section","text":` + mark(1) + `,"accessory":{"type":"overflow","options":` + options(n) + `}}`
	}, kit.OverflowOptions, "no more than 5 items allowed [json-pointer:/blocks/0/accessory/options]"},
	{"option text", func(n int) string {
		return input(`{"type":"static_select","options":[{"text":` + plain(n) + `,"value":"v"}]}`)
	}, kit.OptionText, "must be less than 76 characters [json-pointer:/blocks/0/element/options/0/text/text]"},
	{"option value", func(n int) string {
		return input(`{"type":"static_select","options":[{"text":` + plain(1) + `,"value":"` + strings.Repeat("v", n) + `"}]}`)
	}, kit.OptionValue, "must be less than 76 characters [json-pointer:/blocks/0/element/options/0/value]"},
	{"placeholder", func(n int) string { return input(`{"type":"plain_text_input","placeholder":` + plain(n) + `}`) }, kit.PlaceholderText, "must be less than 151 characters [json-pointer:/blocks/0/element/placeholder/text]"},
	{"initial value", func(n int) string {
		return input(`{"type":"plain_text_input","initial_value":"` + strings.Repeat("v", n) + `"}`)
	}, kit.InputText, "must be less than 3001 characters [json-pointer:/blocks/0/element/initial_value]"},
	{"label", func(n int) string {
		return `{"type":"input","label":` + plain(n) + `,"element":{"type":"plain_text_input"}}`
	}, kit.LabelText, "must be less than 2001 characters [json-pointer:/blocks/0/label/text]"},
}

func button(fields string) string {
	return `{"type":"actions","elements":[{"type":"button",` + fields + `}]}`
}

func confirming(title, text, yes int) string {
	return button(`"text":` + plain(1) + `,"confirm":{"title":` + plain(title) + `,"text":` + mark(text) + `,"confirm":` + plain(yes) + `,"deny":` + plain(1) + `}`)
}

func TestSoMuchAndNotOneMore(t *testing.T) {
	for _, l := range limits {
		t.Run(l.name, func(t *testing.T) {
			got, err := kit.Message([]byte("[" + l.block(l.most) + "]"))
			require.NoError(t, err)
			require.Empty(t, got)
			got, err = kit.Message([]byte("[" + l.block(l.most+1) + "]"))
			require.NoError(t, err)
			require.Equal(t, []string{l.want}, got)
			got, err = kit.View([]byte(modal("[" + l.block(l.most+1) + "]")))
			require.NoError(t, err)
			require.Equal(t, []string{strings.ReplaceAll(l.want, "pointer:/blocks", "pointer:/view/blocks")}, got)
		})
	}
	many := func(n int) []byte { return []byte(several(n, `{"type":"divider"}`)) }
	for n, want := range map[int]int{50: 0, 51: 1} {
		got, err := kit.Message(many(n))
		require.NoError(t, err)
		require.Len(t, got, want)
	}
	for n, want := range map[int]int{100: 0, 101: 1} {
		got, err := kit.View([]byte(modal(string(many(n)))))
		require.NoError(t, err)
		require.Len(t, got, want)
	}
	require.False(t, kit.TooLong(many(50)))
	require.True(t, kit.TooLong([]byte(several(5, `{"type":"section","text":`+mark(2800)+`}`))))
}

func TestWhatIsWrongWithBlocks(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{`[{"type":"section"}]`, "must define either `text` or `fields`"},
		{`[{"type":"section","text":{"type":"mrkdwn","text":""}}]`, "must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		{`[{"type":"section","text":"bare"}]`, "must be an object, not a string"},
		{`[{"type":"section","text":{"type":"markdown","text":"x"}}]`, "must be one of: plain_text, mrkdwn"},
		{`[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]`, "must be one of: plain_text"},
		{`[{"type":"header"}]`, "missing required field: text [json-pointer:/blocks/0]"},
		{`[{"type":"divider","colour":"red"}]`, "invalid additional property: colour"},
		{`[{"type":"carrousel"}]`, "unsupported type: carrousel"},
		{`[{}]`, "missing required field: type"},
		{`[7]`, "must be an object, not a number"},
		{`[{"type":"actions","elements":[]}]`, "no fewer than 1 items allowed"},
		{`[{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}]`, "`block_id` already exists: a"},
		{`[{"type":"context","elements":[{"type":"button"}]}]`, "must be one of: plain_text, mrkdwn"},
		{`[{"type":"actions","elements":[{"type":"plain_text_input"}]}]`, "unsupported type: plain_text_input"},
		{`[` + button(`"text":`+plain(1)+`,"style":"big"`) + `]`, "must be one of: primary, danger"},
		{`[` + button(`"text":`+plain(1)+`,"url":"nowhere"`) + `]`, "must be a valid URL"},
		{`[` + button(`"text":`+mark(1)) + `]`, "must be one of: plain_text"},
		{`[` + input(`{"type":"button","text":`+plain(1)+`}`) + `]`, "unsupported type: button"},
		{`[` + input(`{"type":"static_select","options":[]}`) + `]`, "no fewer than 1 items"},
		{`[` + input(`{"type":"static_select"}`) + `]`, "must define either `options` or `option_groups`"},
		{`[` + input(`{"type":"static_select","options":`+several(2, `{"text":`+plain(1)+`,"value":"v"}`)+`}`) + `]`, "must be unique among the options"},
		{`[` + input(`{"type":"radio_buttons","options":`+options(2)+`,"initial_option":{}}`) + `]`, "must be one of the options [json-pointer:/blocks/0/element/initial_option]"},
		{`[` + input(`{"type":"datepicker","initial_date":"2026-02-30"}`) + `]`, "must be a date YYYY-MM-DD"},
		{`[` + input(`{"type":"timepicker","initial_time":"25:00"}`) + `]`, "must be a time HH:mm"},
		{`[` + input(`{"type":"timepicker","timezone":"Mars/Olympus"}`) + `]`, "must be an IANA time zone"},
		{`[` + input(`{"type":"datetimepicker","initial_date_time":12}`) + `]`, "must be an integer from 1000000000"},
		{`[` + input(`{"type":"plain_text_input","min_length":9,"max_length":3}`) + `]`, "must not be more than max_length"},
		{`[{"type":"actions","elements":` + several(2, `{"type":"button","action_id":"a","text":`+plain(1)+`}`) + `}]`, "`action_id` already exists: a"},
	} {
		got, err := kit.Message([]byte(c.raw))
		require.NoError(t, err, c.raw)
		require.NotEmpty(t, got, c.raw)
		require.Contains(t, got[0], c.want, c.raw)
	}
	for _, raw := range []string{``, `{`, `{}`, `"[]"`, `null`, `[] []`} {
		_, err := kit.Message([]byte(raw))
		require.Error(t, err, raw)
	}
}

func TestWhatIsWrongWithViews(t *testing.T) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for raw, want := range map[string]string{
		`{}`:                           "missing required field: type [json-pointer:/view]",
		`{"type":"modal","blocks":[]}`: "missing required field: title [json-pointer:/view]",
		`{"type":"modal","title":` + plain(25) + `,"blocks":[]}`:                                            "must be less than 25 characters [json-pointer:/view/title/text]",
		`{"type":"modal","title":` + plain(9) + `}`:                                                         "missing required field: blocks",
		`{"type":"home","title":` + plain(9) + `,"blocks":[]}`:                                              "invalid additional property: title",
		`{"type":"home","blocks":[],"private_metadata":"` + long(3001) + `"}`:                               "must be less than 3001 characters [json-pointer:/view/private_metadata]",
		`{"type":"home","blocks":[],"callback_id":"` + long(256) + `"}`:                                     "must be less than 256 characters [json-pointer:/view/callback_id]",
		`{"type":"modal","title":` + plain(9) + `,"blocks":[` + input(`{"type":"plain_text_input"}`) + `]}`: "missing required field: submit",
		modal(several(2, input(`{"type":"plain_text_input","focus_on_load":true}`))):                        "only one element of a view may have `focus_on_load`",
		modal(`[{"type":"markdown","text":"x"}]`):                                                           "unsupported type: markdown",
	} {
		got, err := kit.View([]byte(raw))
		require.NoError(t, err, raw)
		require.NotEmpty(t, got, raw)
		require.Contains(t, got[0], want, raw)
	}
	_, err := kit.View([]byte(`[]`))
	require.Error(t, err)
}

func FuzzBlocks(f *testing.F) {
	for _, l := range limits {
		f.Add([]byte("[" + l.block(1) + "]"))
	}
	f.Add([]byte(`[] ]`))
	f.Add([]byte(`[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet","elements":[{"type":"rich_text_section","elements":[{"type":"user","user_id":"U1"}]}]}]}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		problems, err := kit.Message(raw)
		if err == nil && len(problems) == 0 {
			var list []map[string]any
			require.NoError(t, json.Unmarshal(raw, &list))
			require.LessOrEqual(t, len(list), kit.MessageBlocks)
		}
		_, _ = kit.View(raw)
	})
}
