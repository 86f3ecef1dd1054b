package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/sandbox/faults"
	"lastday/sandbox/slack"
	"lastday/standalone/house"
	"lastday/starter/command"
)

// Two hundred triggers: so many members of HR in Slack, so many deliveries of
// the HR system, of which half are one event, so many imports and command lines.
const (
	inSlack  = 20
	byHook   = 80
	byFile   = 20
	byHand   = 80
	triggers = inSlack + byHook + byFile + byHand
)

// doored is a site with every door, which may all ask.
func doored(t *testing.T) *site {
	t.Helper()
	s := newSite(t, inSlack+5)
	require.NoError(t, s.firm.AddDoors(s.path))
	key := hookSecret(t, s)
	s.edit(t,
		"request: actor.memberOf('hr') || actor.door == 'command'", "request: actor.memberOf('hr') || actor.door in ['command', 'hook', 'file']",
		"reschedule: actor.memberOf('hr') || actor.door == 'command'", "reschedule: actor.memberOf('hr') || actor.door in ['command', 'hook']",
	).append(t, `
hooks:
  sources:
    - name: workday
      secrets: [file:`+key+`]
      mapping:
        what: event.what
        email: event.email
        at: event.day
        kind: "'contract-end'"
        occurred_at: event.at
`)
	var hr []string
	for n := range inSlack + 1 {
		hr = append(hr, string(member(s, n+1)))
	}
	s.firm.Slack.SetGroup(slack.HRGroup, "hr", hr...)
	return s
}

// volley is what each door said to the triggers.
type volley struct {
	mu sync.Mutex
	// slack is what the dialogs show; hook the outcomes, by event id; file and
	// hand what the command lines printed.
	slack      []string
	hook       map[string][]string
	file, hand []said
}

// departure is what every door is told.
type departure struct {
	words string // the time, as it is typed; empty: now
	at    time.Time
}

// confirming brings a member of HR to the confirmation of the plan.
func (d departure) confirming(t *testing.T, s *site, n int) string {
	t.Helper()
	who := string(member(s, n+1))
	require.NoError(t, s.firm.Slack.Type(who, strings.TrimSpace("/offboard "+string(jane)+" "+d.words)))
	shows(t, s, who, "Who leaves?")
	require.NoError(t, s.firm.Slack.Submit(who, slack.Fill{"kind": {string(offboarding.ContractEnd)}}))
	shows(t, s, who, "Check before you start")
	return who
}

// shows waits until the dialog in front of a member shows one of the texts, and
// gives that one.
func shows(t *testing.T, s *site, who string, texts ...string) string {
	t.Helper()
	found, last := "", ""
	defer func() {
		if found == "" {
			t.Logf("the dialog of %s shows: %.2000s", who, last)
		}
	}()
	eventually(t, who+" is shown one of "+strings.Join(texts, ", "), func() bool {
		all := s.firm.Slack.Dialogs(who)
		if len(all) == 0 {
			return false
		}
		last = all[len(all)-1].Blocks
		i := slices.IndexFunc(texts, func(text string) bool { return strings.Contains(last, text) })
		if i >= 0 {
			found = texts[i]
		}
		return i >= 0
	})
	return found
}

// csv writes the file with Jane in it.
func (d departure) csv(t *testing.T, s *site) string {
	t.Helper()
	when := d.words
	if when == "" {
		when = "now"
	}
	return writeCSV(t, s, "email,last day,kind", string(jane)+","+when+",contract-end")
}

func (d departure) event(id string, asOf time.Time) hookEvent {
	return hookEvent{id, fmt.Sprintf(`{"what":"leaves","email":%q,"day":%q,"at":%q}`, jane, d.at.Format(time.RFC3339), asOf.Format(time.RFC3339Nano))}
}

func (d departure) args(path string) (file, hand []string) {
	hand = []string{"offboard", string(jane), "--kind", "contract-end", "--by", "hr@example.com", "-o", "json"}
	if d.words != "" {
		hand = append(hand, "--at", d.words)
	}
	return []string{"import", path, "--by", "hr@example.com", "-o", "json"}, hand
}

// fire pulls every trigger at once.
func (d departure) fire(t *testing.T, s *site, h *house.House) *volley {
	t.Helper()
	v := &volley{hook: map[string][]string{}}
	var inFront []string
	for n := range inSlack {
		inFront = append(inFront, d.confirming(t, s, n))
	}
	file, hand := d.args(d.csv(t, s))
	asOf := time.Now().Add(time.Minute)
	start := make(chan struct{})
	var all sync.WaitGroup
	each := func(n int, do func(n int)) {
		for i := range n {
			all.Go(func() {
				<-start
				do(i)
			})
		}
	}
	keep := func(to *[]said, what said) {
		v.mu.Lock()
		defer v.mu.Unlock()
		*to = append(*to, what)
	}
	each(inSlack, func(n int) {
		// A member whose machine is slow sees an error, which is no matter here:
		// what counts is what the dialog says in the end.
		_ = s.firm.Slack.Submit(inFront[n], slack.Fill{"confirm": {"yes"}})
	})
	each(byHook, func(n int) {
		id := "msg_same"
		if n%2 == 1 {
			id = fmt.Sprint("msg_", n)
		}
		out := d.event(id, asOf).deliver(t, h)
		v.mu.Lock()
		defer v.mu.Unlock()
		v.hook[id] = append(v.hook[id], out)
	})
	each(byFile, func(int) { keep(&v.file, starter(t, file...)) })
	each(byHand, func(int) { keep(&v.hand, starter(t, hand...)) })
	close(start)
	all.Wait()
	for _, who := range inFront {
		v.slack = append(v.slack, shows(t, s, who,
			"Started: the offboarding", "had a case already", "has ended", "Nothing was started; there may be a case already"))
	}
	return v
}

// begun counts the triggers that say that they started the case, and the runs
// that they speak of.
func (v *volley) begun(t *testing.T) (n int, runs map[string]bool) {
	t.Helper()
	runs = map[string]bool{}
	told := map[string]int{}
	for _, text := range v.slack {
		told["slack: "+text]++
		if strings.HasPrefix(text, "Started") {
			n++
		}
	}
	for _, outs := range v.hook {
		for _, out := range outs {
			told["hook: "+out]++
			require.Contains(t, []string{"started", "moved", "unchanged", "overtaken", "repeated", "reported"}, out)
		}
		if slices.Contains(outs, "started") {
			n++ // one event, however often it is delivered
		}
	}
	for _, s := range v.file {
		var got command.Imported
		require.NoError(t, json.Unmarshal([]byte(s.out), &got), "%s%s", s.out, s.err)
		require.Len(t, got.Results, 1)
		require.Zero(t, got.Summary.Failed, "%+v", got.Results)
		told["file: "+string(got.Results[0].Outcome)]++
		n += got.Summary.Started
	}
	for _, s := range v.hand {
		if s.status != command.ExitDone {
			require.Contains(t, s.err, "--again", "the case was over before")
			told["command: ended"]++
			continue
		}
		var got struct {
			RunID  string `json:"run_id"`
			Joined bool   `json:"joined"`
		}
		require.NoError(t, json.Unmarshal([]byte(s.out), &got))
		runs[got.RunID] = true
		told[fmt.Sprint("command: joined ", got.Joined)]++
		if !got.Joined {
			n++
		}
	}
	for _, what := range slices.Sorted(maps.Keys(told)) {
		t.Logf("%4d %s", told[what], what)
	}
	return n, runs
}

// onceEach fails if a vendor was told twice to do one thing.
func onceEach(t *testing.T, s *site) {
	t.Helper()
	took := map[string]int{}
	for _, w := range s.writes() {
		if took[w.call] += w.took; took[w.call] > 1 && !repeatable(w.call) {
			t.Errorf("%s: done %d times", w.call, took[w.call])
		}
	}
	require.NotEmpty(t, took)
}

// channel is what the channel holds: the messages of cases, and the reports of
// what an HR system says, by their text.
func channel(s *site) (cases int, reports map[string]int) {
	reports = map[string]int{}
	for _, m := range s.firm.Slack.Messages() {
		if strings.Contains(m.Text, "Somebody must look") {
			reports[m.Text+m.Blocks]++
		} else {
			cases++
		}
	}
	return cases, reports
}

// one checks that there is one case in one run, and gives it.
func one(t *testing.T, s *site, h *house.House, v *volley) offboarding.Case {
	t.Helper()
	begun, runs := v.begun(t)
	require.Equal(t, 1, begun, "one trigger of %d started the case", triggers)
	all, err := h.Cases.List(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, all, 1)
	c, err := h.Cases.Get(t.Context(), jane)
	require.NoError(t, err)
	require.Equal(t, jane.CaseID(), c.ID)
	require.LessOrEqual(t, len(runs), 1)
	for run := range runs {
		require.Equal(t, c.RunID, run)
	}
	require.Empty(t, c.Refusals)
	return c
}

// Two hundred requests for one last day, by Slack, the HR system, a file and
// the command line, are one case; and once it is over, another is no new one.
func TestTwoHundredTriggersThroughEveryDoorMakeOneCase(t *testing.T) {
	s := doored(t)
	h := openHouse(t, s)
	eventually(t, "the app is connected to Slack", func() bool { return s.firm.Slack.Connections() == 1 })
	planned(t)
	d := departure{words: "2035-12-31 17:00 Europe/Berlin", at: time.Date(2035, 12, 31, 16, 0, 0, 0, time.UTC)}
	late := d.confirming(t, s, inSlack)

	v := d.fire(t, s, h)
	c := one(t, s, h, v)
	require.Equal(t, offboarding.Waiting, c.State)
	require.True(t, d.at.Equal(c.Due), "due %s", c.Due)
	require.Empty(t, s.writes(), "nothing is cut before its time")
	file, hand := d.args(d.csv(t, s))
	starter(t, "expedite", string(jane), "--by", "hr@example.com").ok(t)
	end := ended(t, h.Cases, c.ID)
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	require.Equal(t, c.RunID, end.RunID)
	require.Empty(t, s.firm.Holds(string(jane)))
	onceEach(t, s)
	require.Equal(t, 1, s.firm.Slack.PostCount(), "one message")

	wrote := len(s.writes())
	require.NoError(t, s.firm.Slack.Submit(late, slack.Fill{"confirm": {"yes"}}))
	shows(t, s, late, "has ended")
	require.Equal(t, "repeated", d.event("msg_same", time.Now()).deliver(t, h))
	require.Equal(t, "unchanged", d.event("msg_late", time.Now().Add(2*time.Minute)).deliver(t, h))
	again := as[command.Imported](t, starter(t, file...).ok(t))
	require.Equal(t, 1, again.Summary.AlreadyEnded)
	require.Zero(t, again.Summary.Started)
	byHand := starter(t, hand...)
	require.Equal(t, command.ExitError, byHand.status)
	require.Contains(t, byHand.err, "--again")
	all, err := h.Cases.List(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, all, 1, "nothing is opened after the end")
	require.Len(t, s.writes(), wrote)
	require.Equal(t, 1, s.firm.Slack.PostCount(), "one message")
}

// The same at once: the triggers meet a case that is being cut, or is over.
func TestTwoHundredTriggersAtOnceMeetACaseThatIsBeingCut(t *testing.T) {
	s := doored(t)
	h := openHouse(t, s)
	eventually(t, "the app is connected to Slack", func() bool { return s.firm.Slack.Connections() == 1 })
	planned(t)
	d := departure{at: time.Now().Add(-time.Minute)}
	v := d.fire(t, s, h)
	end := ended(t, h.Cases, jane.CaseID())
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	one(t, s, h, v)
	require.Empty(t, s.firm.Holds(string(jane)))
	onceEach(t, s)
	cases, _ := channel(s)
	require.Equal(t, 1, cases, "one message")
}

// However often and under whatever ids the HR system says it at once, what a
// person must look at is told once, and nothing is opened.
func TestWhatAnHRSystemSaysAfterTheEndIsReportedOnce(t *testing.T) {
	s := hooked(t)
	h := openHouse(t, s)
	starter(t, "offboard", string(jane), "--by", "hr@example.com").ok(t)
	end := ended(t, h.Cases, jane.CaseID())
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	wrote := len(s.writes())
	s.firm.Slack.Faults().Set(faults.Fault{Op: "POST /api/chat.postMessage", Kind: faults.Latency, Millis: 300}) // as Slack takes
	now := time.Now()
	const deliveries = 20
	outcomes := make(chan string, deliveries)
	for n := range deliveries {
		go func() {
			outcomes <- hookSays(fmt.Sprint("msg_", n), "leaves", now.AddDate(0, 1, 0), now.Add(time.Minute)).deliver(t, h)
		}()
	}
	for range deliveries {
		require.Equal(t, "reported", <-outcomes)
	}
	all, err := h.Cases.List(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Len(t, s.writes(), wrote)
	cases, reports := channel(s)
	require.Equal(t, 1, cases)
	require.Len(t, reports, 1)
	for _, n := range reports {
		require.Equal(t, 1, n, "told once")
	}
}

// hookSecret writes the key with which the HR system signs.
func hookSecret(t testing.TB, s *site) string {
	t.Helper()
	path := filepath.Join(s.dir, "hook_secret")
	require.NoError(t, os.WriteFile(path, []byte("whsec_"+base64.StdEncoding.EncodeToString(hookKey)), 0o600))
	return path
}
