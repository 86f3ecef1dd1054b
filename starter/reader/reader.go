// Package reader lets Temporal's web UI show what is encrypted: Temporal's codec
// endpoint, for whoever may see all cases. It decrypts, and encrypts nothing.
package reader

import (
	"fmt"
	"log/slog"
	"mime"
	"net/http"

	"go.temporal.io/sdk/converter"

	"lastday/starter/pages/signin"
)

// Base is the path below which the endpoint lies: what the UI is given as the
// address of its codec endpoint.
const Base = "/codec"

// most is how many bytes of payloads one request may have: a page of a history.
const most = 8 << 20

// Handler answers POST /codec/decode as Temporal's remote codec does. It lets in
// auditors and operators, from the UI's own origin alone; everything else is
// refused, and encrypting always.
func Handler(c Config, codec converter.PayloadCodec, who *signin.Bearer, log *slog.Logger) http.Handler {
	decode := converter.NewPayloadCodecHTTPHandler(codec)
	mux := http.NewServeMux()
	mux.HandleFunc("OPTIONS "+Base+"/decode", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Methods", http.MethodPost)
		w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Namespace")
		w.Header().Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST "+Base+"/decode", func(w http.ResponseWriter, r *http.Request) {
		u, err := who.User(r)
		if err != nil {
			log.WarnContext(r.Context(), "the codec endpoint refused a request", "why", err)
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "sign in to the UI, and let it pass on the access token", http.StatusUnauthorized)
			return
		}
		if !u.Has(signin.Operator) {
			log.WarnContext(r.Context(), "the codec endpoint refused a request", "why", fmt.Sprintf("the roles are %v, and auditor or operator is needed", u.Roles))
			http.Error(w, "none of your groups is auditor or operator in serve.pages.oidc.roles", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		decode.ServeHTTP(w, r)
	})
	mux.HandleFunc(Base+"/encode", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "this endpoint only decrypts: act on cases by Lastday's own doors", http.StatusForbidden)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Add("Vary", "Origin")
		if why := foreign(c, r); why != "" {
			log.WarnContext(r.Context(), "the codec endpoint refused a request", "why", why)
			http.Error(w, why, http.StatusForbidden)
			return
		}
		if r.Header.Get("Origin") != "" {
			w.Header().Set("Access-Control-Allow-Origin", c.UIOrigin)
		}
		mux.ServeHTTP(w, r)
	})
}

// foreign says why a request cannot be one of the UI's; empty if it can. A page
// from elsewhere could send one in the name of whoever looks at it, and a form
// could without asking first.
func foreign(c Config, r *http.Request) string {
	if o := r.Header.Get("Origin"); o != "" && o != c.UIOrigin {
		return "this page is not serve.codec.ui_origin"
	}
	if r.Method != http.MethodPost {
		return ""
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return "a request is application/json"
	}
	return ""
}
