package command

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"lastday/offboarding"
	"lastday/starter/when"
)

// request is a departure as the flags say it.
type request struct {
	at, kind, reason, partner, successor, note string
	urgent                                     bool
}

func (r *request) flags(f *pflag.FlagSet) {
	var kinds []string
	for _, k := range offboarding.Kinds() {
		kinds = append(kinds, string(k))
	}
	f.StringVar(&r.at, "at", "", `when access ends, such as "2026-12-31 17:00 Europe/Berlin", "tomorrow 17:00" or now (default: now)`)
	f.BoolVar(&r.urgent, "urgent", false, "mark the case urgent; its steps go before those of others")
	f.StringVar(&r.kind, "kind", "", "one of "+strings.Join(kinds, ", "))
	f.StringVar(&r.reason, "reason", "", "why, for the record")
	f.StringVar(&r.partner, "partner", "", "the outsourcing company the person works for")
	f.StringVar(&r.successor, "successor", "", "the work e-mail of who takes over")
	f.StringVar(&r.note, "note", "", "for those who read the case")
}

// departure reads the flags. Whatever is wrong is an error of usage that names
// the flag.
func (r *request) departure(email string, by offboarding.Actor, now time.Time) (offboarding.Departure, error) {
	d := offboarding.Departure{Urgent: r.urgent, Reason: r.reason, Partner: r.partner, Note: r.note, RequestedBy: by}.Tidy()
	var err error
	if d.Subject, err = offboarding.ParseSubject(email); err != nil {
		return d, usageError{err}
	}
	if r.at != "" {
		if d.At, d.Zone, err = when.Parse(r.at, now, time.Local); err != nil { //nolint:gosmopolitan // the user's own zone is meant
			return d, usageError{fmt.Errorf("--at: %w", err)}
		}
	}
	if r.kind != "" {
		if d.Kind, err = offboarding.ParseKind(r.kind); err != nil {
			return d, usageError{fmt.Errorf("--kind: %w", err)}
		}
	}
	if r.successor != "" {
		if d.Successor, err = offboarding.ParseSubject(r.successor); err != nil {
			return d, usageError{fmt.Errorf("--successor: %w", err)}
		}
	}
	var wrong []string
	for _, f := range offboarding.FieldErrors(d.Check(now)) {
		wrong = append(wrong, fmt.Sprintf("--%s: %s", f.Field, f.Why))
	}
	if len(wrong) > 0 {
		return d, usagef("%s", strings.Join(wrong, "; "))
	}
	return d, nil
}
