package metrics

import (
	"context"
	"log/slog"
	"maps"

	"go.temporal.io/sdk/client"

	"lastday/offboarding"
	"lastday/record/setup"
)

// Process is what one process shows of itself.
type Process struct {
	Config  Config
	Metrics *Metrics
	// Temporal and Namespace are where the cases are.
	Temporal  client.Client
	Namespace string
	// Systems are those that the configuration has, wherever they run.
	Systems []offboarding.System
	// Record is nil where this process has none.
	Record *setup.Ledger
	// Checks are asked by /readyz beside Temporal and the record.
	Checks map[string]Check
	Log    *slog.Logger
}

// Show serves the metrics until Stop; where they are off it does nothing, and
// the server is nil.
func (p Process) Show(ctx context.Context) (*Server, error) {
	if !p.Config.On() {
		return nil, nil //nolint:nilnil // no listener is a choice, not an error
	}
	census := p.Metrics.NewCensus(CensusOptions{
		Temporal: p.Temporal, Namespace: p.Namespace, Systems: p.Systems, Log: p.Log,
	})
	checks := map[string]Check{"temporal": census.Reached}
	maps.Copy(checks, p.Checks)
	background := []func(context.Context){census.Run}
	if p.Record != nil {
		checks["record"] = Signed(p.Record)
		background = append(background, p.Metrics.NewBooks(p.Record, p.Log, nil).Run)
	}
	return p.Metrics.Serve(ctx, p.Config, checks, p.Log, background...)
}
