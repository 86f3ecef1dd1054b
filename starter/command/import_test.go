package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/starter/cases"
	"lastday/starter/departures"
)

// desk stands for Temporal: a case a person, waiting unless a state is set.
type desk struct {
	mu     sync.Mutex
	asked  map[offboarding.Subject]offboarding.Departure
	ended  map[offboarding.Subject]bool
	states map[offboarding.Subject]offboarding.State
	failed error
	onAsk  func(n int)
}

func newDesk() *desk {
	return &desk{
		asked: map[offboarding.Subject]offboarding.Departure{}, ended: map[offboarding.Subject]bool{},
		states: map[offboarding.Subject]offboarding.State{}, onAsk: func(int) {},
	}
}

func (k *desk) Offboard(_ context.Context, d offboarding.Departure, _ bool) (cases.Started, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed != nil {
		return cases.Started{}, k.failed
	}
	if k.ended[d.Subject] {
		return cases.Started{}, fmt.Errorf("%s: %w", d.Subject, offboarding.ErrEnded)
	}
	old, runs := k.asked[d.Subject]
	if !runs {
		k.asked[d.Subject], old = d, d
		k.onAsk(len(k.asked))
	}
	return cases.Started{CaseID: d.Subject.CaseID(), Joined: old.RequestID != d.RequestID, Departure: old}, nil
}

func (k *desk) state(who offboarding.Subject) offboarding.State {
	if s, ok := k.states[who]; ok {
		return s
	}
	return offboarding.Waiting
}

func (k *desk) Get(_ context.Context, who offboarding.Subject) (offboarding.Case, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return offboarding.Case{ID: who.CaseID(), State: k.state(who), Departure: k.asked[who], Outcome: "what became of it"}, nil
}

func (k *desk) Plan(_ context.Context, who offboarding.Subject) (offboarding.Case, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := offboarding.Case{State: k.state(who), Systems: []offboarding.SystemCase{{
		System: "okta", Account: offboarding.Account{Found: true},
		Grants: []offboarding.Grant{{Class: offboarding.Groups, ID: "1"}, {Class: offboarding.Groups, ID: "2"}},
	}}}
	if c.State == offboarding.NeedsDecision {
		c.Systems[0].Grants = append(c.Systems[0].Grants, offboarding.Grant{Class: offboarding.APITokens, Removal: offboarding.Ask})
	}
	return c, k.failed
}

// said is what one call of import came to.
type said struct {
	status int
	out    string
	err    error
}

// imports runs import on a file with the content, against the desk.
func imports(t *testing.T, ctx context.Context, k *desk, content string, flags ...string) said { //nolint:revive // a test comes first
	t.Helper()
	path := filepath.Join(t.TempDir(), "departures.csv")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	var out bytes.Buffer
	g := &globals{out: &out, by: "hr@example.com", output: "text"}
	i := &importer{g: g, lookFor: 300 * time.Millisecond, connect: func(context.Context) (departures.Desk, func(), error) {
		if k == nil {
			return nil, nil, errors.New("no temporal answers")
		}
		return k, func() {}, nil
	}}
	root := &cobra.Command{Use: "starter", SilenceErrors: true, SilenceUsage: true}
	root.PersistentFlags().StringVarP(&g.output, "output", "o", "text", "")
	root.AddCommand(i.command())
	root.SetIn(strings.NewReader(content))
	root.SetArgs(append([]string{"import", path}, flags...))
	err := root.ExecuteContext(ctx)
	return said{status: statusOf(err), out: out.String(), err: err}
}

const three = "email,last day\nada@example.com,2035-12-31\nbob@example.com,2035-12-31\neve@example.com,now\n"

func TestAGoodFileIsStartedAndToldOfLineByLine(t *testing.T) {
	k := newDesk()
	got := imports(t, t.Context(), k, three, "--zone", "Europe/Berlin")
	require.NoError(t, got.err)
	require.Contains(t, got.out, "line 3: bob@example.com: started\n")
	require.Contains(t, got.out, "│ started │      3 │")
	require.Len(t, k.asked, 3)
	d := k.asked["ada@example.com"]
	require.Equal(t, offboarding.DoorFile, d.RequestedBy.Door)
	require.Equal(t, offboarding.Subject("hr@example.com"), d.RequestedBy.Email)
	require.True(t, d.Bulk)
	require.Equal(t, "2035-12-31T22:59:00Z", d.At.UTC().Format(time.RFC3339))

	k.ended["eve@example.com"] = true
	got = imports(t, t.Context(), k, three, "--zone", "Europe/Berlin")
	require.NoError(t, got.err, "again: nobody is started twice, and that is no error")
	require.Len(t, k.asked, 3)
	require.Contains(t, got.out, "line 2: ada@example.com: joined\n")
	require.Contains(t, got.out, "line 4: eve@example.com: already ended: ")
	require.Regexp(t, `already ended +│ +1 │`, got.out)
	require.Regexp(t, `joined a case that runs +│ +2 │`, got.out)
	require.Regexp(t, `│ started +│ +0 │`, got.out)
}

func TestOneBadLineAndNobodyIsStarted(t *testing.T) {
	bad := three + "joe@example.com,2035-02-30\n"
	got := imports(t, t.Context(), nil, bad)
	require.Equal(t, ExitError, got.status)
	require.ErrorContains(t, got.err, "1 of 4 lines are bad; nothing was started")
	require.Contains(t, got.out, "line 5: last day: \"2035-02-30\" is not a time: February 2035 has 28 days\n")

	k := newDesk()
	got = imports(t, t.Context(), k, bad, "--skip-bad")
	require.Equal(t, ExitError, got.status, "a script is to know of it")
	require.ErrorContains(t, got.err, "1 lines were bad and left out")
	require.Len(t, k.asked, 3)
	require.Regexp(t, `lines left out: bad +│ +1 │`, got.out)
}

func TestNobodyToOffboardIsAnErrorAndNeedsNoTemporal(t *testing.T) {
	for content, want := range map[string]string{
		"email,last day\n":                     "the file names nobody",
		"email,last day\njane,now\n":           "all 1 lines are bad",
		"email,last day,Desk\na@b.com,now,5\n": "nobody knows the column \"Desk\"",
	} {
		got := imports(t, t.Context(), nil, content, "--skip-bad")
		require.Equal(t, ExitError, got.status)
		require.ErrorContains(t, got.err, want)
	}
	got := imports(t, t.Context(), nil, three)
	require.ErrorContains(t, got.err, "no temporal answers")
}

func TestFlagsThatCannotBeAreUsage(t *testing.T) {
	for flags, want := range map[string]string{
		"--zone=Mars/Base":    "--zone: \"Mars/Base\" is no time zone",
		"--at=soon":           "--at: \"soon\" is not a time",
		"--column=email":      "write it as --column",
		"--parallel=0":        "give between 1 and 64",
		"--parallel=65":       "give between 1 and 64",
		"--column==last day":  "write it as --column",
		"--at=2020-01-01":     "is in the past",
		"--zone=Europe/Berln": "is no time zone",
	} {
		got := imports(t, t.Context(), nil, three, flags)
		require.Equal(t, ExitUsage, got.status, flags)
		require.ErrorContains(t, got.err, want)
		require.Empty(t, got.out)
	}
}

func TestColumnsAreMappedAndLeftOut(t *testing.T) {
	k := newDesk()
	got := imports(t, t.Context(), k, "Mail;Austritt;Desk;Boss\njane@example.com;2035-12-31;5;joe\n",
		"--column", "Austritt=last day", "--column", "boss=", "--ignore-columns")
	require.NoError(t, got.err)
	require.Contains(t, got.out, "columns left out: Desk, Boss\n")
	require.Equal(t, time.December, k.asked["jane@example.com"].At.Month())
}

func TestStandardInputAndOneTimeForAll(t *testing.T) {
	k := newDesk()
	var out bytes.Buffer
	i := &importer{g: &globals{out: &out, by: "HR"}, lookFor: time.Second, connect: func(context.Context) (departures.Desk, func(), error) { return k, func() {}, nil }}
	c := i.command()
	c.SetIn(strings.NewReader("email\njane@example.com\n"))
	c.SetArgs([]string{"-", "--at", "now"})
	require.NoError(t, c.ExecuteContext(t.Context()))
	require.Zero(t, k.asked["jane@example.com"].At)
}

func TestWhatTheCasesCameToDecidesTheStatus(t *testing.T) {
	k := newDesk()
	k.states["ada@example.com"] = offboarding.AwaitingApproval
	got := imports(t, t.Context(), k, three)
	require.Equal(t, ExitNeedsPerson, got.status)
	require.ErrorContains(t, got.err, "1 people's cases need a person")
	require.Contains(t, got.out, "line 2: ada@example.com: waits: Offboarding of")

	k = newDesk()
	k.states["ada@example.com"] = offboarding.Paused
	k.states["bob@example.com"] = offboarding.Refused
	k.states["eve@example.com"] = offboarding.Finding
	got = imports(t, t.Context(), k, three)
	require.Equal(t, ExitError, got.status)
	require.ErrorContains(t, got.err, "1 people were refused")
	require.Equal(t, 2, strings.Count(got.out, "line 3: bob@example.com: refused: what became of it\n"), "when it is seen, and below the table")
	require.Regexp(t, `of these not looked at yet +│ +1 │`, got.out)

	k = newDesk()
	k.failed = errors.New("no room")
	got = imports(t, t.Context(), k, three)
	require.Equal(t, ExitError, got.status)
	require.ErrorContains(t, got.err, "3 people failed")
	require.Contains(t, got.out, "line 2: ada@example.com: failed: no room\n")
}

func TestAnInterruptedImportSaysHowFarItGotAndCanBeRepeated(t *testing.T) {
	var b strings.Builder
	b.WriteString("email,last day\n")
	for n := range 200 {
		fmt.Fprintf(&b, "p%d@example.com,2035-12-31\n", n)
	}
	k := newDesk()
	ctx, stop := context.WithCancel(t.Context())
	k.onAsk = func(n int) {
		if n == 50 {
			stop()
		}
	}
	got := imports(t, ctx, k, b.String(), "--zone", "UTC")
	require.Equal(t, ExitError, got.status)
	require.ErrorContains(t, got.err, fmt.Sprintf("stopped after %d of 200 people", len(k.asked)))
	require.ErrorContains(t, got.err, "interrupted")
	require.Less(t, len(k.asked), 100)
	require.Regexp(t, `not asked for +│ +1[0-9]{2} │`, got.out)

	before := len(k.asked)
	got = imports(t, t.Context(), k, b.String(), "--zone", "UTC", "-o", "json")
	require.NoError(t, got.err)
	sum := decoded(t, got).Summary
	require.Equal(t, before, sum.Joined)
	require.Equal(t, 200-before, sum.Started)
	require.Len(t, k.asked, 200)
}

func decoded(t *testing.T, s said) Imported {
	t.Helper()
	var v Imported
	dec := json.NewDecoder(strings.NewReader(s.out))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&v), "%s", s.out)
	require.False(t, dec.More(), "one JSON value")
	return v
}

func TestJSONSaysTheSame(t *testing.T) {
	k := newDesk()
	k.states["ada@example.com"] = offboarding.Refused
	got := decoded(t, imports(t, t.Context(), k, three+"eve@example.com,now\njoe,now\n", "--skip-bad", "-o", "json"))
	require.Equal(t, []departures.Problem{
		{Line: 5, Warning: true, What: "eve@example.com stands on line 4 already: that line counts"},
		{Line: 6, What: "email: \"joe\" is not a work e-mail address: it is not one plain address; give one like jane.doe@example.com"},
	}, got.Problems)
	require.Len(t, got.Results, 3)
	require.Len(t, got.Looked, 3)
	require.Equal(t, 5, got.Summary.Lines)
	require.Equal(t, 3, got.Summary.Started)
	require.Equal(t, 1, got.Summary.Refused)
	require.Zero(t, got.Summary.NotLooked)

	got = decoded(t, imports(t, t.Context(), nil, "email,last day\njoe,now\n", "-o", "json"))
	require.Len(t, got.Problems, 1)
	require.Equal(t, 1, got.Summary.Bad)
}

func TestDryRunShowsEveryPlanAndStartsNothing(t *testing.T) {
	k := newDesk()
	k.states["bob@example.com"] = offboarding.NeedsDecision
	got := imports(t, t.Context(), k, three, "--dry-run", "--zone", "Europe/Berlin")
	require.Equal(t, ExitNeedsPerson, got.status)
	require.Contains(t, got.out, "line 2: ada@example.com, 2035-12-31 23:59 CET\n  okta: ends 2 groups\n")
	require.Contains(t, got.out, "line 3: bob@example.com, 2035-12-31 23:59 CET\n  okta: ends 2 groups; asks a person about 1 api-tokens\n")
	require.Contains(t, got.out, "line 4: eve@example.com, at once\n")
	require.Regexp(t, `okta +│ groups +│ +3 │ +6 │ +0 │ +0 │`, got.out)
	require.Contains(t, got.out, "3 people; 0 refused, 0 known to no system, 0 not looked up, 1 need a person. Nothing was changed.\n")
	require.Empty(t, k.asked)

	k.failed = errors.New("no answer in time")
	got = imports(t, t.Context(), k, three, "--dry-run", "-o", "json")
	require.Equal(t, ExitError, got.status)
	v := decoded(t, got)
	require.Len(t, v.Plans, 3)
	require.Equal(t, "no answer in time", v.Plans[0].Failed)
	require.Equal(t, 3, v.Summary.Plan.Failed)
	require.True(t, v.Summary.DryRun)
	require.Empty(t, k.asked)
}

func TestOffboardChecksWhatItIsTold(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	by := offboarding.Named(offboarding.DoorCommand, "Hr")
	d, err := (&request{
		at: "2026-12-31 17:00 Europe/Berlin", kind: "Contract End", reason: " it\x1b ends ", partner: "Northwind",
		successor: "Joe@example.com", note: "see\nbelow", urgent: true,
	}).departure("Jane@example.com", by, now)
	require.NoError(t, err)
	require.Equal(t, "2026-12-31T16:00:00Z", d.At.UTC().Format(time.RFC3339))
	d.At = time.Time{}
	require.Equal(t, offboarding.Departure{
		Subject: "jane@example.com", Zone: "Europe/Berlin", Kind: offboarding.ContractEnd, Reason: "it ends", Partner: "Northwind",
		Successor: "joe@example.com", Note: "see below", Urgent: true, RequestedBy: by,
	}, d)
	for want, r := range map[string]request{
		"--at: ":                            {at: "soon"},
		"--kind: \"fired\" is no kind":      {kind: "fired"},
		"--successor: \"joe\" is not":       {successor: "joe"},
		"cannot be their own successor":     {successor: "JANE@example.com"},
		"--note: the note has 2001":         {note: strings.Repeat("x", 2001)},
		"--reason: the reason has 501":      {reason: strings.Repeat("x", 501), partner: strings.Repeat("x", 201)},
		"; --partner: the partner has 201 ": {reason: strings.Repeat("x", 501), partner: strings.Repeat("x", 201)},
	} {
		_, err := r.departure("jane@example.com", by, now)
		require.ErrorContains(t, err, want)
		require.Equal(t, ExitUsage, statusOf(err))
	}
}
