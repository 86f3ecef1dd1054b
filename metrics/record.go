package metrics

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lastday/record/notary"
	"lastday/record/setup"
)

// Record is what is asked of the record: setup.Ledger.
type Record interface {
	Age(ctx context.Context) (setup.Age, error)
	Notarial() (places []notary.Age, health error, signs bool)
}

// Books watches the record, and keeps what it saw for whoever reads the metrics.
type Books struct {
	record Record
	log    *slog.Logger
	clock  func() time.Time
	ill    bool

	up, size, signed, appended, unsigned prometheus.Gauge
	healthy, stopped                     prometheus.Gauge
	anchored, behind                     *prometheus.GaugeVec
}

// NewBooks adds the record to the metrics; Run keeps them up to date. A process
// that does not sign shows nothing of the anchors.
func (m *Metrics) NewBooks(r Record, log *slog.Logger, clock func() time.Time) *Books {
	if clock == nil {
		clock = time.Now
	}
	b := &Books{record: r, log: log, clock: clock}
	one := func(name, text string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: text})
		m.registry.MustRegister(g)
		return g
	}
	b.up = one("lastday_record_up", "1 if the record's database answered when it was last asked, with a checkpoint signed by the record's key.")
	b.size = one("lastday_record_entries", "Entries in the record.")
	b.signed = one("lastday_record_signed_entries", "Entries that the newest signed checkpoint covers.")
	b.appended = one("lastday_record_appended_timestamp_seconds", "When the newest entry was put into the record.")
	b.unsigned = one("lastday_record_unsigned_seconds", "How long the oldest entry that no checkpoint covers has waited for one; 0 if none does.")
	if _, _, signs := r.Notarial(); !signs {
		return b
	}
	b.healthy = one("lastday_record_healthy", "1 if the notary is well, and no anchor lags behind.")
	b.stopped = one("lastday_record_stopped", "1 while nothing is signed, because the record may have been tampered with.")
	many := func(name, text string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: text}, []string{"anchor", "kind"})
		m.registry.MustRegister(g)
		return g
	}
	b.anchored = many("lastday_record_anchored_timestamp_seconds", "When this process last put a checkpoint there; 0: not yet.")
	b.behind = many("lastday_record_anchor_behind_seconds", "How long a newer checkpoint has waited to be put there; 0 if none does.")
	return b
}

// Run looks again and again, until the context ends.
func (b *Books) Run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		b.Look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look looks once.
func (b *Books) Look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	b.lookAtNotary()
	a, err := b.record.Age(ctx)
	if (err != nil) != b.ill && ctx.Err() == nil {
		b.ill = err != nil
		if b.ill {
			b.log.Warn("the record cannot be read", "error", err)
		}
	}
	if err != nil {
		b.up.Set(0)
		return
	}
	b.up.Set(1)
	b.size.Set(float64(a.Size))
	b.signed.Set(float64(a.Signed))
	b.appended.Set(unix(a.Appended))
	b.unsigned.Set(b.since(a.Unsigned))
}

func (b *Books) lookAtNotary() {
	if b.healthy == nil {
		return
	}
	places, health, _ := b.record.Notarial()
	var stop *notary.Stop
	b.healthy.Set(yes(health == nil))
	b.stopped.Set(yes(errors.As(health, &stop)))
	for _, p := range places {
		b.anchored.WithLabelValues(p.Name, p.Kind).Set(unix(p.At))
		b.behind.WithLabelValues(p.Name, p.Kind).Set(b.since(p.Behind))
	}
}

func (b *Books) since(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(b.clock().Sub(t).Seconds(), 0)
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
