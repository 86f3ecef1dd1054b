// Package config reads the one configuration file that workers, the starter and
// the standalone process share. It reads no secret: those are references, and
// resolved by whoever needs them, so that each process needs only its own.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"lastday/activities"
	"lastday/codec"
	"lastday/logs"
	"lastday/metrics"
	"lastday/offboarding"
	"lastday/policy"
	"lastday/record/setup"
	"lastday/starter/hook"
	"lastday/starter/serve"
	"lastday/traces"
)

// File is the configuration.
type File struct {
	Temporal   Temporal   `yaml:"temporal"`
	Case       Case       `yaml:"case"`
	Worker     Worker     `yaml:"worker"`
	Standalone Standalone `yaml:"standalone"`
	// Protected are people and accounts that are never cut: work e-mails,
	// logins or account ids. Case and +tags do not matter.
	Protected activities.ProtectedList `yaml:"protected"`
	Systems   Systems                  `yaml:"systems"`
	// Rates are how many steps of a system may begin in a second, in all workers
	// together; Temporal's server holds to it. A system that is not named has no
	// limit but the vendor's own answers. Needed where somebody else uses up the
	// vendor's limit too, or many leave at once.
	Rates Rates `yaml:"rates"`
	// Policy says who may do what; without it only the command line may.
	Policy policy.Config `yaml:"policy"`
	// Serve is the process that answers the outside world.
	Serve serve.Config `yaml:"serve"`
	// Record is the record that auditors check.
	Record setup.Config `yaml:"record"`
	// Hooks are the HR systems that may tell of departures.
	Hooks hook.Config `yaml:"hooks"`
	// Encryption keeps people's data out of Temporal's sight.
	Encryption codec.Config `yaml:"encryption"`
	// Metrics are what operators see of a process, Logs how it speaks.
	Metrics metrics.Config `yaml:"metrics"`
	Logs    logs.Config    `yaml:"logs"`
	// Traces show where a case's time goes.
	Traces traces.Config `yaml:"traces"`
}

// Temporal is how to reach the cluster. What is left out comes from Temporal's
// own environment variables and profile file; the standalone process uses
// none of it.
type Temporal struct {
	Profile   string `yaml:"profile"`
	Address   string `yaml:"address"`
	Namespace string `yaml:"namespace"`
}

// Case is how every case is run.
type Case struct {
	// Deadline is how long after its due time a case tries by itself before a
	// person is asked; default 1h.
	Deadline time.Duration `yaml:"deadline"`
	// Patience is how long the other systems wait, at each step, for one that is
	// slow; default 10s.
	Patience time.Duration `yaml:"patience"`
}

// Load reads and checks a file. Every error names the file, and the line where
// there is one.
func Load(path string) (File, error) {
	b, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return File{}, fmt.Errorf("read configuration: %w", err)
	}
	f, err := Parse(b)
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Parse decodes strictly, fills in the defaults and checks every value. No
// error repeats a value from the file: one of them may be an inline secret.
func Parse(b []byte) (File, error) {
	var f File
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return File{}, errors.New(plain(err))
	}
	f.defaults()
	if err := f.validate(); err != nil {
		return File{}, err
	}
	return f, nil
}

var (
	value  = regexp.MustCompile("cannot unmarshal !!(\\w+) `[^`]*` into (\\S+)")
	inType = regexp.MustCompile(`field (\S+) not found in type \S+`)
)

// plain puts a decoding error into the words of somebody who edits the file.
func plain(err error) string {
	s := strings.TrimPrefix(err.Error(), "yaml: ")
	s = strings.TrimPrefix(s, "unmarshal errors:\n  ")
	s = value.ReplaceAllString(s, "a value of kind $1 where $2 is expected")
	s = strings.ReplaceAll(s, "time.Duration", "a duration such as 90s or 1h")
	return inType.ReplaceAllString(s, "unknown key $1")
}

func (f *File) defaults() {
	orElse(&f.Case.Deadline, time.Hour)
	orElse(&f.Case.Patience, 10*time.Second)
	f.Standalone.Defaults()
	f.Serve.Defaults()
	f.Hooks.Defaults()
	f.Record.Defaults()
	f.Policy.Defaults()
	f.Encryption.Defaults()
	f.Metrics.Defaults()
	f.Logs.Defaults()
	for _, s := range f.Systems.entries() {
		s.section.Defaults()
	}
}

func orElse[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}

func (f *File) validate() error {
	var errs []error
	if f.Case.Deadline < time.Minute || f.Case.Deadline > 30*24*time.Hour {
		errs = append(errs, fmt.Errorf("case.deadline is %s: give between 1m and 720h", f.Case.Deadline))
	}
	if f.Case.Patience < time.Second || f.Case.Patience > 10*time.Minute {
		errs = append(errs, fmt.Errorf("case.patience is %s: give between 1s and 10m", f.Case.Patience))
	}
	if len(f.Systems.entries()) == 0 {
		errs = append(errs, errors.New("systems is empty: configure at least one, see lastday.example.yaml"))
	}
	for _, s := range f.Systems.entries() {
		if err := s.section.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("systems: %w", err))
		}
	}
	errs = append(errs, f.Hooks.Validate(), f.Serve.Validate(), f.Policy.Validate(), f.Record.Validate(), f.Encryption.Validate(), f.Worker.Validate())
	errs = append(errs, f.Metrics.Validate(), f.Logs.Validate(), f.Standalone.Validate(), f.Rates.validate(f.Names()))
	if f.Record.Anchors.Slack.Channel != "" && f.Systems.Slack == nil {
		errs = append(errs, errors.New("record.anchors.slack needs systems.slack: its bot posts the checkpoints"))
	}
	if f.Serve.Codec != nil && !f.Encryption.On() {
		errs = append(errs, errors.New("serve.codec needs encryption.keyset: nothing is encrypted"))
	}
	if f.Serve.Slack != nil && !f.Tells() {
		errs = append(errs, errors.New("serve.slack needs systems.slack with its channel: that is where cases' messages with their buttons are"))
	}
	return errors.Join(errs...)
}

// Names lists the configured systems, in the order in which cases show them.
func (f File) Names() []offboarding.System {
	var out []offboarding.System
	for _, s := range f.Systems.entries() {
		out = append(out, s.name)
	}
	return out
}
