package slack

import (
	"crypto/rand"

	"github.com/slack-go/slack"
)

// Callback ids of the dialogs.
const (
	callPick  = "lastday.pick"  // which of two people is meant
	callForm  = "lastday.form"  // who leaves, when, why
	callStart = "lastday.start" // the plan, to be confirmed
	callAct   = "lastday.act"   // a reason for an act on a case
)

const dialogTitle = "Offboard somebody"

func modal(title string, blocks []slack.Block) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain(line(title, 24)), Close: plain("Close"),
		Blocks: slack.Blocks{BlockSet: blocks[:min(len(blocks), 100)]},
	}
}

// waitView says that something is being worked on.
func waitView(title, text string) slack.ModalViewRequest {
	return modal(title, []slack.Block{section("⏳  " + text)})
}

// textView says one thing.
func textView(title, text string) slack.ModalViewRequest {
	var blocks []slack.Block
	for part := range parts(text, 2800, 20) {
		blocks = append(blocks, slack.NewSectionBlock(plain(part), nil, nil))
	}
	return modal(title, blocks)
}

// submitted is the answer to a submit that takes a while: the dialog says so,
// under a name by which it is changed later.
func submitted(title, text string) (answer *slack.ViewSubmissionResponse, external string) {
	v := waitView(title, text)
	v.ExternalID = "lastday-" + rand.Text()
	return slack.NewUpdateViewSubmissionResponse(&v), v.ExternalID
}

// Inputs of dialogs.

func option(value, text string) *slack.OptionBlockObject {
	return slack.NewOptionBlockObject(value, plain(line(text, 75)), nil)
}

func input(id, label, hint string, optional bool, e slack.BlockElement) *slack.InputBlock {
	var h *slack.TextBlockObject
	if hint != "" {
		h = plain(line(hint, 300))
	}
	return slack.NewInputBlock(id, plain(line(label, 150)), h, e).WithOptional(optional)
}

// inputAction is the action_id of every input: the block's id tells them apart.
const inputAction = "value"

func textInput(initial string, most int, many bool) *slack.PlainTextInputBlockElement {
	e := slack.NewPlainTextInputBlockElement(nil, inputAction).WithMaxLength(most).WithMultiline(many)
	if initial = clean(initial, most); initial != "" {
		e.InitialValue = initial
	}
	return e
}

func selectInput(options []*slack.OptionBlockObject, initial string) *slack.SelectBlockElement {
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, inputAction, options...)
	for _, o := range options {
		if o.Value == initial {
			e.InitialOption = o
		}
	}
	return e
}

func radioInput(options []*slack.OptionBlockObject, initial string) *slack.RadioButtonsBlockElement {
	e := slack.NewRadioButtonsBlockElement(inputAction, options...)
	for _, o := range options {
		if o.Value == initial {
			e.InitialOption = o
		}
	}
	return e
}

func userInput(initial string) *slack.SelectBlockElement {
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, inputAction)
	if initial != "" {
		e.InitialUser = initial
	}
	return e
}

func dateInput(initial string) *slack.DatePickerBlockElement {
	e := slack.NewDatePickerBlockElement(inputAction)
	e.InitialDate = initial
	return e
}

func timeInput(initial string) *slack.TimePickerBlockElement {
	e := slack.NewTimePickerBlockElement(inputAction)
	e.InitialTime = initial
	return e
}

// values are what stands in a dialog's inputs; what is missing is empty.
type values struct{ state *slack.ViewState }

func (v values) action(block string) slack.BlockAction {
	if v.state == nil {
		return slack.BlockAction{}
	}
	return v.state.Values[block][inputAction]
}

func (v values) text(block string) string   { return v.action(block).Value }
func (v values) user(block string) string   { return v.action(block).SelectedUser }
func (v values) date(block string) string   { return v.action(block).SelectedDate }
func (v values) clock(block string) string  { return v.action(block).SelectedTime }
func (v values) choice(block string) string { return v.action(block).SelectedOption.Value }
func (v values) ticked(block, value string) bool {
	for _, o := range v.action(block).SelectedOptions {
		if o.Value == value {
			return true
		}
	}
	return false
}
