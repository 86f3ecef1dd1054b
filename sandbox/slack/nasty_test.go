package slack_test

import (
	"encoding/json"
	"strings"
)

// everywhere puts a text into every place of Block Kit that shows one.
func everywhere(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		return "[]"
	}
	return strings.NewReplacer("PLAIN", `{"type":"plain_text","text":TEXT}`, "MARK", `{"type":"mrkdwn","text":TEXT}`).Replace(
		strings.ReplaceAll(blocksOfAll, "TEXT", string(quoted)))
}

// blocksOfAll has every block and element that the page shows.
const blocksOfAll = `[
	{"type":"header","text":{"type":"plain_text","text":TEXT}},
	{"type":"section","text":{"type":"mrkdwn","text":TEXT},"fields":[{"type":"plain_text","text":TEXT},{"type":"mrkdwn","text":TEXT}],
		"accessory":{"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":TEXT},"value":TEXT}]}},
	{"type":"context","elements":[{"type":"mrkdwn","text":TEXT},{"type":"plain_text","text":TEXT}]},
	{"type":"divider"},
	{"type":"image","image_url":"https://example.com/a.png","alt_text":TEXT,"title":{"type":"plain_text","text":TEXT}},
	{"type":"actions","elements":[
		{"type":"button","action_id":"b","text":{"type":"plain_text","text":TEXT},"value":TEXT,"style":"danger",
			"confirm":{"title":{"type":"plain_text","text":TEXT},"text":{"type":"mrkdwn","text":TEXT},"confirm":{"type":"plain_text","text":"Yes"},"deny":{"type":"plain_text","text":"No"}}},
		{"type":"static_select","action_id":"s","placeholder":{"type":"plain_text","text":TEXT},"options":[{"text":{"type":"plain_text","text":TEXT},"value":TEXT}]},
		{"type":"users_select","action_id":"u","placeholder":{"type":"plain_text","text":TEXT}},
		{"type":"datepicker","action_id":"d","initial_date":"2026-12-01"},
		{"type":"timepicker","action_id":"t","initial_time":"17:00"},
		{"type":"datetimepicker","action_id":"dt","initial_date_time":1796140800}]},
	{"type":"input","block_id":"in1","label":{"type":"plain_text","text":TEXT},"hint":{"type":"plain_text","text":TEXT},"optional":true,
		"element":{"type":"plain_text_input","action_id":"x","multiline":true,"initial_value":TEXT,"placeholder":{"type":"plain_text","text":TEXT}}},
	{"type":"input","block_id":"in2","label":{"type":"plain_text","text":TEXT},"element":{"type":"plain_text_input","action_id":"x","initial_value":TEXT}},
	{"type":"input","block_id":"in3","label":{"type":"plain_text","text":TEXT},
		"element":{"type":"checkboxes","action_id":"x","options":[{"text":{"type":"mrkdwn","text":TEXT},"value":TEXT,"description":{"type":"plain_text","text":TEXT}}]}},
	{"type":"input","block_id":"in4","label":{"type":"plain_text","text":TEXT},
		"element":{"type":"radio_buttons","action_id":"x","options":[{"text":{"type":"plain_text","text":TEXT},"value":"1"},{"text":{"type":"plain_text","text":"Other"},"value":"2"}]}},
	{"type":"input","block_id":"in5","label":{"type":"plain_text","text":TEXT},
		"element":{"type":"multi_static_select","action_id":"x","option_groups":[{"label":{"type":"plain_text","text":TEXT},"options":[{"text":{"type":"plain_text","text":TEXT},"value":"1"}]}]}},
	{"type":"input","block_id":"in6","label":{"type":"plain_text","text":TEXT},"element":{"type":"multi_users_select","action_id":"x"}},
	{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[
		{"type":"text","text":TEXT,"style":{"bold":true,"code":true}},
		{"type":"emoji","name":TEXT},
		{"type":"link","url":"https://example.com/","text":TEXT}]}]}]`
