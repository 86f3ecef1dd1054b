package config

import (
	"errors"
	"fmt"
	"strings"
)

// Worker is how command worker takes part in rollouts. The standalone process,
// which is replaced as a whole, uses none of it.
type Worker struct {
	// Deployment is the name under which Temporal knows the builds of the workers
	// that run cases; with it, only the build that "starter rollout" chose runs
	// them. Empty, the default: every worker does.
	Deployment string `yaml:"deployment"`
}

// maxDeployment leaves room for a build's id within Temporal's limit of an id.
const maxDeployment = 100

// Versioned is whether only a chosen build runs cases.
func (w Worker) Versioned() bool { return w.Deployment != "" }

// Validate says what is wrong with the section. What a name may have is
// Temporal's rule.
func (w Worker) Validate() error {
	switch d := w.Deployment; {
	case strings.ContainsAny(d, ".: \t\n") || strings.HasPrefix(d, "__"):
		return errors.New("worker.deployment may have no dot, colon or space, and not begin with __: give a name such as lastday")
	case len(d) > maxDeployment:
		return fmt.Errorf("worker.deployment is %d characters long: give at most %d", len(d), maxDeployment)
	}
	return nil
}
