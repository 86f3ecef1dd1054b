package e2e

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// gate stands between the worker and a vendor.
type gate struct {
	system string
	proxy  http.Handler
	// meets is asked for each call twice: calling, before the vendor gets it, and
	// applied, before the worker gets the answer. True: no answer is given.
	meets func(system string, r *http.Request, m moment) bool
}

// gates puts one before each vendor of the site.
func gates(t testing.TB, s *site, meets func(system string, r *http.Request, m moment) bool) {
	t.Helper()
	between(t, s, func(system string, proxy http.Handler) http.Handler {
		return &gate{system: system, meets: meets, proxy: proxy}
	})
}

// between puts a handler before each vendor of the site; proxy passes a call on.
func between(t testing.TB, s *site, make func(system string, proxy http.Handler) http.Handler) {
	t.Helper()
	for system := range s.vendors() {
		to, err := url.Parse(s.firm.URL(system))
		require.NoError(t, err)
		g := httptest.NewServer(make(system, &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(to)
				r.Out.Host = r.In.Host // the vendors' links name the host that was called
			},
			ErrorLog: log.New(io.Discard, "", 0), // a killed worker takes no answer
		}))
		t.Cleanup(g.Close)
		s.edit(t, s.firm.URL(system), g.URL)
	}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.meets(g.system, r, calling) {
		panic(http.ErrAbortHandler)
	}
	rec := httptest.NewRecorder()
	g.proxy.ServeHTTP(rec, r)
	if g.meets(g.system, r, applied) {
		panic(http.ErrAbortHandler)
	}
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

// once is true the first time.
func once() func() bool {
	var o sync.Once
	return func() (first bool) {
		o.Do(func() { first = true })
		return first
	}
}
