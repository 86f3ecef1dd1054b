package openvpn

import (
	"context"
	"slices"
	"time"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// watchEvery is how often the servers are asked while Observe watches.
const watchEvery = time.Second

// Observe reads files and servers over connections of its own, with the one
// credential there is: being on the gateway. Before it calls sessions absent it
// goes on looking for eleven seconds: a client that is still let in has come
// back by then. What ends by itself, such as a client without a name, is
// Unavailable: look again later.
func (c *Connector) Observe(ctx context.Context, a offboarding.Account) (offboarding.Readback, error) {
	for end := time.Now().Add(c.watch); ; {
		s, names, err := c.lookAt(ctx, a)
		if err != nil {
			return offboarding.Readback{}, err
		}
		seen := c.judge(s, names)
		if !time.Now().Before(end) || slices.ContainsFunc(seen, (*verdict).ends) {
			return readback(seen)
		}
		if err := pause(ctx, min(watchEvery, time.Until(end))); err != nil {
			return offboarding.Readback{}, err
		}
	}
}

// ends reports whether nothing is gained by watching longer.
func (v *verdict) ends() bool { return v.Sight != offboarding.Absent || v.passing != "" }

func readback(seen []*verdict) (offboarding.Readback, error) {
	var out offboarding.Readback
	for _, v := range seen {
		if v.passing != "" && v.Sight == offboarding.Absent {
			return offboarding.Readback{}, fail(transport.Unavailable, "read back "+string(v.Class), v.passing, "")
		}
		out.Observations = append(out.Observations, v.Observation)
	}
	return out, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return transport.Classify(System, "watch the servers", ctx.Err())
	}
}
