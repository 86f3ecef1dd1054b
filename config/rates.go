package config

import (
	"errors"
	"fmt"
	"slices"

	"lastday/offboarding"
)

// Rates are how many steps of a system may begin in a second.
type Rates map[offboarding.System]float64

// validate checks the rates of the systems that there are.
func (r Rates) validate(systems []offboarding.System) error {
	var errs []error
	for s, rate := range r {
		if !slices.Contains(systems, s) {
			errs = append(errs, fmt.Errorf("rates.%s: there is no such system in systems: take it out, or correct its name", s))
		}
		if !(rate >= 0.01 && rate <= 1000) {
			errs = append(errs, fmt.Errorf("rates.%s: give between 0.01 and 1000 steps a second, or leave it out for no limit", s))
		}
	}
	return errors.Join(errs...)
}
