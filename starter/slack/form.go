package slack

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lastday/offboarding"
	"lastday/starter/when"
)

// Blocks of the form.
const (
	inUser      = "person-user"
	inEmail     = "person-email"
	inWhen      = "when"
	inDate      = "date"
	inTime      = "time"
	inZone      = "zone"
	inKind      = "kind"
	inUrgent    = "urgent"
	inReason    = "reason"
	inPartner   = "partner"
	inSuccessor = "successor"
	inNote      = "note"
)

// What may be chosen under "When".
const (
	whenNow    = "now"
	whenDayEnd = "day-end" // 17:00 of the day
	whenTime   = "time"    // as given
)

// zoneTheirs is the person's own time zone, as Slack has it.
const zoneTheirs = "theirs"

const urgent = "urgent"

// fields are what stands in the form. They are somebody's typing: departure
// makes something of them, or says what is wrong.
type fields struct {
	User, Email            string
	When, Date, Time, Zone string
	Kind                   string
	Urgent                 bool
	Reason, Partner        string
	Successor, Note        string
}

func fieldsOf(v values) fields {
	return fields{
		User: v.user(inUser), Email: v.text(inEmail), When: v.choice(inWhen), Date: v.date(inDate), Time: v.clock(inTime),
		Zone: v.choice(inZone), Kind: v.choice(inKind), Urgent: v.ticked(inUrgent, urgent), Reason: v.text(inReason),
		Partner: v.text(inPartner), Successor: v.user(inSuccessor), Note: v.text(inNote),
	}
}

var kindNames = map[offboarding.Kind]string{
	offboarding.Resignation:     "Resignation",
	offboarding.Dismissal:       "Dismissal",
	offboarding.ContractEnd:     "End of contract",
	offboarding.PartnerContract: "End of a partner's contract",
	offboarding.DeathOrIllness:  "Death or illness",
}

// formView asks who leaves, when and why. zone is that of whoever asks.
func formView(f fields, zone string) slack.ModalViewRequest {
	kinds := make([]*slack.OptionBlockObject, 0, len(kindNames))
	for _, k := range offboarding.Kinds() {
		kinds = append(kinds, option(string(k), kindNames[k]))
	}
	whens := []*slack.OptionBlockObject{
		option(whenNow, "Now"),
		option(whenDayEnd, "End of the last day: 17:00, in the time zone below"),
		option(whenTime, "At the day and time below"),
	}
	email := slack.NewEmailTextInputBlockElement(nil, inputAction)
	email.InitialValue = line(f.Email, 254)
	tick := slack.NewCheckboxGroupsBlockElement(inputAction, option(urgent, "Urgent: before all others"))
	if f.Urgent {
		tick.InitialOptions = tick.Options
	}
	if f.When == "" {
		f.When = whenNow
	}
	v := modal(dialogTitle, []slack.Block{
		section("Nothing happens yet: next you see the plan, and confirm it."),
		input(inUser, "Who leaves?", "", true, userInput(f.User)),
		input(inEmail, "… or their work e-mail", "for somebody who is not in Slack", true, email),
		input(inWhen, "When does access end?", "", false, radioInput(whens, f.When)),
		input(inDate, "Last day", "today, if none is given", true, dateInput(f.Date)),
		input(inTime, "Time", "only for the last choice above", true, timeInput(f.Time)),
		input(inZone, "Time zone", "", true, selectInput(zoneOptions(zone, f.Zone), orElse(f.Zone, zoneTheirs))),
		input(inKind, "Reason", "", false, selectInput(kinds, f.Kind)),
		input(inUrgent, "Urgency", "", true, tick),
		input(inReason, "Reason in your words", "all who may see the case can read it", true, textInput(f.Reason, offboarding.MaxReason, false)),
		input(inPartner, "Partner company", "if they work for one", true, textInput(f.Partner, offboarding.MaxPartner, false)),
		input(inSuccessor, "Who takes over?", "", true, userInput(f.Successor)),
		input(inNote, "Note", "", true, textInput(f.Note, offboarding.MaxNote, true)),
	})
	v.CallbackID, v.Submit = callForm, plain("Show the plan")
	return v
}

// check finds at once what can be seen without asking anybody: the errors by
// block, as Slack shows them at the inputs.
func (f fields) check() map[string]string {
	wrong := map[string]string{}
	switch {
	case f.User == "" && strings.TrimSpace(f.Email) == "":
		wrong[inEmail] = "Say who leaves: pick the person above, or give their work e-mail."
	case f.User != "" && strings.TrimSpace(f.Email) != "":
		wrong[inEmail] = "Either pick the person or give the e-mail, not both."
	case f.User == "":
		if _, err := offboarding.ParseSubject(f.Email); err != nil {
			wrong[inEmail] = err.Error()
		}
	}
	switch f.When {
	case whenNow:
		if f.Date != "" || f.Time != "" {
			wrong[inWhen] = "A day or a time is given below: choose it, or empty both."
		}
	case whenDayEnd:
		if f.Time != "" && f.Time != "17:00" {
			wrong[inTime] = "The end of the last day is 17:00: empty this, or choose “At the day and time below”."
		}
	case whenTime:
		if f.Time == "" {
			wrong[inTime] = "Give the time."
		}
	default:
		wrong[inWhen] = "Choose when access ends."
	}
	if _, err := offboarding.ParseKind(f.Kind); err != nil {
		wrong[inKind] = "Choose the reason."
	}
	for block, text := range map[string]string{inReason: f.Reason, inPartner: f.Partner, inNote: f.Note} {
		most := map[string]int{inReason: offboarding.MaxReason, inPartner: offboarding.MaxPartner, inNote: offboarding.MaxNote}[block]
		if n := len([]rune(text)); n > most {
			wrong[block] = fmt.Sprintf("At most %d characters; these are %d.", most, n)
		}
	}
	return wrong
}

// due is when access ends: what was chosen, in the zone that was chosen, or
// the person's own, or that of whoever asks.
func (f fields) due(p person, asker string, now time.Time) (time.Time, string, error) {
	if f.When == whenNow {
		return time.Time{}, "", nil
	}
	zone := f.Zone
	if zone == "" || zone == zoneTheirs {
		zone = orElse(p.Zone, orElse(asker, "UTC"))
	}
	loc, err := offboarding.LoadZone(zone)
	if err != nil {
		return time.Time{}, "", err
	}
	day := f.Date
	if day == "" {
		day = now.In(loc).Format(time.DateOnly)
	}
	clock := f.Time
	if f.When == whenDayEnd {
		clock = "17:00"
	}
	return when.Parse(day+" "+clock+" "+loc.String(), now, loc)
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
