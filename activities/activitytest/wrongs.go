package activitytest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lastday/activities/transport"
	"lastday/sandbox/faults"
)

// hang is how long a check waits for an answer that never comes.
const hang = 200 * time.Millisecond

// vendorDelay is what a limiting stand-in asks for.
const vendorDelay = 7 * time.Second

var (
	anyFault = []faults.Kind{
		faults.Limit, faults.Fail, faults.Down, faults.Truncate, faults.HTML, faults.Empty, faults.EmptyList,
		faults.Hollow, faults.Unauthorized, faults.Forbidden,
	}
	readFault  = []faults.Kind{faults.Stale, faults.Foreign}
	writeFault = []faults.Kind{faults.AppliedFail, faults.AppliedHang, faults.Lie}
)

// faultCase is one operation that goes wrong in one way, in every call.
type faultCase struct {
	op   string
	kind faults.Kind
}

func (c faultCase) String() string { return strings.ReplaceAll(c.op, "/", ":") + " " + string(c.kind) }

// faultCases lists every operation of a departure without faults, times all
// that can go wrong with it.
func faultCases(b *bench) []faultCase {
	b.finish(b.find())
	var ops []string
	for _, c := range b.Faults.Calls() {
		if strings.HasSuffix(c.Op, "(unknown)") {
			b.Errorf("the stand-in does not know %s %s", c.Op, c.Path)
		} else if !slices.Contains(ops, c.Op) {
			ops = append(ops, c.Op)
		}
	}
	require.NotEmpty(b, ops, "a departure made no call")
	slices.Sort(ops)
	var out []faultCase
	for _, op := range ops {
		kinds := slices.Concat(anyFault, readFault)
		if !b.reads(op) {
			kinds = slices.Concat(anyFault, writeFault)
		}
		for _, k := range kinds {
			out = append(out, faultCase{op, k})
		}
	}
	return out
}

// check takes a departure through the fault, and then once more without it.
func (c faultCase) check(b *bench) {
	c.set(b)
	c.findWrong(b)
	b.Faults.Clear()
	s := b.find()
	c.set(b)
	for range 2 { // the second time is a retry, while it still goes wrong
		ctx, cancel := c.limit(b.ctx)
		_, err := b.cut(ctx, s)
		c.rightKind(b, err)
		cancel()
		ctx, cancel = c.limit(b.ctx)
		_, err = b.look(ctx, s.Account)
		c.rightKind(b, err)
		cancel()
	}
	b.Faults.Clear()
	b.finish(s)
	b.leftOthersAlone("a departure during which " + c.String())
}

// findWrong looks for the leaver while it goes wrong: a person who is there is
// never called absent, and nobody else is taken for them.
func (c faultCase) findWrong(b *bench) {
	ctx, cancel := c.limit(b.ctx)
	defer cancel()
	b.unchanged("finding while "+c.String(), func() {
		got, err := b.tryFind(ctx)
		c.rightKind(b, err)
		if err == nil {
			assert.True(b, got.Account.Found, "a person who is there is called absent: %s", got.Account.Evidence)
		}
	})
}

func (c faultCase) set(b *bench) {
	f := faults.Fault{Op: c.op, Kind: c.kind}
	if c.kind == faults.Limit {
		f.RetryAfter = fmt.Sprint(vendorDelay.Seconds())
	}
	b.Faults.Set(f)
}

func (c faultCase) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.kind == faults.AppliedHang {
		return context.WithTimeout(ctx, hang)
	}
	return context.WithCancel(ctx)
}

// rightKind checks that a case would do the right thing about the error: come
// back later, or ask a person.
func (c faultCase) rightKind(b *bench, err error) {
	if err == nil {
		return
	}
	switch c.kind {
	case faults.Limit:
		assert.True(b, transport.IsKind(err, transport.Limited), "a rate limit became: %v", err)
	case faults.Unauthorized:
		assert.True(b, transport.IsKind(err, transport.Unauthorized), "a refused credential became: %v", err)
	case faults.Fail, faults.Down, faults.AppliedFail, faults.AppliedHang:
		assert.True(b, transport.IsKind(err, transport.Unavailable), "a vendor that is down became: %v", err)
	case faults.Latency, faults.Lie, faults.Stale, faults.Truncate, faults.HTML, faults.Empty, faults.EmptyList, faults.Forbidden,
		faults.Hollow, faults.Foreign, faults.Other:
	}
}
