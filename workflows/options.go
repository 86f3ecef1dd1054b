package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/activities"
	"lastday/offboarding"
)

const (
	// readTimeout bounds one attempt that only reads. A vendor call is cut at
	// 25 s; a sweep over many repositories takes several.
	readTimeout = time.Minute
	// writeTimeout bounds one attempt that writes: dozens of calls at worst.
	writeTimeout = 2 * time.Minute
	// heartbeatTimeout is how long a killed worker goes unnoticed. Activities
	// beat every 700 ms, so one lost beat does not count as a death.
	heartbeatTimeout = 3 * time.Second
	// tellTimeout bounds one attempt to post to Slack.
	tellTimeout = 20 * time.Second
	// confirmLimit is how long the last message is tried before a person is asked.
	confirmLimit = time.Hour
	// noteTimeout bounds one attempt to write to the record, noteLimit all of
	// them but for the last: the case hands everything in again then.
	noteTimeout = 20 * time.Second
	noteLimit   = 10 * time.Minute
)

// retries: a vendor that is down is tried again until the limit of the call,
// quickly at first, at most twice a minute. Final errors say so themselves.
func retries() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{
		InitialInterval:    300 * time.Millisecond,
		BackoffCoefficient: 2,
		MaximumInterval:    30 * time.Second,
	}
}

// systemOptions are the options of one call to a system: limit bounds it over
// all attempts.
func systemOptions(s offboarding.System, v activities.Verb, urgent bool, limit time.Duration, summary string) workflow.ActivityOptions {
	attempt := readTimeout
	if v == activities.Contain || v == activities.Revoke {
		attempt = writeTimeout
	}
	return workflow.ActivityOptions{
		TaskQueue:              activities.TaskQueue(s),
		ScheduleToCloseTimeout: limit,
		StartToCloseTimeout:    min(attempt, limit),
		HeartbeatTimeout:       heartbeatTimeout,
		// What a cancelled step has done must be known before the case ends.
		WaitForCancellation: true,
		RetryPolicy:         retries(),
		Priority:            priorityOf(v, urgent),
		Summary:             summary,
	}
}

// priorityOf puts urgent cases before the others and, within each, what ends live
// use before the clean-up. Which partner's turn it is comes with the case itself:
// its fairness key is every step's.
func priorityOf(v activities.Verb, urgent bool) temporal.Priority {
	key := 3
	if urgent {
		key = 1
	}
	if v == activities.Revoke || v == activities.Observe {
		key++
	}
	return temporal.Priority{PriorityKey: key}
}

func tellOptions(limit time.Duration, summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		TaskQueue:              activities.TaskQueue(activities.TellSystem),
		ScheduleToCloseTimeout: limit,
		StartToCloseTimeout:    tellTimeout,
		HeartbeatTimeout:       heartbeatTimeout,
		RetryPolicy:            retries(),
		Summary:                summary,
	}
}

// noteOptions are those of handing something to the record: on the workers that
// run cases. A limit of zero is none.
func noteOptions(limit time.Duration, summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		ScheduleToCloseTimeout: limit,
		StartToCloseTimeout:    noteTimeout,
		RetryPolicy:            retries(),
		Summary:                summary,
	}
}

// pause is the time between two looks at access that is still there: short at
// first, since most of it is a vendor catching up, then a minute; after an hour
// it grows to half an hour, so that a case with a long deadline stays far below
// the number of events a history may have.
func pause(round int) time.Duration {
	const hour = 65
	if round > hour {
		return min(time.Duration(round-hour)*time.Minute, 30*time.Minute)
	}
	return min(500*time.Millisecond<<min(round, 10), time.Minute)
}

// refusedPause is the time between two tries of what the record refused: a minute
// at first, then up to an hour, so that a year of it fits into a history.
func refusedPause(round int) time.Duration {
	return min(time.Minute<<min(round, 6), time.Hour)
}
