package command_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/report/reporttest"
	"lastday/record/sample"
	"lastday/record/setup"
	"lastday/starter/command"
	"lastday/starter/local"
	"lastday/starter/show"
)

// archive is a record as the standalone process on this machine keeps it, which
// the command line finds by itself.
type archive struct {
	*setup.Ledger
	t   *testing.T
	dir string
}

// keep begins a record and puts cases into it. It is signed while the test runs.
func keep(t *testing.T, cases ...offboarding.Case) *archive {
	t.Helper()
	a := &archive{t: t, dir: t.TempDir()}
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("LASTDAY_USER", "Ann Auditor")
	c, err := setup.Embedded(a.dir)
	require.NoError(t, err)
	a.Ledger, err = setup.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.Close() })
	for _, c := range cases {
		require.NoError(t, a.Append(t.Context(), casefile.Events(c)))
	}
	stop, err := a.Sign(setup.Signing{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(stop)
	gone, err := local.Write(local.Info{Data: a.dir})
	require.NoError(t, err)
	t.Cleanup(gone)
	return a
}

// quarter is a record with a case of every kind.
func quarter(t *testing.T) *archive {
	t.Helper()
	return keep(t, reporttest.Cancelled(), reporttest.Open(), reporttest.Planned(), reporttest.Waived(), reporttest.Verified())
}

// looks are the looks that the record has, as case and facts.
func (a *archive) looks() []string {
	a.t.Helper()
	head, err := a.Head(a.t.Context())
	require.NoError(a.t, err)
	all, err := a.Range(a.t.Context(), 0, head.N)
	require.NoError(a.t, err)
	var out []string
	for _, e := range all {
		if e.Entry.Kind == record.Access {
			out = append(out, strings.TrimSpace(e.Entry.Case+" "+string(e.Entry.Facts)))
		}
	}
	return out
}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

func TestRecordListShowsTheCasesThatAreAskedFor(t *testing.T) {
	a := quarter(t)
	status, out, errs := run(t, "record", "list")
	require.Equal(t, command.ExitDone, status, errs)
	for _, words := range []string{"jane.doe@example.com", "verified", "closed, late", "cancelled", "needs-decision, late", "awaiting-approval", "2026-03-16 16:00 UTC", "5 cases;", "which is no proof"} {
		require.Contains(t, out, words)
	}
	for _, c := range []struct {
		flags string
		want  []string
	}{
		{"--state closed", []string{"omar.haddad@example.com"}},
		{"--late", []string{"omar.haddad@example.com", "priya.nair@example.com", "tomas.novak@example.com"}},
		{"--from 2026-03-16 --to 2026-03-17 --state verified", []string{"jane.doe@example.com"}},
		{"--to 2026-03-16", nil},
		{"--from 2026-03-17", nil},
		{"--partner Nobody", nil},
	} {
		status, out, errs := run(t, append([]string{"record", "list", "-o", "json"}, strings.Fields(c.flags)...)...)
		require.Equal(t, command.ExitDone, status, errs)
		var got []string
		for _, s := range decode[[]record.Summary](t, out) {
			got = append(got, s.Person.Email)
		}
		require.ElementsMatch(t, c.want, got, c.flags)
	}
	require.Equal(t, []string{
		`{"what":"list of cases","door":"command","shown":5}`,
		`{"what":"list of cases","door":"command","shown":1,"state":"closed"}`,
		`{"what":"list of cases","door":"command","shown":3,"late":true}`,
		`{"what":"list of cases","door":"command","shown":1,"from":"2026-03-16","to":"2026-03-17","state":"verified"}`,
		`{"what":"list of cases","door":"command","shown":0,"to":"2026-03-16"}`,
		`{"what":"list of cases","door":"command","shown":0,"from":"2026-03-17"}`,
		`{"what":"list of cases","door":"command","shown":0}`,
	}, a.looks(), "each look is recorded, and nothing that was typed freely")
}

func TestAnEmptyRecordSaysSo(t *testing.T) {
	keep(t)
	status, out, _ := run(t, "record", "list")
	require.Equal(t, command.ExitDone, status)
	require.Equal(t, "no case\n", out)
	status, out, _ = run(t, "record", "sample", "--seed", "1", "-o", "json")
	require.Equal(t, command.ExitDone, status)
	got := decode[show.Drawn](t, out)
	require.Zero(t, got.Of)
	require.Contains(t, out, `"cases": []`)
}

func TestRecordShowTellsACaseEntryByEntry(t *testing.T) {
	a := quarter(t)
	status, out, errs := run(t, "record", "show", "Jane.Doe+old@example.com")
	require.Equal(t, command.ExitDone, status, errs)
	require.Contains(t, out, "jane.doe@example.com: verified (run "+reporttest.Verified().RunID+")")
	require.Contains(t, out, "at (UTC)")
	require.Contains(t, out, "absent, while the same question showed")
	require.Contains(t, out, "looked at: the case, entry by entry", "the look is recorded before it is shown")
	for _, line := range strings.Split(out, "\n") {
		require.LessOrEqual(t, len([]rune(line)), 200, "a line fits a wide terminal: %s", line)
	}
	_, out, _ = run(t, "record", "show", "omar.haddad@example.com", "-o", "json")
	got := decode[[]casefile.Case](t, out)
	require.Len(t, got, 1)
	require.Equal(t, offboarding.Closed, got[0].State)
	require.Equal(t, 1, got[0].Standing.Waived)

	before := len(a.looks())
	status, out, errs = run(t, "record", "show", "nobody@example.com")
	require.Equal(t, command.ExitError, status)
	require.Empty(t, out)
	require.Contains(t, errs, "the record has no case of nobody@example.com")
	require.Equal(t, []string{`{"what":"search for a person","door":"command","shown":0,"person":true}`}, a.looks()[before:])
}

func TestRecordSampleIsThatOfTheSeed(t *testing.T) {
	a := quarter(t)
	all, err := a.Cases(t.Context(), record.Filter{})
	require.NoError(t, err)
	var ids []string
	for _, s := range all {
		ids = append(ids, s.Case)
	}
	want, err := sample.Draw(ids, 2, "Dana.Doe")
	require.NoError(t, err)
	status, out, errs := run(t, "record", "sample", "--n", "2", "--seed", "Dana.Doe", "-o", "json")
	require.Equal(t, command.ExitDone, status, errs)
	got := decode[show.Drawn](t, out)
	require.Equal(t, 5, got.Of)
	require.Equal(t, sample.Population(ids), got.Population)
	require.Len(t, got.Cases, 2)
	for i := range want {
		require.Equal(t, want[i].Case, got.Cases[i].Case)
	}
	_, out, _ = run(t, "record", "sample", "--n", "2", "-o", "json")
	chosen := decode[show.Drawn](t, out)
	require.NotEmpty(t, chosen.Seed, "whoever gives none is told which was drawn")
	_, out, _ = run(t, "record", "sample", "--n", "2", "--seed", chosen.Seed, "-o", "json")
	require.Equal(t, chosen, decode[show.Drawn](t, out))
	_, again, _ := run(t, "record", "sample", "--n", "2", "--seed", "Dana.Doe")
	require.Contains(t, again, "2 of 5 cases, drawn with the seed Dana.Doe from the population "+sample.Population(ids))
	head, err := a.Head(t.Context())
	require.NoError(t, err)
	last, err := a.Range(t.Context(), head.N-1, head.N)
	require.NoError(t, err)
	require.NotContains(t, string(last[0].Leaf), "Dana", "a seed may be a name: it is sealed")
	require.Contains(t, string(last[0].Opened), "Dana.Doe")
}

func TestRecordStatusSaysHowTheLogStands(t *testing.T) {
	a := quarter(t)
	a.anchored()
	status, out, errs := run(t, "record", "status")
	require.Equal(t, command.ExitDone, status, errs)
	require.Contains(t, out, "lastday.local/record: ")
	require.Contains(t, out, "public key: "+a.PublicKey)
	require.Contains(t, out, "anchored: this-machine (directory)")
	require.Contains(t, out, "a folder counts only if another machine keeps it")
	status, out, _ = run(t, "record", "status", "-o", "json")
	require.Equal(t, command.ExitDone, status)
	got := decode[setup.Status](t, out)
	require.Equal(t, got.Size, got.Signed)
	require.Nil(t, got.Stopped)
	require.Empty(t, a.looks(), "nobody's case was looked at")
}

// What is called wrongly is said so, with what to do, and writes nothing.
func TestWrongCallsOfTheRecord(t *testing.T) {
	a := quarter(t)
	head, err := a.Head(t.Context())
	require.NoError(t, err)
	for line, words := range map[string]string{
		"record":                        "record needs a command",
		"record lists":                  "record needs a command",
		"record list --from 2026-02-30": `--from "2026-02-30" is no day: give one as 2026-01-31`,
		"record list --to today":        `--to "today" is no day`,
		"record list --from 2026-03-02 --to 2026-03-02":        "--from 2026-03-02 is not before --to 2026-03-02",
		"record list --state sleeping":                         `--state "sleeping" is no state of a case: give one of verified, closed`,
		"record list jane.doe@example.com":                     "list takes its arguments as: starter record list",
		"record list -o yaml":                                  "give text or json",
		"record show":                                          "show takes its arguments as",
		"record show jane":                                     "not a work e-mail address",
		"record sample --seed 1 --n 0":                         "between 1 and 10,000",
		"record sample --seed a'b":                             "letters, digits",
		"record sample --seed 1 --state x":                     "no state of a case",
		"record export":                                        "either EMAIL -o FILE or --log DIR",
		"record export jane.doe@example.com":                   "a file to write to",
		"record export jane.doe@example.com -o jsn":            "neither a file that ends in .zip nor text or json",
		"record export jane.doe@example.com -o a.zip -o b.zip": "export writes to one file",
		"record export --log x -o a.zip":                       "either EMAIL -o FILE or --log DIR",
		"record export jane.doe@example.com --log x":           "either EMAIL -o FILE or --log DIR",
		"record verify x.zip":                                  "give the log's public key with --key",
		"record verify nothing.zip --key " + a.PublicKey:       "no such file",
		"record verify x --key short":                          "--key",
		"record forget":                                        "forget takes its arguments as",
		"record forget jane":                                   "not a work e-mail address",
		"record keys --dir x":                                  "keys needs --dir DIR and --origin NAME",
		"record status now":                                    "status takes its arguments as",
		"record show jane.doe@example.com --nothing-such":      "unknown flag",
	} {
		status, out, errs := run(t, strings.Fields(line)...)
		require.Equal(t, command.ExitUsage, status, "%s: %s", line, errs)
		require.Empty(t, out, line)
		require.Contains(t, errs, words, line)
	}
	now, err := a.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, head.N, now.N)
}

// An empty record looks as if nobody had ever left: none is made by looking.
func TestARecordThatIsNotThereIsNotMade(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	dir := t.TempDir()
	status, _, errs := run(t, "record", "list")
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "which record? Give the configuration: -c FILE")
	keys := filepath.Join(dir, "keys")
	_, made, errs := run(t, "record", "keys", "--dir", keys, "--origin", "example.com/record")
	require.Empty(t, errs)
	for name, section := range map[string]string{
		"embedded": "standalone: {data_dir: " + filepath.Join(dir, "data") + "}\n",
		"sqlite":   "record:\n  database: sqlite:" + filepath.Join(dir, "record.db") + made[strings.Index(made, "record:\n")+len("record:"):] + "  copy: " + filepath.Join(dir, "copy") + "\n",
	} {
		path := filepath.Join(t.TempDir(), "lastday.yaml")
		require.NoError(t, os.WriteFile(path, []byte(section+withSystems), 0o600))
		for _, line := range []string{"list", "status", "show jane.doe@example.com", "export --log " + filepath.Join(dir, "log"), "forget jane.doe@example.com --yes", "resume"} {
			status, _, errs := run(t, append([]string{"record", "-c", path}, strings.Fields(line)...)...)
			require.Equal(t, command.ExitError, status, "%s: %s: %s", name, line, errs)
			require.Contains(t, errs, "there is no record at "+dir, line)
		}
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing but the keys: %v", left)
	status, _, errs = run(t, "record", "list", "-c", filepath.Join(dir, "nothing.yaml"))
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "read configuration")
}
