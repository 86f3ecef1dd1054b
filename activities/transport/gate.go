package transport

import (
	"context"
	"net/http"
)

// Gate says whether anything may be written now; its error says why not. It is
// asked before every single call that may write.
type Gate func(context.Context) error

type gateKey struct{}

// WithGate has every call made with the context, but those that can only read,
// pass the gate first. A call that does not pass is not sent.
func WithGate(ctx context.Context, g Gate) context.Context {
	return context.WithValue(ctx, gateKey{}, g)
}

// pass asks the request's gate, if it has one.
func pass(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return nil
	}
	if gate, ok := r.Context().Value(gateKey{}).(Gate); ok {
		return gate(r.Context())
	}
	return nil
}
