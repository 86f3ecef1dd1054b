package slack

import (
	"strconv"

	"github.com/slack-go/slack"

	"lastday/activities/slack/notify"
	"lastday/offboarding"
)

// ButtonPrefix begins the action_id of every button of a case's message. What a
// press means stands in the button's value, as offboarding.ParseToken reads it.
const ButtonPrefix = "lastday.act."

// face is how an act looks as a button.
type face struct {
	text    string
	style   slack.Style
	confirm string
}

var faces = map[offboarding.Act]face{
	offboarding.ActApprove:    {text: "Approve…", style: slack.StylePrimary},
	offboarding.ActReject:     {text: "Reject…", style: slack.StyleDanger},
	offboarding.ActRelease:    {text: "Release…", style: slack.StylePrimary},
	offboarding.ActExpedite:   {text: "Begin now", confirm: "Access is cut now rather than at the planned time. It is not given back by itself."},
	offboarding.ActReschedule: {text: "Reschedule…"},
	offboarding.ActCancel:     {text: "Cancel…", style: slack.StyleDanger},
	offboarding.ActRetry:      {text: "Try again…"},
	offboarding.ActAttest:     {text: "Attest…"},
	offboarding.ActWaive:      {text: "Waive…"},
	offboarding.ActDecide:     {text: "Decide…", style: slack.StylePrimary},
}

// Buttons are the rows of buttons for what a case takes now: one for the case,
// and one for each need that has acts of its own.
func Buttons(caseID string, acts []offboarding.Possible) []notify.Group {
	var out []notify.Group
	at := map[string]int{}
	for i, p := range acts {
		f, known := faces[p.Do]
		if !known {
			continue
		}
		n, there := at[p.Target]
		if !there {
			n, at[p.Target] = len(out), len(out)
			g := notify.Group{}
			if p.Target != "" {
				g.Label = p.Target + " waits for a person:"
			}
			out = append(out, g)
		}
		out[n].Buttons = append(out[n].Buttons, notify.Button{
			ID: ButtonPrefix + string(p.Do) + "." + strconv.Itoa(i), Text: f.text, Style: f.style,
			Confirm: f.confirm, Value: p.Token(caseID),
		})
	}
	return out
}
