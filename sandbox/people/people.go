// Package people is the sandbox's company: who works there. Every stand-in
// derives what a person holds in its system from this one list.
package people

import (
	"fmt"
	"strings"
)

// Domain is the company's mail domain.
const Domain = "example.com"

// Person is one member of staff.
type Person struct {
	Index       int // 0 is Jane, who holds something of every class
	First, Last string
	Email       string
	GitHubLogin string
	Partner     string // the outsourcing company, empty for own staff
}

// Name is first and last name.
func (p Person) Name() string { return p.First + " " + p.Last }

// Jane is the leaver of the demo.
var Jane = Person{Index: 0, First: "Jane", Last: "Doe", Email: "jane.doe@" + Domain, GitHubLogin: "jane-doe", Partner: "Northwind Outsourcing"}

// Admin never leaves: owner of the organisations and tailnet, and the one whom
// every positive control looks for.
var Admin = Person{Index: -1, First: "Ada", Last: "Admin", Email: "ada.admin@" + Domain, GitHubLogin: "ada-admin"}

// Robot owns the tokens that Lastday itself uses.
var Robot = Person{Index: -2, First: "Lastday", Last: "Robot", Email: "lastday@" + Domain, GitHubLogin: "lastday-robot"}

// Those who stay and decide. Hanna and Hugo are HR, Sven and Tara are security,
// Gus is a guest of the workspace who may decide nothing.
var (
	Hanna = Person{Index: -3, First: "Hanna", Last: "Hartmann", Email: "hanna.hartmann@" + Domain, GitHubLogin: "hanna-hartmann"}
	Hugo  = Person{Index: -4, First: "Hugo", Last: "Herrera", Email: "hugo.herrera@" + Domain, GitHubLogin: "hugo-herrera"}
	Sven  = Person{Index: -5, First: "Sven", Last: "Sorensen", Email: "sven.sorensen@" + Domain, GitHubLogin: "sven-sorensen"}
	Tara  = Person{Index: -6, First: "Tara", Last: "Tanaka", Email: "tara.tanaka@" + Domain, GitHubLogin: "tara-tanaka"}
	Gus   = Person{Index: -7, First: "Gus", Last: "Guest", Email: "gus.guest@visitors.example", GitHubLogin: "gus-guest"}
)

var (
	firsts   = []string{"Ana", "Bilal", "Chen", "Dana", "Emeka", "Freya", "Goran", "Hana", "Ivo", "Jun", "Katya", "Liam"}
	lasts    = []string{"Abbas", "Berg", "Costa", "Diaz", "Evans", "Fischer", "Garcia", "Haddad", "Ito", "Jansen", "Kaur"}
	partners = []string{"", "Northwind Outsourcing", "Contoso Services"}
)

// Staff lists n leavable people, Jane first; the same n gives the same list,
// and a longer list starts with the shorter one.
func Staff(n int) []Person {
	out := make([]Person, 0, n)
	for i := range n {
		if i == 0 {
			out = append(out, Jane)
			continue
		}
		p := Person{Index: i, First: firsts[i%len(firsts)], Last: lasts[(i/len(firsts))%len(lasts)], Partner: partners[i%len(partners)]}
		p.Email = fmt.Sprintf("%s.%s.%d@%s", lower(p.First), lower(p.Last), i, Domain)
		p.GitHubLogin = fmt.Sprintf("%s-%s-%d", lower(p.First), lower(p.Last), i)
		out = append(out, p)
	}
	return out
}

func lower(s string) string { return string(s[0]|0x20) + s[1:] }

// Stranger works at another company, which a stand-in shows by mistake. The
// index gives something of most classes in every stand-in.
var Stranger = Person{Index: 2310, First: "Stan", Last: "Stranger", Email: "stan@elsewhere.example", GitHubLogin: "stan-stranger"}

// Staying lists the mail names and logins of those who stay when Jane leaves:
// nothing that is said of her may hold one of them.
func Staying() []string {
	var out []string
	for _, p := range append(Staff(40)[1:], Admin, Hanna, Hugo, Sven, Tara, Gus) {
		name, _, _ := strings.Cut(p.Email, "@")
		out = append(out, name, p.GitHubLogin)
	}
	return out
}
