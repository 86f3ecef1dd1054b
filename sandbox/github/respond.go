package github

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// api is the host that the bodies speak of, wherever the stand-in listens.
const api = "https://api.github.com"

// created is when everything in the sandbox was made.
const created = "2024-03-01T09:00:00Z"

type errorBody struct {
	Message          string `json:"message"`
	DocumentationURL string `json:"documentation_url"`
	Status           string `json:"status"`
}

var notFound = errorBody{Message: "Not Found", DocumentationURL: "https://docs.github.com/rest", Status: "404"}

// call is one authorised request.
type call struct {
	w   http.ResponseWriter
	r   *http.Request
	sv  *Server
	who actor
}

func (c *call) json(status int, v any) { writeJSON(c.w, status, v) }

func (c *call) fail(status int, message string) {
	c.json(status, errorBody{Message: message, DocumentationURL: "https://docs.github.com/rest", Status: itoa(status)})
}

func (c *call) notFound()  { c.json(http.StatusNotFound, notFound) }
func (c *call) noContent() { c.w.WriteHeader(http.StatusNoContent) }

// read runs f on the organisation in the path while nothing changes it; an
// unknown organisation answers 404.
func (c *call) read(f func(s *state, o *org)) {
	c.sv.mu.RLock()
	defer c.sv.mu.RUnlock()
	c.within(f)
}

// write runs f on the organisation in the path with nobody else around.
func (c *call) write(f func(s *state, o *org)) {
	c.sv.mu.Lock()
	defer c.sv.mu.Unlock()
	c.within(f)
}

func (c *call) within(f func(s *state, o *org)) {
	o, ok := c.sv.st.orgs[fold(c.r.PathValue("org"))]
	switch {
	case !ok:
		c.notFound()
	case c.who.org != "" && c.who.org != o.login:
		c.fail(http.StatusForbidden, "Resource not accessible by integration")
	default:
		f(c.sv.st, o)
	}
}

// user is the account that the path names, or nil.
func (c *call) user(s *state) *user { return s.users[fold(c.r.PathValue("username"))] }

func (c *call) number(name string) int64 {
	n, err := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// page cuts one page of a list and sets the Link header.
func page[T any](c *call, items []T, size int) []T {
	q := c.r.URL.Query()
	if n, err := strconv.Atoi(q.Get("per_page")); err == nil && n > 0 {
		size = n
	}
	size = min(size, c.sv.o.MaxPageSize)
	number := 1
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 {
		number = n
	}
	last := max(1, (len(items)+size-1)/size)
	var links []string
	link := func(rel string, to int) {
		q.Set("page", strconv.Itoa(to))
		u := url.URL{Scheme: "http", Host: c.r.Host, Path: c.r.URL.Path, RawQuery: q.Encode()}
		links = append(links, fmt.Sprintf("<%s>; rel=%q", u.String(), rel))
	}
	if number > 1 {
		link("prev", number-1)
		link("first", 1)
	}
	if number < last {
		link("next", number+1)
		link("last", last)
	}
	if len(links) > 0 {
		c.w.Header().Set("Link", strings.Join(links, ", "))
	}
	from := min((number-1)*size, len(items))
	return items[from:min(from+size, len(items))]
}

// byID gives a map's values in the order of their keys.
func byID[K cmp.Ordered, V any](m map[K]V) []V {
	out := make([]V, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}

func standardHeaders(h http.Header) {
	h.Set("X-GitHub-Request-Id", requestID())
	h.Set("X-GitHub-Media-Type", "github.v3; format=json")
	h.Set("X-GitHub-Api-Version-Selected", "2022-11-28")
	h.Set("Cache-Control", "private, max-age=60, s-maxage=60")
}

func requestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("%X:%X:%X:%X", b[0:2], b[2:4], b[4:6], b[6:8])
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

func itoa[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }
