package recordtest

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"lastday/offboarding"
)

// RunID is the run id of the i-th case that Verified makes.
func RunID(i int) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, "case ", i)).String()
}

// Leaver is the address of who leaves in the i-th case that Verified makes.
func Leaver(i int) string { return fmt.Sprintf("jane.doe-%d@example.com", i) }

// Verified is a whole case that ended well: asked for in Slack, agreed to by one
// person, cut in okta and shown to be gone, unknown in github. It started at the
// given instant and took five seconds. The i tells people and cases apart.
func Verified(i int, started time.Time) offboarding.Case {
	after := func(d time.Duration) time.Time { return started.UTC().Add(d) }
	subject := offboarding.Subject(Leaver(i))
	okta := offboarding.SystemCase{
		System: "okta", Stage: offboarding.Confirming, FoundAt: after(time.Second),
		Account: offboarding.Account{System: "okta", Found: true, ID: fmt.Sprintf("00u%d", i), Login: string(subject), Email: string(subject)},
		Grants: []offboarding.Grant{
			{Class: offboarding.Sessions, ID: "s1", Label: "Jane's browser", Closes: offboarding.StepContain},
			{Class: offboarding.Groups, ID: "g1", Label: "platform team", Closes: offboarding.StepRevoke},
		},
		Coverage: []offboarding.Coverage{
			{Class: offboarding.Sessions, Sight: offboarding.Present}, {Class: offboarding.Groups, Sight: offboarding.Present},
		},
		Actions: []offboarding.Action{
			{Do: "clear sessions", Class: offboarding.Sessions, ID: "s1", At: after(2 * time.Second), RequestID: fmt.Sprintf("req-%d-1", i), Answer: "204"},
			{Do: "remove from group", Class: offboarding.Groups, ID: "g1", At: after(3 * time.Second), RequestID: fmt.Sprintf("req-%d-2", i), Answer: "204"},
		},
		Observations: []offboarding.Observation{
			{Class: offboarding.Sessions, Sight: offboarding.Absent, At: after(4 * time.Second), Credential: "observer", Control: "user hugo"},
			{Class: offboarding.Groups, Sight: offboarding.Absent, At: after(4 * time.Second), Credential: "observer", Control: "group Everyone"},
		},
		Residuals:   []offboarding.Residual{{Class: offboarding.OAuthTokens, What: "a token signed before", Ends: after(time.Hour)}},
		ContainedAt: after(2 * time.Second), RevokedAt: after(3 * time.Second), ProvenAt: after(4 * time.Second),
	}
	okta.Verdicts = offboarding.Judge(okta, nil)
	github := offboarding.SystemCase{
		System: "github", Stage: offboarding.Confirming, FoundAt: after(time.Second),
		Account: offboarding.Account{System: "github", Evidence: "asked for the address; octocat was found"},
	}
	hanna := offboarding.Actor{Door: offboarding.DoorSlack, ID: "U0HANNA", Email: "hanna.hr@example.com", Name: "Hanna Hart"}
	sven := offboarding.Actor{Door: offboarding.DoorSlack, ID: "U0SVEN", Email: "sven@example.com", Name: "Sven"}
	return offboarding.Case{
		ID: subject.CaseID(), RunID: RunID(i), State: offboarding.Verified,
		Departure: offboarding.Departure{
			Subject: subject, Kind: offboarding.Resignation, Reason: "Jane moves to Rome", Partner: "Acme",
			RequestedBy: hanna, RequestedAt: started.UTC(), Zone: "Europe/Berlin",
		},
		Systems: []offboarding.SystemCase{okta, github}, Plan: "abc", Outcome: "all access is gone",
		Approvals: []offboarding.Approval{{By: sven, Plan: "abc", Reason: "agreed", At: after(time.Second)}},
		Ruling:    offboarding.Ruling{Approvals: []offboarding.Requirement{{Rule: "security", From: "security", Members: []string{"okta:Security"}, Count: 1}}},
		StartedAt: started.UTC(), Due: started.UTC(), Deadline: after(time.Hour),
		ContainedAt: okta.ContainedAt, RevokedAt: okta.RevokedAt, ProvenAt: okta.ProvenAt, EndedAt: after(5 * time.Second),
		Revision: 1,
	}
}
