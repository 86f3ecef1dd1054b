package okta

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// page cuts a list, which is in ascending order of id, to the page that a
// request asks for; usual and most are Okta's sizes for the operation.
func page[T any](s *Server, c *call, items []T, id func(T) string, usual, most int) ([]T, string) {
	q := c.r.URL.Query()
	size := usual
	if n, err := strconv.Atoi(q.Get("limit")); err == nil && n > 0 {
		size = min(n, most)
	}
	if s.opts.PageSize > 0 {
		size = min(size, s.opts.PageSize)
	}
	if after := q.Get("after"); after != "" {
		from, found := slices.BinarySearchFunc(items, after, func(it T, want string) int { return cmp.Compare(id(it), want) })
		if found {
			from++
		}
		items = items[from:]
	}
	if len(items) <= size {
		return items, ""
	}
	return items[:size], id(items[size-1])
}

// sorted lists a map's values in ascending order of their keys.
func sorted[T any](m map[string]T) []T {
	out := make([]T, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}

// links writes Okta's Link headers: self, and next while there is more.
func links(h http.Header, r *http.Request, next string) {
	here := "http://" + r.Host + r.URL.EscapedPath()
	q := r.URL.Query()
	self := here
	if len(q) > 0 {
		self += "?" + q.Encode()
	}
	h.Add("Link", "<"+self+`>; rel="self"`)
	if next != "" {
		q.Set("after", next)
		h.Add("Link", "<"+here+"?"+q.Encode()+`>; rel="next"`)
	}
}

// list answers one page of views.
func list[T any](s *Server, c *call, items []T, id func(T) string, view func(T) map[string]any, usual, most int) answer {
	items, next := page(s, c, items, id, usual, most)
	out := make([]map[string]any, 0, len(items))
	for _, it := range items {
		out = append(out, view(it))
	}
	return answer{status: http.StatusOK, body: out, next: next}
}
