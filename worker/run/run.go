// Package run runs workers: the workflows, and the activities of the systems
// it is given, against any Temporal.
package run

import (
	"cmp"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"lastday/activities"
	"lastday/config"
	"lastday/metrics"
	"lastday/offboarding"
	"lastday/record"
	"lastday/worker/pace"
	"lastday/workflows"
)

// Options say what this process works on.
type Options struct {
	// Systems whose activities run here; nil means all that are configured.
	Systems []offboarding.System
	// Workflows is whether the cases themselves run here too.
	Workflows bool
	// Record is where cases are put down; nil where no record is kept.
	Record record.Appender
	// Pages is the address of the record's pages; empty without any.
	Pages string
	// Metrics counts the steps; nil: nobody does.
	Metrics *metrics.Metrics
	// Build is this program's id in rollouts (see BuildID); with it and
	// worker.deployment it runs cases only while it is chosen.
	Build string
	// Restored is the moment of the backup that Temporal's data was restored from;
	// zero if it never was. Messages of older cases are looked for before one is posted.
	Restored time.Time
	// Log is told whether it is; nil is the default log.
	Log *slog.Logger
}

// watched has the worker's steps counted.
func (o Options) watched(w worker.Options) worker.Options {
	if o.Metrics != nil {
		w.Interceptors = append(w.Interceptors, o.Metrics.Steps())
	}
	return w
}

// How long a process takes that is told to stop. A step has
// activities.FinishWithin to come to its end, and is then handed back; what is
// left is for that, and for whatever does not listen.
const (
	stepStop = activities.FinishWithin + 4*time.Second
	// caseStop is waited for three times, one after the other: for tasks of cases,
	// for what they ask of their worker, for the record.
	caseStop = 7 * time.Second
	// StopsWithin is how long stop takes at most.
	StopsWithin = 24 * time.Second
)

// Start starts the workers and returns the function that stops them: they take
// no more tasks, and what runs ends or is handed back within StopsWithin. It
// reads no secret; a system that is not configured is an error.
func Start(c client.Client, f config.File, o Options) (stop func(), err error) {
	connectors, err := pick(f, Systems(f, o))
	if err != nil {
		return nil, err
	}
	advice, err := newCounsel(c, f)
	if err != nil {
		return nil, err
	}
	advice.recorded, advice.pages = o.Record != nil, o.Pages
	gate := &killSwitch{temporal: c}
	var started []worker.Worker
	var beside []func()
	stop = func() {
		for _, end := range beside {
			end()
		}
		stopAll(started)
	}
	start := func(w worker.Worker, what string) error {
		if err := w.Start(); err != nil {
			stop()
			return fmt.Errorf("start worker for %s: %w", what, err)
		}
		started = append(started, w)
		return nil
	}
	for _, connector := range connectors {
		options, err := activityWorker(f.Rates[connector.System()])
		if err != nil {
			stop()
			return nil, err
		}
		w := worker.New(c, activities.TaskQueue(connector.System()), o.watched(options))
		activities.Register(w, connector, f.Protected, gate.Pass)
		if connector.System() == activities.TellSystem {
			if err := tells(w, f, o.Restored); err != nil {
				stop()
				return nil, err
			}
		}
		if err := start(w, string(connector.System())); err != nil {
			return nil, err
		}
	}
	if o.Workflows {
		w := worker.New(c, workflows.TaskQueue, o.versioned(f, o.watched(workflowWorker())))
		var book workflows.Recorder
		if o.Record != nil {
			book = recorder{temporal: c, log: o.Record, now: time.Now}
		}
		workflows.Register(w, advice, book)
		if err := start(w, "workflows"); err != nil {
			return nil, err
		}
		if log, ok := o.Record.(caseLog); ok {
			beside = append(beside, outsider{temporal: c, log: log}.watch())
		}
		if o.Build != "" && f.Worker.Versioned() {
			beside = append(beside, tellWhetherChosen(c, f.Worker.Deployment, o.Build, cmp.Or(o.Log, slog.Default())))
		}
	}
	return stop, nil
}

// stopAll stops the workers at once, not one after the other. One that does not
// come to its end is left: Temporal gives its tasks to others.
func stopAll(all []worker.Worker) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var each sync.WaitGroup
		for _, w := range all {
			each.Go(w.Stop)
		}
		each.Wait()
	}()
	late := time.NewTimer(StopsWithin)
	defer late.Stop()
	select {
	case <-ended:
	case <-late.C:
	}
}

// tells puts the messenger on the worker whose queue it is on.
func tells(w worker.Worker, f config.File, restored time.Time) error {
	m, err := f.Messenger()
	if err != nil {
		return fmt.Errorf("set up the message channel: %w", err)
	}
	if m == nil {
		return nil
	}
	if !restored.IsZero() {
		m = activities.Doubting(m, restored)
	}
	activities.RegisterMessenger(w, m)
	return nil
}

// Systems are the systems whose activities run here.
func Systems(f config.File, o Options) []offboarding.System {
	if o.Systems == nil {
		return f.Names()
	}
	return o.Systems
}

// pick builds the connectors of the systems that run here.
func pick(f config.File, want []offboarding.System) ([]activities.Connector, error) {
	out := make([]activities.Connector, 0, len(want))
	for _, name := range want {
		c, err := f.Connector(name)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// activityWorker works on one system; rate is how many of its steps may begin in
// a second in all workers together, zero for any number.
func activityWorker(rate float64) (worker.Options, error) {
	// Many vendor calls wait at once; the vendors' limits, not ours, bound them.
	const atOnce = 100
	fixed, err := worker.NewFixedSizeTuner(worker.FixedSizeTunerOptions{})
	if err != nil {
		return worker.Options{}, fmt.Errorf("set up worker: %w", err)
	}
	p := pace.New(atOnce)
	return worker.Options{
		Tuner:                            tuner{WorkerTuner: fixed, steps: p},
		Interceptors:                     []interceptor.WorkerInterceptor{p.Watching()},
		DisableWorkflowWorker:            true,
		TaskQueueActivitiesPerSecond:     rate,
		WorkerStopTimeout:                stepStop,
		MaxConcurrentActivityTaskPollers: 4,
		// Well below the heartbeat timeout of 3 s: on a busy machine a heartbeat
		// may come a second late.
		MaxHeartbeatThrottleInterval: time.Second,
	}, nil
}

// tuner has the steps begin at their own pace.
type tuner struct {
	worker.WorkerTuner
	steps worker.SlotSupplier
}

// GetActivityTaskSlotSupplier implements worker.WorkerTuner.
func (t tuner) GetActivityTaskSlotSupplier() worker.SlotSupplier { return t.steps }

func workflowWorker() worker.Options {
	return worker.Options{
		WorkerStopTimeout: caseStop,
		// A killed worker's case is handed on after this long. On a busy machine
		// a living worker takes a second too, and a case that is handed on by
		// mistake is replayed, which makes the machine busier.
		StickyScheduleToStartTimeout:       2 * time.Second,
		MaxConcurrentWorkflowTaskPollers:   4,
		MaxConcurrentActivityTaskPollers:   2,
		MaxConcurrentActivityExecutionSize: 40, // each waits for the record's disk
	}
}
