package pages_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"lastday/record/report/reporttest"
	"lastday/sandbox/browser"
	"lastday/starter/pages/signin/optest"
)

// signIn opens a browser without scripts and goes the way of a person: a page,
// the sign-in, the provider, back.
func (r *rig) signIn(as, path string, width, height int) *browser.Page {
	r.t.Helper()
	p := browser.Open(r.t, "about:blank", width, height)
	p.NoScript()
	p.Media("screen", "light")
	p.Go(r.url + path)
	p.Shows("h1", "Sign in")
	p.Shot("record-0-sign-in")
	p.Click("main a.button")
	p.Click("#" + as)
	p.Gone("#" + as)
	return p
}

func TestAnAuditorGoesFromTheListToTheProof(t *testing.T) {
	r := open(t, company(t), staff())
	p := r.signIn("ann", "/record", 1280, 1040)
	p.Shows("h1", "Cases")
	p.Shot("record-1-cases")
	p.Set("#who", "jane.doe@example.com")
	p.Keys(kb.Enter)
	p.Until(`document.querySelectorAll(".cases tbody tr").length === 1`)
	p.Shows(".cases", "jane.doe@example.com")
	require.NotContains(t, browser.Value[string](p, `location.href`), "jane", "an address is no part of a page's")
	p.Click(".cases tbody th a")
	p.Shows("h1", "jane.doe@example.com")
	p.Shows("main .lead", "read back as gone")
	p.Shot("record-2-case")
	p.Click(".events li:nth-child(12) summary")
	p.Until(`document.querySelector(".events li:nth-child(12) details").open`)
	p.Until(`document.querySelector(".events li:nth-child(9)").scrollIntoView() || true`)
	p.Shot("record-3-evidence")
	p.Click(".events li:nth-child(12) .evidence a")
	p.Shows("h1", "Entry")
	p.Shows("main .lead", "in the log")
	p.Shot("record-4-proof")
	p.Go(r.url + "/record/log")
	p.Shows("main .lead", "signed")
	p.Shot("record-8-log")
	p.Click("header form button")
	p.Shows("h1", "Signed out")
	p.Go(r.url + "/record/log")
	p.Shows("h1", "Sign in")
	looks := strings.Join(r.looks(), "\n")
	require.Contains(t, looks, reporttest.Verified().RunID+` {"what":"page of the case","roles":["auditor"]}`)
	require.Contains(t, looks, `"what":"entry with its proof"`)
	require.NotContains(t, looks, "jane", "what is recorded of a look names nobody who was looked for")
}

func TestTheFiguresLeadToTheirCases(t *testing.T) {
	r := open(t, company(t), staff())
	p := r.signIn("ann", "/record/population?from=2026-01-01&to=2026-03-31", 1280, 1040)
	p.Shows("h1", "Population")
	p.Shot("record-5-population")
	p.Until(`document.getElementById("h-contained").scrollIntoView() || true`)
	p.Shot("record-5-distribution")
	n := browser.Value[string](p, `document.querySelector(".tally.bad b").textContent`)
	p.Click(".tally.bad a")
	p.Shows(".scope", "late")
	require.Equal(t, n, browser.Value[string](p, `String(document.querySelectorAll(".cases tbody tr").length)`))
	p.Go(r.url + "/record/controls?from=2026-01-01&to=2026-03-31")
	p.Shows("h1", "Controls")
	p.Shot("record-6-controls")
	p.Go(r.url + "/record/sample?from=2026-01-01&to=2026-03-31&seed=4711&n=25")
	p.Shows("main", "drawn with the seed")
	p.Shot("record-7-sample")
}

func TestAPersonOfTheWrongRoleIsToldWhichOneIsNeeded(t *testing.T) {
	r := open(t, company(t), staff())
	p := r.signIn("hanna", "/record/log", 1280, 860)
	p.Shows("h1", "Your role may not see this page")
	p.Shows("main", "Hanna Ruiz with the role hr. This page needs the role auditor or operator")
	p.Shot("record-9-wrong-role")
	require.Equal(t, "Cases,Population", browser.Value[string](p, `[...document.querySelectorAll("header nav a")].map(a => a.textContent).join()`))
	p.Go(r.url + "/record/cases/" + reporttest.Verified().RunID)
	p.Shows("h1", "jane.doe@example.com")
	require.Zero(t, browser.Value[int](p, `document.querySelectorAll("a[href*='/entries/'], a[href$='bundle.zip']").length`))
}

func TestAStrangerSeesNothingButTheSignIn(t *testing.T) {
	r := open(t, company(t), staff())
	p := browser.Open(t, r.url+"/record/cases/"+reporttest.Verified().RunID, 1280, 860)
	p.Shows("h1", "Sign in")
	there := browser.Value[string](p, `document.body.innerText`)
	p.Go(r.url + "/record/cases/0195a1b2-0000-7000-8000-00000000ffff")
	p.Shows("h1", "Sign in")
	require.Equal(t, there, browser.Value[string](p, `document.body.innerText`))
	p.Click("main a.button")
	p.Click("#stranger")
	p.Shows("h1", "No role here")
	p.Go(r.url + "/record")
	p.Shows("h1", "Sign in")
	require.Empty(t, r.looks())
}

func TestThePagesShowOnAPhoneAndOnPaper(t *testing.T) {
	r := open(t, company(t), nil)
	for path, name := range map[string]string{
		"/record": "cases", "/record/cases/" + reporttest.Waived().RunID: "case", "/record/population?from=2026-01-01&to=2026-03-31": "population",
		"/record/entries/5": "entry", "/record/controls": "controls", "/record/sample?seed=1&from=2026-01-01&to=2026-03-31": "sample", "/record/log": "log",
	} {
		p := browser.Open(t, r.url+path, 390, 844)
		p.Media("screen", "light")
		require.LessOrEqual(t, browser.Value[int](p, `document.documentElement.scrollWidth`), 390, "%s does not scroll sideways", path)
		if name == "case" || name == "cases" {
			p.Shot("record-phone-" + name)
		}
		p.Media("screen", "dark")
		require.NotEqual(t, "rgb(245, 246, 248)", browser.Value[string](p, `getComputedStyle(document.body).backgroundColor`))
		if name == "population" {
			p.Shot("record-phone-dark-" + name)
		}
		p.Media("print", "dark")
		require.Equal(t, "rgb(255, 255, 255)", browser.Value[string](p, `getComputedStyle(document.body).backgroundColor`), "paper is white")
		require.Greater(t, len(p.Paper()), 5000)
	}
}

func TestThePagesWorkByKeyboardAlone(t *testing.T) {
	r := open(t, company(t), nil)
	p := browser.Open(t, r.url+"/record", 1280, 860)
	p.Keys(kb.Tab)
	require.Equal(t, "Skip to the content", browser.Value[string](p, `document.activeElement.textContent`))
	require.Positive(t, browser.Value[float64](p, `document.activeElement.getBoundingClientRect().right`), "it is seen")
	p.Keys(kb.Enter)
	p.Until(`document.activeElement.id === "main"`)
	tab(t, p, `document.activeElement.id === "who"`)
	p.Keys("jane.doe@example.com" + kb.Enter)
	p.Until(`(new URLSearchParams(location.search).get("person") || "").startsWith("p-")`)
	tab(t, p, `document.activeElement.matches(".cases th a")`)
	require.NotEqual(t, "none", browser.Value[string](p, `getComputedStyle(document.activeElement).outlineStyle`), "the focus is seen")
	p.Keys(kb.Enter)
	p.Shows("h1", "jane.doe@example.com")
	tab(t, p, `document.activeElement.matches(".events summary")`)
	p.Keys(kb.Enter)
	p.Until(`document.querySelector(".events details").open`)
	tab(t, p, `document.activeElement.matches(".evidence a")`)
	p.Keys(kb.Enter)
	p.Shows("main .lead", "in the log")
}

// tab presses Tab until the focus is where it is wanted.
func tab(t *testing.T, p *browser.Page, there string) {
	t.Helper()
	for range 60 {
		p.Keys(kb.Tab)
		if browser.Value[bool](p, there) {
			return
		}
	}
	t.Fatalf("Tab never leads to %s", there)
}

func TestNamesAreShownAndNeverObeyed(t *testing.T) {
	log := company(t)
	long := strings.Repeat("x", 10_000)
	put(t, log, reporttest.Hostile())
	c := ordinary(70)
	c.Departure.Partner = `<img src=x onerror=alert(1)>` + "\u202Eevil\u202C" + long
	c.Departure.RequestedBy.Name = `"><script>alert(1)</script>`
	c.Departure.RequestedBy.Email = ""
	put(t, log, c)
	log.Sign()
	people := staff()
	people["mallory"] = optest.Person{Email: "not an address", Name: "\u202E</span><script>alert(1)</script>" + long, Groups: []string{"Auditors"}}
	r := open(t, log, people)
	p := browser.Open(t, "about:blank", 1280, 860) // with scripts: what runs fails
	p.Go(r.url + "/record")
	p.Click("main a.button")
	p.Click("#mallory")
	p.Shows("h1", "Cases")
	for _, path := range []string{"/record", "/record/cases/" + c.RunID, "/record/cases/" + reporttest.Hostile().RunID, "/record/population?from=2026-01-01"} {
		p.Go(r.url + path)
		p.Shows("header .me", "<script>")
		require.Zero(t, browser.Value[int](p, `document.scripts.length + document.querySelectorAll("main img, main iframe, [onerror], [onclick]").length`))
		require.False(t, browser.Value[bool](p, `/[\u202A-\u202E\u2066-\u2069]/.test(document.body.textContent)`), path)
		require.LessOrEqual(t, browser.Value[int](p, `document.documentElement.scrollWidth`), 1280, path)
	}
}
