package hook_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"lastday/offboarding"
	"lastday/secret"
	"lastday/starter/hook"
)

// sample is a hook with one of the mappings that docs/hr-systems.md shows.
func sample(t *testing.T, system string) (*house, func(file string) []hook.Outcome) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", system, "mapping.yaml"))
	require.NoError(t, err)
	src := hook.Source{Name: system, Secrets: []secret.Ref{secretOf(t, whsec(key))}, Mapping: mappingOf(t, string(text))}
	if system == "bamboohr" {
		src.Signature, src.Secrets = hook.BambooHR, []secret.Ref{secretOf(t, string(key))}
	}
	h := houseOf(t, hook.Config{Sources: []hook.Source{src}})
	h.now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	return h, func(file string) []hook.Outcome {
		t.Helper()
		body, err := os.ReadFile(filepath.Join("testdata", system, file+".json"))
		require.NoError(t, err)
		s := h.serve(h.request(string(body)).sign())
		if system == "bamboohr" {
			s = h.serve(bambooRequest(hook.Path, string(body), h.now.Format(time.RFC3339), key))
		}
		require.Equal(t, 202, s.status, s.text)
		out := []hook.Outcome{}
		for _, r := range s.Results {
			out = append(out, r.Outcome)
		}
		return out
	}
}

func TestBambooHR(t *testing.T) {
	h, send := sample(t, "bamboohr")
	require.Equal(t, []hook.Outcome{hook.Started}, send("leaves"))
	c := h.jane()
	require.Equal(t, "2026-12-31 23:59 MST", offboarding.In(c.Due, c.Departure.Zone))
	require.Equal(t, offboarding.Resignation, c.Departure.Kind)
	require.Equal(t, []hook.Outcome{hook.Cancelled}, send("withdrawn"))
	require.Equal(t, []hook.Outcome{hook.Reported}, send("rehired"))

	h, send = sample(t, "bamboohr")
	require.Equal(t, []hook.Outcome{hook.Started, hook.Started}, send("several"), "who was created or got another title is no departure")
	require.Equal(t, offboarding.DeathOrIllness, h.temporal.departs[0].Kind)
	require.True(t, h.temporal.departs[1].At.IsZero(), "yesterday was the last day")
	require.Empty(t, h.temporal.departs[1].Kind)
}

func TestPersonio(t *testing.T) {
	h, send := sample(t, "personio")
	require.Empty(t, send("other"))
	require.Equal(t, []hook.Outcome{hook.Unchanged}, send("stays"))
	require.Equal(t, []hook.Outcome{hook.Started}, send("leaves"))
	c := h.jane()
	require.Equal(t, "2026-12-15 23:59 CET", offboarding.In(c.Due, c.Departure.Zone))
	require.Equal(t, offboarding.Resignation, c.Departure.Kind)
	require.Equal(t, []hook.Outcome{hook.Repeated}, send("stays"), "the same event")
	require.Empty(t, h.reports)
}

func TestWorkday(t *testing.T) {
	h, send := sample(t, "workday")
	require.Equal(t, []hook.Outcome{hook.Started}, send("leaves"))
	c := h.jane()
	require.Equal(t, "2026-12-31 23:59 PST", offboarding.In(c.Due, c.Departure.Zone))
	require.Equal(t, offboarding.Subject("ada@example.com"), c.Departure.Successor)
	require.Equal(t, []hook.Outcome{hook.Cancelled, hook.Started, hook.Reported}, send("several"))
	require.Equal(t, offboarding.PartnerContract, h.temporal.departs[1].Kind)
	require.Equal(t, "Northwind", h.temporal.departs[1].Partner)
}

// The page for people and the example show what is tested here.
func TestWhatThePapersShowIsWhatIsTested(t *testing.T) {
	page, err := os.ReadFile("../../docs/hr-systems.md")
	require.NoError(t, err)
	for _, system := range []string{"bamboohr", "personio", "workday"} {
		text, err := os.ReadFile(filepath.Join("testdata", system, "mapping.yaml"))
		require.NoError(t, err)
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			require.Contains(t, string(page), "        "+line+"\n", "docs/hr-systems.md, %s", system)
		}
	}
	example, err := os.ReadFile("../../lastday.example.yaml")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(example), "\n  sources: []\n")
	require.True(t, found)
	shown := "sources:\n"
	for _, line := range strings.Split(rest, "\n") {
		text, commented := strings.CutPrefix(line, "  #")
		if !commented {
			break
		}
		shown += text + "\n"
	}
	var c hook.Config
	dec := yaml.NewDecoder(strings.NewReader(shown))
	dec.KnownFields(true)
	require.NoError(t, dec.Decode(&c), shown)
	require.Len(t, c.Sources, 1)
	c.Defaults()
	require.NoError(t, c.Validate())
	require.NotEmpty(t, c.Sources[0].Mapping.OccurredAt, "all of it was read")
}

func TestAMistakeInAMappingIsFoundAtTheStartWithItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		"what: event.what":                     "hooks.sources.workday.mapping.email is missing",
		"email: evnt.mail\nwhat: \"'leaves'\"": "mapping.email: 1:1: undeclared reference to 'evnt'",
		"what: 'event.what =='":                "mapping.what: 1:14: Syntax error",
		"what: \"'a' + 1\"":                    "mapping.what: 1:5: found no matching overload",
		"what: 1 + 1":                          "mapping.what gives int where string is expected",
		"ignore: \"'yes'\"":                    "mapping.ignore gives string where bool is expected",
		"each: \"'x'\"":                        "mapping.each gives string where list(dyn) is expected",
		"what: event.what\nemail: event.mail":  "mapping: give either last_day, a date, or at",
		plainMapping + "at: event.at":          "mapping: give either last_day, a date, or at",
		"what: " + strings.Repeat("x", 5000):   "mapping.what: ",
		"what: " + strings.Repeat("(", 500):    "mapping.what: ",
	} {
		c := hook.Config{Sources: []hook.Source{{Name: "workday", Secrets: []secret.Ref{secretOf(t, whsec(key))}, Mapping: mappingOf(t, text)}}}
		c.Defaults()
		require.ErrorContains(t, c.Validate(), want, text)
		_, err := hook.New(c, newTemporal(), time.Now)
		require.ErrorContains(t, err, want)
	}
}

func TestAnExpressionThatCostsTooMuchEnds(t *testing.T) {
	h := newHouse(t, `
what: "event.l.filter(a, event.l.exists(b, event.l.exists(c, a == b && b == c && a > 1000))).size() == 0 ? 'leaves' : 'x'"
email: event.email
last_day: event.last_day
zone: "'UTC'"
`)
	body := `{"email":"jane.doe@example.com","last_day":"2026-12-31","l":[` + strings.TrimSuffix(strings.Repeat("1,", 20000), ",") + `]}`
	began := time.Now()
	s := h.send(h.request(body))
	require.Equal(t, 400, s.status)
	require.Contains(t, s.Error, "mapping.what: ")
	require.Regexp(t, "cost limit exceeded|deadline exceeded", s.Error)
	require.Less(t, time.Since(began), 3*time.Second)
}

func TestAConfigurationSaysWhatIsWrong(t *testing.T) {
	good := func() hook.Source {
		return hook.Source{Name: "workday", Secrets: []secret.Ref{secretOf(t, whsec(key))}, Mapping: mappingOf(t, plainMapping)}
	}
	for want, spoil := range map[string]func(*hook.Source){
		"hooks.sources[0].name":                         func(s *hook.Source) { s.Name = "Work Day" },
		"hooks.sources.workday.signature is not known":  func(s *hook.Source) { s.Signature = "personio" },
		"hooks.sources.workday.secrets: give one":       func(s *hook.Source) { s.Secrets = nil },
		"hooks.sources.workday.secrets: one is empty":   func(s *hook.Source) { s.Secrets = []secret.Ref{{}} },
		"hooks.sources.workday.late is 2000h0m0s":       func(s *hook.Source) { s.Late = 2000 * time.Hour },
		"hooks.sources.workday.mapping.what is missing": func(s *hook.Source) { s.Mapping.What = " " },
	} {
		s := good()
		spoil(&s)
		c := hook.Config{Sources: []hook.Source{s}}
		c.Defaults()
		require.ErrorContains(t, c.Validate(), want)
	}
	twice := hook.Config{Sources: []hook.Source{good(), good()}}
	twice.Defaults()
	require.ErrorContains(t, twice.Validate(), "name is given twice")
	_, err := hook.New(hook.Config{}, newTemporal(), time.Now)
	require.ErrorContains(t, err, "hooks.sources is empty")
}

func TestTimesOfHRSystems(t *testing.T) {
	at := "what: \"'leaves'\"\nemail: \"'jane.doe@example.com'\"\nat: event.at\nzone: event.zone\n"
	for body, want := range map[string]string{
		`{"at":"2026-12-31T17:00:00+01:00","zone":""}`:              "2026-12-31T16:00:00Z",
		`{"at":"2026-12-31T17:00:00.000+0100","zone":"asia/tokyo"}`: "2026-12-31T16:00:00Z",
		`{"at":"2026-12-31T17:00:00","zone":"Asia/Tokyo"}`:          "2026-12-31T08:00:00Z",
		`{"at":"2026-12-31 17:00","zone":"America/New_York"}`:       "2026-12-31T22:00:00Z",
		`{"at":"2027-10-31T02:30","zone":"Europe/Berlin"}`:          "2027-10-31T00:30:00Z", // comes twice: the earlier
		`{"at":"2027-03-28T02:30","zone":"Europe/Berlin"}`:          "the clocks skip it",
		`{"at":"2026-12-31T17:00","zone":""}`:                       "no time zone: give mapping.zone",
		`{"at":"2026-12-31T17:00","zone":"Mars/Olympus"}`:           "mapping.zone: \"Mars/Olympus\" is no time zone",
		`{"at":"2026-12-31T17:00:00Z","zone":"Local"}`:              "is no time",
		`{"at":"2026-12-31T25:00","zone":"UTC"}`:                    "mapping.at: ",
		`{"at":"2026-12-31","zone":"UTC"}`:                          "for a date use mapping.last_day",
		`{"at":"now","zone":"UTC"}`:                                 "is not a time such as",
	} {
		h := newHouse(t, at)
		s := h.send(h.request(body))
		if strings.HasSuffix(want, "Z") {
			require.Equal(t, hook.Started, h.outcome(s), body)
			require.Equal(t, want, h.jane().Due.UTC().Format(time.RFC3339), body)
			continue
		}
		require.Equal(t, 400, s.status, body)
		require.Contains(t, s.Error, want, body)
	}
}

func TestDirectionMarksAndLinesInTextsAreTidiedAway(t *testing.T) {
	h := newHouse(t, plainMapping+"reason: event.reason\npartner: event.partner\n")
	body := strings.Replace(told("leaves", "2026-12-31", 0), "{", `{"reason":"a\u202egnp.exe\n\nb","partner":"Nor\u0000thwind",`, 1)
	require.Equal(t, hook.Started, h.tell(body))
	require.Equal(t, "agnp.exe b", h.jane().Departure.Reason)
	require.Equal(t, "Northwind", h.jane().Departure.Partner)
}
