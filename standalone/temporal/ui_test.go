package temporal_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestWebUIShowsTheNamespaceUntilStop(t *testing.T) {
	o := options(t.TempDir())
	o.UIAddr = "127.0.0.1:0"
	s := start(t, o)
	if !strings.HasPrefix(s.UIURL(), "http://127.0.0.1:") || strings.HasSuffix(s.UIURL(), ":0") {
		t.Fatalf("UIURL is %q", s.UIURL())
	}
	for path, want := range map[string]string{
		"/":                             "<html",
		"/api/v1/settings":              `"DefaultNamespace":"lastday"`,
		"/api/v1/namespaces":            `"lastday"`,
		"/api/v1/namespaces/lastday":    `"lastday"`,
		"/namespaces/lastday/workflows": "<html",
		"/healthz":                      "OK",
	} {
		code, body := get(t, s.UIURL()+path, "")
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("GET %s: %d, without %q: %.200s", path, code, want, body)
		}
	}

	s.Stop()
	if _, err := http.Get(s.UIURL()); err == nil {
		t.Error("the web UI answers after Stop")
	}
}

// A page on the internet may point its own name at 127.0.0.1 and read with the
// visitor's browser what answers there.
func TestWebUIAnswersToNoForeignName(t *testing.T) {
	o := options(t.TempDir())
	o.UIAddr = "127.0.0.1:0"
	s := start(t, o)
	for host, want := range map[string]int{
		"localhost:8233":        http.StatusOK,
		"[::1]:8233":            http.StatusOK,
		"127.0.0.1":             http.StatusOK,
		"attacker.example":      http.StatusMisdirectedRequest,
		"attacker.example:8233": http.StatusMisdirectedRequest,
	} {
		if code, _ := get(t, s.UIURL()+"/api/v1/settings", host); code != want {
			t.Errorf("Host %s: %d, want %d", host, code, want)
		}
	}
}

func TestNoWebUIWithoutAnAddress(t *testing.T) {
	if got := start(t, options(t.TempDir())).UIURL(); got != "" {
		t.Errorf("UIURL is %q, want none", got)
	}
}

func get(t *testing.T, url, host string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
