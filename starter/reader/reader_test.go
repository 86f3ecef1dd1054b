package reader_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"golang.org/x/oauth2"

	"lastday/codec"
	"lastday/starter/pages/signin"
	"lastday/starter/pages/signin/optest"
	"lastday/starter/reader"
)

const ui = "https://temporal.example.com"

// rig is the endpoint on a real listener, and a real provider.
type rig struct {
	t        *testing.T
	url      string
	provider *optest.Provider
	codec    *codec.Codec
	now      atomic.Int64 // seconds by which the endpoint's clock is ahead
	said     bytes.Buffer
}

func newRig(t *testing.T, oidc bool, audience, listen string) *rig {
	t.Helper()
	r := &rig{t: t}
	b, err := codec.Generate()
	require.NoError(t, err)
	r.codec, err = codec.New(b, false)
	require.NoError(t, err)
	var conf *signin.Config
	if oidc {
		r.provider = optest.Start(t, map[string]optest.Person{
			"ann":   {Email: "ann@example.com", Groups: []string{"Auditors"}},
			"oli":   {Email: "oli@example.com", Groups: []string{"IT"}},
			"hanna": {Email: "hanna@example.com", Groups: []string{"HR"}},
			"sam":   {Email: "sam@example.com", Groups: []string{"Everyone"}},
		}, "http://127.0.0.1/back")
		r.provider.JWT.Store(true)
		conf = &signin.Config{
			Issuer: r.provider.Issuer, ClientID: "the-pages", RedirectURL: "https://lastday.example.com" + signin.Callback,
			Roles: signin.Groups{Auditor: []string{"Auditors"}, HR: []string{"HR"}, Operator: []string{"IT"}},
		}
		conf.Defaults()
		require.NoError(t, conf.Validate())
	}
	log := slog.New(slog.NewTextHandler(&r.said, nil))
	now := func() time.Time { return time.Now().Add(time.Duration(r.now.Load()) * time.Second) }
	who, err := signin.NewBearer(conf, audience, signin.Place{Listen: listen}, now, log)
	require.NoError(t, err)
	server := httptest.NewServer(reader.Handler(reader.Config{UIOrigin: ui, Audience: audience}, r.codec, who, log))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// token is what the provider gives the UI for somebody.
func (r *rig) token(as string) string {
	r.t.Helper()
	c := oauth2.Config{
		ClientID: optest.ClientID, ClientSecret: optest.ClientSecret, RedirectURL: "http://127.0.0.1/back", Scopes: []string{"openid", "email", "groups"},
		Endpoint: oauth2.Endpoint{AuthURL: r.provider.Issuer + "/authorize", TokenURL: r.provider.Issuer + "/oauth/token"},
	}
	jar, err := cookiejar.New(nil)
	require.NoError(r.t, err)
	browser := &http.Client{Jar: jar, Transport: &http.Transport{}, CheckRedirect: func(to *http.Request, _ []*http.Request) error {
		if to.URL.Path == "/back" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	get := func(at string) *http.Response {
		req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, at, nil)
		require.NoError(r.t, err)
		resp, err := browser.Do(req)
		require.NoError(r.t, err)
		resp.Body.Close()
		return resp
	}
	verifier := oauth2.GenerateVerifier()
	login := get(c.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier))).Request.URL
	back, err := url.Parse(get(login.String() + "&as=" + as).Header.Get("Location"))
	require.NoError(r.t, err)
	got, err := c.Exchange(context.WithValue(r.t.Context(), oauth2.HTTPClient, browser), back.Query().Get("code"), oauth2.VerifierOption(verifier))
	require.NoError(r.t, err)
	return got.AccessToken
}

// remote is the SDK's own client of such an endpoint.
func (r *rig) remote(change func(*http.Request)) converter.PayloadCodec {
	return converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{
		Endpoint: r.url + reader.Base, Client: http.Client{Transport: &http.Transport{}},
		ModifyRequest: func(req *http.Request) error {
			req.Header.Set("Origin", ui)
			req.Header.Set("X-Namespace", "default")
			change(req)
			return nil
		},
	})
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

func (r *rig) sealed(v any) []*commonpb.Payload {
	r.t.Helper()
	p, err := r.codec.Converter().ToPayload(v)
	require.NoError(r.t, err)
	return []*commonpb.Payload{p}
}

func (r *rig) reads(change func(*http.Request)) {
	r.t.Helper()
	got, err := r.remote(change).Decode(r.sealed("jane"))
	require.NoError(r.t, err)
	require.JSONEq(r.t, `"jane"`, string(got[0].GetData()))
}

func (r *rig) refused(change func(*http.Request), want string) {
	r.t.Helper()
	_, err := r.remote(change).Decode(r.sealed("jane"))
	require.ErrorContains(r.t, err, want)
}

func TestAuditorsAndOperatorsReadInTheUI(t *testing.T) {
	r := newRig(t, true, optest.ClientID, "0.0.0.0:8480")
	for _, as := range []string{"ann", "oli"} {
		token := r.token(as)
		r.reads(bearer(token))
		r.reads(bearer(token))
		_, err := r.remote(bearer(token)).Encode(r.sealed("jane"))
		require.ErrorContains(t, err, "only decrypts")
	}
	other, err := codec.Generate()
	require.NoError(t, err)
	theirs, err := codec.New(other, false)
	require.NoError(t, err)
	p, err := theirs.Converter().ToPayload("jane")
	require.NoError(t, err)
	_, err = r.remote(bearer(r.token("ann"))).Decode([]*commonpb.Payload{p})
	require.ErrorContains(t, err, "not in the keyset")
}

func TestStrangersReadNothing(t *testing.T) {
	r := newRig(t, true, optest.ClientID, "127.0.0.1:8480")
	ann := r.token("ann")
	r.refused(func(*http.Request) {}, "Unauthorized")
	r.refused(bearer("x"), "Unauthorized")
	r.refused(bearer(ann[:len(ann)-4]+"AAAA"), "Unauthorized")
	r.refused(func(req *http.Request) { req.SetBasicAuth("ann", ann) }, "Unauthorized")
	r.refused(bearer(r.token("hanna")), "none of your groups")
	r.refused(bearer(r.token("sam")), "none of your groups")

	r.reads(bearer(ann))
	r.now.Store(int64((48 * time.Hour).Seconds()))
	r.refused(bearer(ann), "Unauthorized") // it has expired, also while it is remembered
	r.now.Store(0)

	r.provider.JWT.Store(false)
	r.refused(bearer(r.token("ann")), "Unauthorized")
	require.Contains(t, r.said.String(), "check the access token")
	require.NotContains(t, r.said.String(), ann)

	elsewhere := newRig(t, true, "api://something-else", "127.0.0.1:8480")
	elsewhere.refused(bearer(elsewhere.token("ann")), "Unauthorized") // made for another application
}

func TestOnlyTheUIsPageMayAsk(t *testing.T) {
	r := newRig(t, true, optest.ClientID, "127.0.0.1:8480")
	token := r.token("ann")
	for _, origin := range []string{"https://evil.example", "https://temporal.example.com.evil.example", "http://temporal.example.com", "null"} {
		r.refused(func(req *http.Request) { bearer(token)(req); req.Header.Set("Origin", origin) }, "not serve.codec.ui_origin")
	}
	r.refused(func(req *http.Request) { bearer(token)(req); req.Header.Set("Content-Type", "text/plain") }, "application/json")
	r.reads(func(req *http.Request) { bearer(token)(req); req.Header.Del("Origin") }) // a program

	ask := func(method, path, origin string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, nil)
		require.NoError(t, err)
		req.Header.Set("Origin", origin)
		resp, err := (&http.Transport{}).RoundTrip(req)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		return resp
	}
	before := ask(http.MethodOptions, "/codec/decode", ui)
	require.Equal(t, http.StatusNoContent, before.StatusCode)
	require.Equal(t, ui, before.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "Authorization, Content-Type, X-Namespace", before.Header.Get("Access-Control-Allow-Headers"))
	require.Empty(t, before.Header.Get("Access-Control-Allow-Credentials"))
	stranger := ask(http.MethodOptions, "/codec/decode", "https://evil.example")
	require.Equal(t, http.StatusForbidden, stranger.StatusCode)
	require.Empty(t, stranger.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, http.StatusMethodNotAllowed, ask(http.MethodGet, "/codec/decode", ui).StatusCode)
	require.Equal(t, http.StatusForbidden, ask(http.MethodOptions, "/codec/encode", ui).StatusCode)
}

func TestWithoutAProviderOnlyThisMachineReads(t *testing.T) {
	r := newRig(t, false, "", "127.0.0.1:8480")
	r.reads(func(*http.Request) {})
	r.refused(func(req *http.Request) { req.Host = "lastday.example.com" }, "Unauthorized")
	r.refused(func(req *http.Request) { req.Header.Set("X-Forwarded-For", "10.0.0.1") }, "Unauthorized")
	open := newRig(t, false, "", "0.0.0.0:8480")
	open.refused(func(*http.Request) {}, "Unauthorized")
	require.Contains(t, open.said.String(), "nobody is let in without serve.pages.oidc")
}

func TestAHugeRequestIsRefused(t *testing.T) {
	r := newRig(t, false, "", "127.0.0.1:8480")
	_, err := r.remote(func(*http.Request) {}).Decode(r.sealed(bytes.Repeat([]byte("x"), 9<<20)))
	require.ErrorContains(t, err, "too large")
}

func TestTheSectionSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		conf reader.Config
		oidc bool
		want string
	}{
		{reader.Config{}, false, "serve.codec.ui_origin"},
		{reader.Config{UIOrigin: ui + "/"}, false, "serve.codec.ui_origin"},
		{reader.Config{UIOrigin: "temporal.example.com"}, false, "serve.codec.ui_origin"},
		{reader.Config{UIOrigin: "*"}, false, "serve.codec.ui_origin"},
		{reader.Config{UIOrigin: ui}, true, "serve.codec.audience"},
		{reader.Config{UIOrigin: "http://127.0.0.1:8233"}, false, ""},
		{reader.Config{UIOrigin: ui, Audience: "a"}, true, ""},
	} {
		if err := c.conf.Validate(c.oidc); c.want != "" {
			require.ErrorContains(t, err, c.want)
		} else {
			require.NoError(t, err)
		}
	}
}
