package slack_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
	"lastday/starter/serve"
	door "lastday/starter/slack"
)

var hanna, hugo, sven, gus = people.Hanna.Email, people.Hugo.Email, people.Sven.Email, people.Gus.Email

func contains(all, text string) bool { return strings.Contains(all, text) }

type doorOptions = door.Options

func both(t *testing.T, test func(*testing.T, *rig)) {
	t.Helper()
	for _, mode := range []serve.Mode{serve.Socket, serve.HTTP} {
		t.Run(string(mode), func(t *testing.T) { test(t, newRig(t, mode)) })
	}
}

// fill is a form that lacks nothing.
func fill(edit ...func(sandbox.Fill)) sandbox.Fill {
	f := sandbox.Fill{"person-user": {string(jane)}, "kind": {string(offboarding.Resignation)}}
	for _, e := range edit {
		e(f)
	}
	return f
}

func TestHROffboardsJaneFromTheCommandToTheStart(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		require.NoError(t, r.Type(hanna, "/offboard"))
		r.front(hanna, "Who leaves?")
		require.NoError(t, r.Submit(hanna, fill(func(f sandbox.Fill) {
			f["reason"], f["partner"] = []string{"moves to the sea"}, []string{"Northwind"}
			f["successor"], f["note"] = []string{people.Sven.Email}, []string{"laptop is with Hugo"}
		})))
		plan := r.front(hanna, "Check before you start")
		for _, want := range []string{"jane.doe@example.com", "2 groups", "1 admin-roles", "github/deploy-keys", "moves to the sea", "Northwind", people.Sven.Email, "Nobody else has to agree"} {
			require.Contains(t, plan.Blocks, want)
		}
		require.Empty(t, r.desk.started(), "the plan starts nothing")
		require.ErrorContains(t, r.Submit(hanna, nil), "incomplete", "a confirmation is needed")
		require.NoError(t, r.Submit(hanna, sandbox.Fill{"confirm": {"yes"}}))
		r.front(hanna, "Started: the offboarding of Jane Doe (jane.doe@example.com)")
		got := r.desk.started()
		require.Len(t, got, 1)
		require.Equal(t, jane, got[0].Subject)
		require.Equal(t, offboarding.Resignation, got[0].Kind)
		require.Equal(t, offboarding.Subject(people.Sven.Email), got[0].Successor)
		require.Equal(t, offboarding.Subject(hanna), got[0].RequestedBy.Email)
		require.Equal(t, []string{"slack:" + sandbox.HRGroup}, got[0].RequestedBy.Groups)
		require.Equal(t, offboarding.DoorSlack, got[0].RequestedBy.Door)
		require.NotEmpty(t, got[0].RequestID)
	})
}

func TestTheKeyboardFillsInTheForm(t *testing.T) {
	r := newRig(t, serve.HTTP)
	require.NoError(t, r.Type(hanna, "/offboard jane.doe@example.com 2030-01-15 17:00 Asia/Tokyo"))
	form := r.front(hanna, "Who leaves?")
	require.Contains(t, form.Blocks, `"initial_date":"2030-01-15"`)
	require.Contains(t, form.Blocks, `"initial_time":"17:00"`)
	require.NoError(t, r.Submit(hanna, sandbox.Fill{"kind": {string(offboarding.Dismissal)}}))
	plan := r.front(hanna, "2030-01-15 17:00 JST")
	require.Contains(t, plan.Blocks, "dismissed-admin", "who must agree is said before")
	require.NoError(t, r.Submit(hanna, sandbox.Fill{"confirm": {"yes"}}))
	r.front(hanna, "Started")
	got := r.desk.started()
	require.Len(t, got, 1)
	require.Equal(t, time.Date(2030, 1, 15, 8, 0, 0, 0, time.UTC), got[0].At.UTC())
	require.Equal(t, "Asia/Tokyo", got[0].Zone)
}

func TestAMentionNamesThePerson(t *testing.T) {
	for name, plain := range map[string]bool{"picked": false, "typed": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, serve.Socket, func(o *sandbox.Options, _ *doorOptions) { o.PlainMentions = plain })
			require.NoError(t, r.Type(hanna, "/offboard @jane.doe"))
			r.front(hanna, `"initial_user":"`+sandbox.UserID(people.Jane.Email)+`"`)
		})
	}
}

func TestANameThatFitsTwoShowsBothAndAsks(t *testing.T) {
	r := newRig(t, serve.Socket, func(o *sandbox.Options, _ *doorOptions) { o.PlainMentions = true })
	// Ana Abbas and Ana Berg, of people.Staff(30).
	require.NoError(t, r.Type(hanna, "/offboard ana"))
	v := r.front(hanna, "More than one person")
	require.Equal(t, 2, strings.Count(v.Blocks, "@example.com"))
	require.NoError(t, r.Submit(hanna, sandbox.Fill{"pick": {sandbox.UserID(people.Staff(30)[12].Email)}}))
	r.front(hanna, `"initial_user":"`+sandbox.UserID(people.Staff(30)[12].Email)+`"`)

	require.NoError(t, r.Type(hanna, "/offboard status ana"))
	r.whispered(hanna, "More than one person")
	require.NoError(t, r.Type(hanna, "/offboard status nobody.at.all"))
	r.whispered(hanna, "Nobody here is called")
}

func TestTheFormSaysWhatIsWrongAtTheField(t *testing.T) {
	r := newRig(t, serve.HTTP)
	for block, f := range map[string]sandbox.Fill{
		"person-email": fill(func(f sandbox.Fill) { f["person-user"] = nil }),
		"when":         fill(func(f sandbox.Fill) { f["date"] = []string{"2030-01-15"} }),
		"time":         fill(func(f sandbox.Fill) { f["when"] = []string{"time"} }),
	} {
		require.NoError(t, r.Type(hanna, "/offboard"))
		r.front(hanna, "Who leaves?")
		require.NoError(t, r.Submit(hanna, f))
		all := r.Dialogs(hanna)
		require.Contains(t, all[len(all)-1].Errors, block)
		require.NoError(t, r.CloseDialog(hanna, true))
	}
	for text, f := range map[string]sandbox.Fill{
		"in the past": fill(func(f sandbox.Fill) {
			f["when"], f["date"], f["time"] = []string{"time"}, []string{"2020-01-15"}, []string{"10:00"}
		}),
		"clocks": fill(func(f sandbox.Fill) {
			f["when"], f["date"], f["time"], f["zone"] = []string{"time"}, []string{"2030-03-31"}, []string{"02:30"}, []string{"Europe/Berlin"}
		}),
		"own succes": fill(func(f sandbox.Fill) { f["successor"] = []string{string(jane)} }),
	} {
		require.NoError(t, r.Type(hanna, "/offboard"))
		r.front(hanna, "Who leaves?")
		require.NoError(t, r.Submit(hanna, f))
		r.front(hanna, text)
		r.front(hanna, "Nothing was started")
		require.NoError(t, r.Press(hanna, sandbox.Press{Action: "lastday.back"}))
		r.front(hanna, "Who leaves?")
		require.NoError(t, r.CloseDialog(hanna, true))
	}
	require.Empty(t, r.desk.started())
}

func TestTheEndOfTheLastDayIsTheirs(t *testing.T) {
	r := newRig(t, serve.HTTP)
	require.NoError(t, r.Type(hanna, "/offboard"))
	r.front(hanna, "Who leaves?")
	require.NoError(t, r.Submit(hanna, fill(func(f sandbox.Fill) { f["when"], f["date"] = []string{"day-end"}, []string{"2030-06-28"} })))
	r.front(hanna, "2030-06-28 17:00")
}

func TestStatusListAndHelp(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		require.NoError(t, r.Type(hanna, "/offboard help"))
		r.whispered(hanna, "/offboard list")
		require.NoError(t, r.Type(hanna, "/offboard status jane.doe@example.com"))
		r.whispered(hanna, "There is no case of Jane Doe")
		c := found()
		c.ID, c.Departure = jane.CaseID(), offboarding.Departure{Subject: jane}
		r.desk.set(func(d *desk) { d.cases[jane] = c })
		require.NoError(t, r.Type(sven, "/offboard status @jane.doe"))
		r.whispered(sven, "Offboarding of jane.doe@example.com is planned")
		require.NoError(t, r.Type(hanna, "/offboard list"))
		r.whispered(hanna, "• Offboarding of jane.doe@example.com is planned")
		require.NoError(t, r.Type(hanna, "/offboard status"))
		r.whispered(hanna, "of whom?")
		require.NoError(t, r.Type(people.Staff(3)[1].Email, "/offboard status jane.doe@example.com"))
		r.whispered(people.Staff(3)[1].Email, "Refused by the rule")
	})
}

func TestWhoMayNotAsksInVain(t *testing.T) {
	r := newRig(t, serve.Socket)
	outsider := people.Staff(3)[2].Email
	for member, rule := range map[string]string{gus: "guest", outsider: "may.request", sven: "may.request", string(jane): "own-case"} {
		require.NoError(t, r.Type(member, "/offboard jane.doe@example.com"))
		if member == outsider || member == sven {
			r.front(member, "Who leaves?")
			require.NoError(t, r.Submit(member, fill(func(f sandbox.Fill) { f["person-email"] = nil })))
			r.front(member, "Refused by the rule "+rule)
			continue
		}
		r.whispered(member, "Refused by the rule "+rule)
		require.Empty(t, r.Dialogs(member))
	}
	require.Empty(t, r.desk.started())
}

func TestARunningCaseIsNotAskedForTwice(t *testing.T) {
	r := newRig(t, serve.HTTP)
	r.desk.set(func(d *desk) {
		d.cases[jane] = offboarding.Case{ID: jane.CaseID(), Departure: offboarding.Departure{Subject: jane}, State: offboarding.Revoking}
	})
	require.NoError(t, r.Type(hanna, "/offboard"))
	r.front(hanna, "Who leaves?")
	require.NoError(t, r.Submit(hanna, fill()))
	r.front(hanna, "has a case already")
	r.desk.set(func(d *desk) {
		d.cases[jane] = offboarding.Case{ID: jane.CaseID(), Departure: offboarding.Departure{Subject: jane}, State: offboarding.Verified}
	})
	require.NoError(t, r.Type(hanna, "/offboard"))
	r.front(hanna, "Who leaves?")
	require.NoError(t, r.Submit(hanna, fill()))
	r.front(hanna, "There was a case before")
}
