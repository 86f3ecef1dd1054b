package cases

import "context"

type onceKey struct{}

// Once gives the change that is made with the context an id: the same change
// with the same id, to the same case, is made once, however often a door sends
// it.
func Once(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, onceKey{}, id)
}

// onceID is the id that Once gave; empty if none.
func onceID(ctx context.Context) string {
	id, _ := ctx.Value(onceKey{}).(string)
	return id
}
