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

type caseKey struct{}

// OnCase has the change that is made with the context reach the case with this
// id, which somebody has looked at, and no later one of the same person.
func OnCase(ctx context.Context, caseID string) context.Context {
	return context.WithValue(ctx, caseKey{}, caseID)
}

// caseOf is the case that OnCase named; empty: the person's newest.
func caseOf(ctx context.Context) string {
	id, _ := ctx.Value(caseKey{}).(string)
	return id
}
