package transport

import (
	"context"
	"net/http"

	"lastday/offboarding"
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

// Pass asks the context's gate, if it has one. A system that is not called by
// HTTP calls it before each change it makes.
func Pass(ctx context.Context, s offboarding.System, op string) error {
	gate, ok := ctx.Value(gateKey{}).(Gate)
	if !ok {
		return nil
	}
	if err := gate(ctx); err != nil {
		return &Error{Kind: Unavailable, System: s, Op: op, Detail: "not done: " + err.Error(), Err: err}
	}
	return nil
}

// reads reports whether a method can only read.
func reads(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
