package pages

import (
	"crypto/subtle"
	"net/http"

	"lastday/offboarding"
	"lastday/record"
	"lastday/starter/pages/signin"
)

// find looks for a person by address and leads to the list of their cases. The
// address comes in the body of a form and the list is asked for by pseudonym, so
// that nobody's address stands in a page's: browsers, proxies and their logs keep
// those.
func (p *pages) find(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	token := signin.TokenOf(r.Context())
	if subtle.ConstantTimeCompare([]byte(r.PostFormValue("token")), []byte(token)) != 1 {
		return &badRequest{http.StatusForbidden, "That did not work", "This form is not from a page of this session. Go back, load the page anew, and look again."}
	}
	who, err := offboarding.ParseSubject(r.PostFormValue("who"))
	if err != nil {
		return wrong("That is not a work e-mail address: give the whole of it, such as jane.doe@example.com.")
	}
	cases, err := p.Record.Cases(r.Context(), record.Filter{Identity: who.Plain()})
	if err != nil {
		return err
	}
	shown := len(cases)
	if err := p.saw(r.Context(), "", access{What: "search for a person", Shown: &shown, Person: true}); err != nil {
		return err
	}
	if shown == 0 {
		return missing("No case of that person", "The record has no case of that address. It must be the whole work e-mail address; whoever was erased is found by nothing but their pseudonym.")
	}
	q := query{Person: cases[0].Subject, N: sampleSize, Page: 1}
	http.Redirect(w, r, q.link(""), http.StatusSeeOther)
	return nil
}
