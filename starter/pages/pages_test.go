package pages_test

import (
	"archive/zip"
	"encoding/csv"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/recordtest"
	"lastday/record/report/reporttest"
	"lastday/record/sample"
	"lastday/starter/pages"
	"lastday/starter/pages/signin"
)

var (
	links   = regexp.MustCompile(`href="(/record[^"]*)"`)
	tallies = regexp.MustCompile(`<a href="(/record\?[^"]*only=[^"]*)">(?:<b>)?([\d,]+)`)
)

// TestEveryLinkLeadsToItsCases goes to all that the pages link to, and counts
// the cases behind each figure.
func TestEveryLinkLeadsToItsCases(t *testing.T) {
	r := open(t, company(t), nil)
	seen, todo := map[string]bool{}, []string{"/record", "/record/sample?seed=7&n=3"}
	entries := 0
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		resp, body := r.get(at)
		require.Equal(t, 200, resp.StatusCode, "%s: %s", at, body)
		if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, m := range tallies.FindAllStringSubmatch(body, -1) {
			list := strings.Replace(html.UnescapeString(m[1]), "/record?", "/record/cases.csv?", 1)
			_, table := r.get(list)
			rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
			require.NoError(t, err)
			require.Equal(t, m[2], fmt.Sprint(len(rows)-1), "%s on %s", m[1], at)
		}
		for _, m := range links.FindAllStringSubmatch(body, -1) {
			next := html.UnescapeString(m[1])
			if strings.HasPrefix(next, "/record/entries/") {
				if entries++; entries > 40 {
					continue
				}
			}
			if strings.Contains(next, "/cases/") && len(seen) > 150 {
				continue
			}
			todo = append(todo, next)
		}
	}
	require.Greater(t, len(seen), 80)
}

func TestEveryAnswerIsLockedDown(t *testing.T) {
	r := open(t, company(t), staff())
	local := open(t, company(t), nil)
	for _, path := range []string{"/record", "/record/nothing", "/record/style.css", "/record/sign-in", "/record/cases/x", "/record/entries/1/leaf"} {
		for _, r := range []*rig{r, local} {
			resp, body := r.get(path)
			h := resp.Header
			require.Equal(t, "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", h.Get("Content-Security-Policy"))
			require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			require.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
			require.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"))
			require.Equal(t, "same-origin", h.Get("Cross-Origin-Resource-Policy"))
			require.Empty(t, h.Get("Strict-Transport-Security"), "these pages are not reached by https")
			if path != "/record/style.css" {
				require.Contains(t, h.Values("Cache-Control"), "no-store")
			}
			require.NotContains(t, body, "<script")
			require.NotContains(t, body, " style=")
		}
	}
	c := pages.Config{OIDC: &signin.Config{
		Issuer: "https://example.okta.com", ClientID: "x", RedirectURL: "https://lastday.example.com" + signin.Callback, Roles: signin.Groups{HR: []string{"HR"}},
	}}
	c.Defaults()
	require.NoError(t, c.Validate())
	h, err := pages.New(c, pages.Options{Record: r})
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://lastday.example.com/record", nil))
	require.Equal(t, 401, answer.Code)
	require.Equal(t, "max-age=63072000", answer.Header().Get("Strict-Transport-Security"))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/record/sign-out", nil)
	require.NoError(t, err)
	req.Header.Set("Origin", "https://evil.example")
	resp, _ := r.do(req)
	require.Equal(t, 403, resp.StatusCode)
}

func TestALookIsRecordedBeforeItIsShown(t *testing.T) {
	r := open(t, company(t), nil)
	run := reporttest.Verified().RunID
	for path, want := range map[string]string{
		"/record":                                   ` {"what":"list of cases","roles":["auditor"],"shown":50}`,
		r.find("jane.doe@example.com"):              ` {"what":"list of cases","roles":["auditor"],"shown":1,"person":true}`,
		"/record?state=closed&late=1":               ` {"what":"list of cases","roles":["auditor"],"shown":1,"state":"closed","late":true}`,
		"/record/cases.csv?partner=Acme":            ` {"what":"table of cases","roles":["auditor"],"shown":13,"partner":"Acme"}`,
		"/record/cases/" + run:                      run + ` {"what":"page of the case","roles":["auditor"]}`,
		"/record/cases/" + run + "/bundle.zip":      run + ` {"what":"bundle of the case","roles":["auditor"]}`,
		"/record/population?from=2026-03-01":        ` {"what":"population of a period","roles":["auditor"],"shown":27,"from":"2026-03-01"}`,
		"/record/sample?from=2026-03-01&n=3&seed=a": ` {"what":"sample of cases","roles":["auditor"],"shown":3,"from":"2026-03-01"}`,
	} {
		before := len(r.looks())
		r.broken.Store(true)
		resp, body := r.get(path)
		require.Equal(t, 503, resp.StatusCode, path)
		require.NotContains(t, body, "example.com", path)
		require.NotContains(t, body, "the disk is full", path)
		r.broken.Store(false)
		resp, _ = r.get(path)
		require.Equal(t, 200, resp.StatusCode)
		require.Equal(t, []string{want}, r.looks()[before:])
	}
	before := len(r.looks())
	for _, path := range []string{"/record/log", "/record/sample", "/record/cases/0195a1b2-0000-7000-8000-00000000ffff", "/record/entries/99999"} {
		r.get(path)
	}
	require.Len(t, r.looks(), before, "where no case is shown nothing is recorded, and no case is made")
	_, body := r.get("/record/cases/" + run)
	require.Contains(t, body, "looked at: bundle of the case")
	require.Contains(t, squeeze(body), "by <bdi>local</bdi>")
}

func TestWhatIsAskedForWronglyIsSaidSo(t *testing.T) {
	r := open(t, company(t), nil)
	for path, words := range map[string]string{
		"/record?from=yesterday":                      "“from” is not a day",
		"/record?to=2026-02-30":                       "“to” is not a day",
		"/record?from=2026-03-02&to=2026-03-01":       "ends before it begins",
		"/record?late=maybe":                          "“late” is either 1",
		"/record?state=sleeping":                      "not a state",
		"/record?only=nothing":                        "names no figure",
		"/record?page=0":                              "“page” is not a number",
		"/record?page=-1":                             "“page” is not a number",
		"/record?person=jane":                         "not a pseudonym",
		"/record?person=jane.doe@example.com":         "not a pseudonym",
		"/record?partner=" + strings.Repeat("x", 201): "longer than 200",
		"/record/sample?seed=a%20b":                   "a seed is at most",
		"/record/sample?n=0&seed=x":                   "“n” is not a number",
	} {
		resp, body := r.get(path)
		require.Equal(t, 400, resp.StatusCode, path)
		require.Contains(t, html.UnescapeString(body), words, path)
	}
	for _, path := range []string{"/record/x", "/record/cases/1", "/record/cases/..%2f..%2fetc", "/record/entries/-1", "/record/entries/007", "/record/entries/1/secret", "/record/log/other", "/record/cases/" + strings.ToUpper(reporttest.Verified().RunID)} {
		resp, _ := r.get(path)
		require.Equal(t, 404, resp.StatusCode, path)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/record", nil)
	require.NoError(t, err)
	resp, _ := r.do(req)
	require.Equal(t, 405, resp.StatusCode)
}

func TestATableHoldsNoFormula(t *testing.T) {
	log := recordtest.New()
	bad := []string{`=HYPERLINK("http://evil")`, "+1", "-1", "@SUM(A1)", " =1", "\t=1", "＝1", "\u202E=1", "Jane;=1+1", "Jane; @SUM(A1);x", "plain, \"quoted\""}
	for i, text := range bad {
		standing(t, log, fmt.Sprintf("0195a1b2-0000-7000-8000-%012d", i), record.Person{Identity: fmt.Sprint("x:", i), Name: text},
			record.Standing{State: "verified", Partner: text, StartedAt: now, Due: now, EndedAt: now})
	}
	r := open(t, log, nil)
	resp, body := r.get("/record/cases.csv")
	require.Equal(t, "text/csv; charset=utf-8", resp.Header.Get("Content-Type"))
	require.True(t, strings.HasPrefix(body, "\ufeffcase,"))
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, len(bad)+1)
	for _, row := range rows[1:] {
		for _, cell := range row {
			for _, part := range strings.Split(cell, ";") { // where a comma stands in numbers, spreadsheets take the semicolon
				bare := strings.TrimLeft(part, " �")
				require.False(t, bare != "" && strings.ContainsAny(bare[:1], "=+-@\t\r"), "%q", cell)
			}
		}
	}
	require.Equal(t, `plain, "quoted"`, rows[1][1])
}

func TestTheSampleIsThatOfTheCommandLine(t *testing.T) {
	r := open(t, company(t), nil)
	_, body := r.get("/record/cases.csv?from=2026-02-01&to=2026-02-28")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	require.NoError(t, err)
	var ids []string
	for _, row := range rows[1:] {
		ids = append(ids, row[0])
	}
	want, err := sample.Draw(ids, 7, "dice-3-1-4")
	require.NoError(t, err)
	q := url.Values{"from": {"2026-02-01"}, "to": {"2026-02-28"}, "n": {"7"}, "seed": {"dice-3-1-4"}}.Encode()
	_, body = r.get("/record/sample.csv?" + q)
	rows, err = csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	require.NoError(t, err)
	var got []sample.Picked
	for _, row := range rows[1:] {
		got = append(got, sample.Picked{Case: row[0], Hash: row[len(row)-1]})
	}
	require.Equal(t, want, got)
	_, page := r.get("/record/sample?" + q)
	require.Contains(t, page, sample.Population(ids))
	require.Contains(t, page, "starter record sample --n 7 --seed dice-3-1-4 --from 2026-02-01 --to 2026-03-01")
}

func TestRolesSeeWhatIsTheirs(t *testing.T) {
	r := open(t, company(t), staff())
	run := reporttest.Verified().RunID
	for as, may := range map[string][]string{
		"hanna": {"/record", "/record/cases.csv", "/record/cases/" + run, "/record/population"},
		"oli":   {"/record", "/record/cases.csv", "/record/cases/" + run, "/record/population", "/record/log", "/record/log/checkpoint"},
	} {
		client := r.client(as)
		for _, path := range []string{
			"/record", "/record/cases.csv", "/record/cases/" + run, "/record/cases/" + run + "/bundle.zip", "/record/population", "/record/controls",
			"/record/sample?seed=1", "/record/sample.csv?seed=1", "/record/log", "/record/log/checkpoint", "/record/entries/1", "/record/entries/1/leaf", "/record/entries/999999",
		} {
			want := 403
			if slices.Contains(may, path) {
				want = 200
			}
			before := len(r.looks())
			resp, body := client(path)
			require.Equal(t, want, resp.StatusCode, "%s as %s", path, as)
			if want == 403 {
				require.Contains(t, body, "This page needs the role auditor", path)
				require.NotContains(t, body, run)
				require.Len(t, r.looks(), before)
			}
		}
	}
}

func TestWhatIsNotProvenIsNotCalledProven(t *testing.T) {
	r := open(t, company(t), nil)
	_, body := r.get("/record/cases/" + reporttest.Waived().RunID)
	require.Contains(t, body, "closed, not all proven")
	require.Contains(t, body, "accepted as an exception")
	require.Contains(t, squeeze(body), "<dt>proven everywhere</dt><dd><span class=\"none\">–</span>")
	_, body = r.get("/record/cases/" + reporttest.Open().RunID)
	require.Contains(t, body, "The case is open")
	require.Contains(t, body, "Its deadline has passed")
	_, body = r.get("/record/cases/" + reporttest.Cancelled().RunID)
	require.Contains(t, body, "nothing is proven by it")
	for _, s := range []offboarding.State{offboarding.Verified, offboarding.Closed, offboarding.NothingFound, offboarding.Cancelled} {
		_, table := r.get("/record/cases.csv?state=" + string(s))
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(table, "\ufeff"))).ReadAll()
		require.NoError(t, err)
		require.Greater(t, len(rows), 1)
		for _, row := range rows[1:] {
			require.Equal(t, s == offboarding.Verified, row[6] == "yes", "all_proven of a case that is %s", s)
		}
	}
}

func TestABundleIsTheCases(t *testing.T) {
	r := open(t, company(t), nil)
	run := reporttest.Verified().RunID
	resp, body := r.get("/record/cases/" + run + "/bundle.zip")
	require.Equal(t, "application/zip", resp.Header.Get("Content-Type"))
	require.Contains(t, resp.Header.Get("Content-Disposition"), run)
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	require.NoError(t, err)
	require.Len(t, z.File, 1)
}
