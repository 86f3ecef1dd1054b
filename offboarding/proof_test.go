package offboarding_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

var (
	noon  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	keys  = offboarding.DeployKeys
	until = noon.AddDate(1, 0, 0)
)

func grant(r offboarding.Removal) offboarding.Grant {
	return offboarding.Grant{Class: keys, ID: "1", Label: "one", Closes: offboarding.StepRevoke, Removal: r}
}

func holding(r offboarding.Removal) offboarding.SystemCase {
	return offboarding.SystemCase{
		System: "github", FoundAt: noon, Account: offboarding.Account{Found: true, ID: "7"},
		Grants:   []offboarding.Grant{grant(r)},
		Coverage: []offboarding.Coverage{{Class: keys, Sight: offboarding.Present}},
	}
}

func seen(sight offboarding.Sight, control string) offboarding.Observation {
	o := offboarding.Observation{Class: keys, Sight: sight, At: noon, Control: control, Reason: "why"}
	if sight == offboarding.Present {
		o.Present = []offboarding.Grant{grant("")}
	}
	return o
}

func word(v offboarding.Verb, class offboarding.Class) offboarding.Decision {
	d := offboarding.Decision{Verb: v, System: "github", Class: class, By: offboarding.Named(offboarding.DoorCommand, "ada"), Reason: "because", At: noon}
	if v == offboarding.Waive {
		d.Until = until
	}
	return d
}

func TestOnlyAnObservationWithAControlVerifies(t *testing.T) {
	logged := seen(offboarding.Absent, "ada")
	logged.Logged = true
	untimed := seen(offboarding.Absent, "ada")
	untimed.At = time.Time{}
	contradictory := seen(offboarding.Absent, "ada")
	contradictory.Present = []offboarding.Grant{grant("")}
	attest, waive, retry := word(offboarding.Attest, keys), word(offboarding.Waive, keys), word(offboarding.Retry, keys)
	wide, wideRetry := word(offboarding.Attest, ""), word(offboarding.Retry, "")
	elsewhere := attest
	elsewhere.System = "okta"
	type row struct {
		removal   offboarding.Removal
		seen      []offboarding.Observation
		acted     bool
		decisions []offboarding.Decision
		want      offboarding.Proof
	}
	some := func(o ...offboarding.Observation) []offboarding.Observation { return o }
	said := func(d ...offboarding.Decision) []offboarding.Decision { return d }
	for name, r := range map[string]row{
		"nothing known":                        {want: offboarding.ProofNone},
		"acted, not looked":                    {acted: true, want: offboarding.Acknowledged},
		"absent with a control":                {seen: some(seen(offboarding.Absent, "ada")), want: offboarding.Observed},
		"absent in the vendor's log":           {seen: some(logged), want: offboarding.Logged},
		"not offered":                          {seen: some(seen(offboarding.NotOffered, "the plan")), want: offboarding.Observed},
		"not offered, without a control":       {seen: some(seen(offboarding.NotOffered, "")), want: offboarding.ProofNone},
		"absent without a control":             {seen: some(seen(offboarding.Absent, "")), acted: true, want: offboarding.ProofNone},
		"absent at no time":                    {seen: some(untimed), want: offboarding.ProofNone},
		"absent and present":                   {seen: some(contradictory), want: offboarding.ProofNone},
		"blind":                                {seen: some(seen(offboarding.Blind, "ada")), want: offboarding.ProofNone},
		"there":                                {seen: some(seen(offboarding.Present, "ada")), acted: true, want: offboarding.ProofNone},
		"the newest look counts":               {seen: some(seen(offboarding.Absent, "ada"), seen(offboarding.Present, "ada")), want: offboarding.ProofNone},
		"attested":                             {decisions: said(attest), want: offboarding.Attested},
		"waived":                               {decisions: said(waive), want: offboarding.Waived},
		"a word does not outrank a look":       {seen: some(seen(offboarding.Absent, "ada")), decisions: said(waive), want: offboarding.Observed},
		"the newest word counts":               {decisions: said(attest, waive), want: offboarding.Waived},
		"a retry takes a word back":            {decisions: said(attest, retry), want: offboarding.ProofNone},
		"a word on the whole system":           {decisions: said(wide), want: offboarding.Attested},
		"a retry of all keeps a class's word":  {decisions: said(waive, wideRetry), want: offboarding.Waived},
		"a retry of all takes back one on all": {decisions: said(wide, wideRetry), want: offboarding.ProofNone},
		"another system's word":                {decisions: said(elsewhere), want: offboarding.ProofNone},
		"report, not looked":                   {removal: offboarding.Report, want: offboarding.ProofNone},
		"report, there":                        {removal: offboarding.Report, seen: some(seen(offboarding.Present, "ada")), want: offboarding.ReportedProof},
		"report, gone":                         {removal: offboarding.Report, seen: some(seen(offboarding.Absent, "ada")), want: offboarding.Observed},
		"report, out of sight":                 {removal: offboarding.Report, seen: some(seen(offboarding.Blind, "")), want: offboarding.ProofNone},
		"ask":                                  {removal: offboarding.Ask, want: offboarding.ProofNone},
	} {
		t.Run(name, func(t *testing.T) {
			s := holding(r.removal)
			s.Observations = r.seen
			if r.acted {
				s.Actions = []offboarding.Action{{Class: keys, At: noon, Answer: "204"}}
			}
			got := offboarding.Judge(s, r.decisions)
			require.Len(t, got, 1)
			require.Equal(t, r.want, got[0].Proof)
			s.Verdicts = got
			verified := r.want == offboarding.Observed || r.want == offboarding.Logged
			require.Equal(t, verified, s.Verified())
			require.Equal(t, verified || r.want == offboarding.Attested || r.want == offboarding.Waived || r.want == offboarding.ReportedProof, s.Settled())
		})
	}
}

func TestAClassIsNotReportedWhileSomethingElseOfItIsToGo(t *testing.T) {
	s := holding(offboarding.Report)
	s.Grants = append(s.Grants, offboarding.Grant{Class: keys, ID: "2"})
	require.Equal(t, offboarding.ProofNone, offboarding.Judge(s, nil)[0].Proof)
}

func TestEveryClassThatWasSpokenOfIsJudged(t *testing.T) {
	s := holding("")
	s.Coverage = []offboarding.Coverage{{Class: "covered"}}
	s.Observations = []offboarding.Observation{{Class: "observed"}}
	var got []offboarding.Class
	for _, v := range offboarding.Judge(s, nil) {
		got = append(got, v.Class)
	}
	require.Equal(t, []offboarding.Class{"covered", keys, "observed"}, got)
}

func TestASystemIsSettledOnlyByAnAnswer(t *testing.T) {
	require.False(t, offboarding.SystemCase{}.Settled(), "never looked")
	require.False(t, offboarding.SystemCase{FoundAt: noon}.Settled(), "absent without evidence")
	require.False(t, offboarding.SystemCase{FoundAt: noon, Account: offboarding.Account{Found: true, Evidence: "x"}}.Settled(), "found, nothing known")
	require.True(t, offboarding.SystemCase{FoundAt: noon, Account: offboarding.Account{Evidence: "saw ada"}}.Verified())
	s := offboarding.SystemCase{System: "github"}
	s.Verdicts = offboarding.Judge(s, []offboarding.Decision{word(offboarding.Attest, "")})
	require.True(t, s.Settled(), "a person's word on a system that never answered")
	require.False(t, s.Verified())
}

func TestAWriteForgetsWhatWasSeenBeforeIt(t *testing.T) {
	s := holding("")
	s.Observations = []offboarding.Observation{seen(offboarding.Absent, "ada")}
	s.Wrote([]offboarding.Action{{Class: keys, At: noon}})
	require.Equal(t, offboarding.Acknowledged, offboarding.Judge(s, nil)[0].Proof)
}

func TestWhatIsSeenForTheFirstTimeJoinsTheGrants(t *testing.T) {
	s := holding("")
	o := seen(offboarding.Present, "ada")
	o.Present = append(o.Present, offboarding.Grant{Class: keys, ID: "2", Label: "two"})
	residual := offboarding.Residual{Class: keys, What: "a token nobody can list"}
	for range 2 {
		s.Saw(offboarding.Readback{Observations: []offboarding.Observation{o}, Residuals: []offboarding.Residual{residual}})
	}
	require.Len(t, s.Grants, 2)
	require.Len(t, s.Residuals, 1)
}

func TestWhatMayBeRemoved(t *testing.T) {
	retry, attest, wide := word(offboarding.Retry, keys), word(offboarding.Attest, keys), word(offboarding.Retry, "")
	for name, r := range map[string]struct {
		removal   offboarding.Removal
		decisions []offboarding.Decision
		may, ask  bool
	}{
		"remove":                           {offboarding.Remove, nil, true, false},
		"by default":                       {"", nil, true, false},
		"ask":                              {offboarding.Ask, nil, false, true},
		"ask, retry":                       {offboarding.Ask, []offboarding.Decision{retry}, true, false},
		"ask, attest":                      {offboarding.Ask, []offboarding.Decision{attest}, false, false},
		"ask, retry then attest":           {offboarding.Ask, []offboarding.Decision{retry, attest}, false, false},
		"ask, attest then retry":           {offboarding.Ask, []offboarding.Decision{attest, retry}, true, false},
		"ask, retry of all":                {offboarding.Ask, []offboarding.Decision{wide}, false, true},
		"ask, attest then retry of all":    {offboarding.Ask, []offboarding.Decision{attest, wide}, false, false},
		"report":                           {offboarding.Report, nil, false, false},
		"report, retry":                    {offboarding.Report, []offboarding.Decision{retry}, true, false},
		"report, retry of the whole thing": {offboarding.Report, []offboarding.Decision{wide}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, r.may, offboarding.MayRemove("github", grant(r.removal), r.decisions))
			require.True(t, offboarding.MayRemove("okta", grant(offboarding.Remove), r.decisions))
			require.False(t, offboarding.MayRemove("okta", grant(offboarding.Ask), r.decisions), "another system")
			plan := offboarding.MakePlan(holding(r.removal), r.decisions)
			require.Equal(t, r.may, len(plan.Revoke) == 1)
			require.Equal(t, r.ask, len(plan.Ask) == 1)
			require.True(t, plan.Contain)
		})
	}
}
