package pages_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/report/reporttest"
)

func TestNobodysAddressStandsInTheAddressOfAPage(t *testing.T) {
	log := company(t)
	r := open(t, log, nil)
	_, body := r.get("/record")
	require.Regexp(t, `(?s)<form[^>]*method="post" action="/record/find".*name="who"`, body)
	at := r.find("Jane.Doe+old@Example.com")
	require.Regexp(t, `^/record\?person=p-[a-z2-7]{32}$`, at)
	_, body = r.get(at)
	require.Contains(t, body, "Cases 1 to 1")
	require.Contains(t, squeeze(body), "Cases of one person (p-")
	for _, link := range regexp.MustCompile(`(?:href|action)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		require.NotContains(t, html.UnescapeString(link[1]), "@")
	}
	_, table := r.get(strings.Replace(at, "/record?", "/record/cases.csv?", 1))
	require.Equal(t, 2, strings.Count(table, "\r\n"), "the heading and one case")

	before := len(r.looks())
	resp, body := r.post(url.Values{"who": {"nobody.known@example.com"}})
	require.Equal(t, 404, resp.StatusCode)
	require.Contains(t, body, "No case of that person")
	require.NotContains(t, body, "nobody.known")
	resp, body = r.post(url.Values{"who": {"jane"}})
	require.Equal(t, 400, resp.StatusCode)
	require.Contains(t, html.UnescapeString(body), "not a work e-mail address")
	require.Equal(t, []string{` {"what":"search for a person","roles":["auditor"],"shown":0,"person":true}`}, r.looks()[before:])
	resp, _ = r.get("/record/find?who=jane.doe@example.com")
	require.Equal(t, 404, resp.StatusCode)
	r.broken.Store(true)
	resp, _ = r.post(url.Values{"who": {"jane.doe@example.com"}})
	require.Equal(t, 503, resp.StatusCode, "what cannot be recorded is not looked for")
	r.broken.Store(false)

	log.Forget("jane.doe@example.com")
	require.Empty(t, r.find("jane.doe@example.com"))
	_, body = r.get(at)
	require.Contains(t, body, "erased person")
	require.Contains(t, body, "Cases 1 to 1")
	_, body = r.get("/record?person=p-" + strings.Repeat("a", 32))
	require.Contains(t, body, "No case fits")
}

func TestAPersonIsLookedForOnlyFromAPageOfTheSession(t *testing.T) {
	r := open(t, company(t), staff())
	resp, body := r.post(url.Values{"who": {"jane.doe@example.com"}})
	require.Equal(t, 401, resp.StatusCode)
	require.Contains(t, body, "Sign in")
	ann := r.client("ann")
	resp, body = ann("/record")
	token := regexp.MustCompile(`name="token" value="([0-9a-f]{32})"`).FindStringSubmatch(body)
	require.Len(t, token, 2)
	cookie := resp.Request.Cookies()[len(resp.Request.Cookies())-1]
	for _, wrong := range []string{"", "0", strings.Repeat("0", 32)} {
		resp, _ = r.post(url.Values{"who": {"jane.doe@example.com"}, "token": {wrong}}, cookie)
		require.Equal(t, 403, resp.StatusCode, "token %q", wrong)
	}
	resp, _ = r.post(url.Values{"who": {"jane.doe@example.com"}, "token": {token[1]}}, cookie)
	require.Equal(t, 303, resp.StatusCode)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, open(t, company(t), nil).url+"/record/find", strings.NewReader("who=jane.doe@example.com"))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, _ = r.do(req)
	require.Equal(t, 403, resp.StatusCode, "a page of another site looks for nobody")
}

// What stands in the log in the clear stays for ever, so a visitor can put
// nobody's name there.
func TestWhatAVisitorWritesDoesNotStandInTheLogInTheClear(t *testing.T) {
	log := company(t)
	r := open(t, log, nil)
	for _, path := range []string{
		"/record?partner=secret.name", "/record/cases.csv?partner=secret.name", "/record/sample?seed=secret.name&n=3", "/record/sample.csv?seed=secret.name",
	} {
		resp, _ := r.get(path)
		require.Equal(t, 200, resp.StatusCode)
	}
	head, err := log.Head(context.Background())
	require.NoError(t, err)
	all, err := log.Range(context.Background(), 0, head.N)
	require.NoError(t, err)
	sealed := 0
	for _, e := range all {
		require.NotContains(t, string(e.Leaf), "secret.name")
		if e.Entry.Kind == record.Access && strings.Contains(string(e.Opened), "secret.name") {
			sealed++
			before := len(r.looks())
			r.get("/record/entries/" + strconv.FormatInt(e.Index, 10))
			require.Len(t, r.looks(), before+1, "details of no case are somebody's too: the look at them is recorded")
		}
	}
	require.Equal(t, 2, sealed, "the seeds stand in the details of who looked")
}

func TestAnErasedPersonsCaseSaysWhatWasFound(t *testing.T) {
	log := company(t)
	c := reporttest.Waived()
	r := open(t, log, nil)
	_, before := r.get("/record/cases/" + c.RunID)
	log.Forget(string(c.Departure.Subject))
	_, body := r.get("/record/cases/" + c.RunID)
	found := regexp.MustCompile(`<td class="found">([^<]*)</td>`)
	require.Equal(t, found.FindAllStringSubmatch(before, -1), found.FindAllStringSubmatch(body, -1))
	require.NotContains(t, body, "account, no access left", "there was some")
	require.NotContains(t, body, "accepted it ()")
	require.Contains(t, body, "the words were erased with the person")
	require.NotContains(t, body, "omar")
}

func TestAnAnchorIsNotSaidToBeOutOfReach(t *testing.T) {
	r := open(t, company(t), nil)
	for _, path := range []string{"/record/log", "/record/entries/1"} {
		_, body := r.get(path)
		require.NotContains(t, html.UnescapeString(body), "put out of this server’s reach", "nobody knows that here")
	}
	_, body := r.get("/record/log")
	require.Contains(t, body, "a folder counts if another machine keeps it")
}
