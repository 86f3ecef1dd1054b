package metrics

import (
	"fmt"
	"strings"

	"lastday/activities"
	"lastday/offboarding"
	"lastday/workflows"
)

// Polling is nil while this process asks for the tasks of every system given,
// and for those of the cases where those run here.
func (m *Metrics) Polling(systems []offboarding.System, cases bool) Check {
	return func() error {
		var idle []string
		for _, s := range systems {
			if q := activities.TaskQueue(s); !m.bridge.polling(q, activityPoller) {
				idle = append(idle, q)
			}
		}
		if cases && !m.bridge.polling(workflows.TaskQueue, workflowPoller) {
			idle = append(idle, workflows.TaskQueue)
		}
		if len(idle) > 0 {
			return fmt.Errorf("no poller asks for the tasks of %s", strings.Join(idle, ", "))
		}
		return nil
	}
}

// Signed is nil while the record is signed and anchored as it should be. In a
// process that does not sign it says nothing.
func Signed(r Record) Check {
	return func() error {
		_, health, _ := r.Notarial()
		return health
	}
}
