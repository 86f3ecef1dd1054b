package reporttest

import (
	"fmt"
	"time"

	"lastday/offboarding"
)

func okta() offboarding.SystemCase {
	s := offboarding.SystemCase{
		System: "okta", Stage: offboarding.Confirming, FoundAt: due(12 * ms),
		Account:     offboarding.Account{System: "okta", Found: true, ID: "00u1jd7f", Login: "jane.doe@example.com", Email: "jane.doe@example.com", Status: "ACTIVE"},
		ContainedAt: due(61 * ms), RevokedAt: due(304 * ms), ProvenAt: due(1320 * ms),
		Residuals: []offboarding.Residual{{Class: offboarding.OAuthTokens, What: "access tokens that apps check by themselves", Ends: due(time.Hour)}},
	}
	hold(&s, offboarding.StepContain, offboarding.Sessions, "Firefox on Linux", "iPhone")
	hold(&s, offboarding.StepRevoke, offboarding.Groups, "Everyone at Acme", "Platform", "On call")
	hold(&s, offboarding.StepRevoke, offboarding.Factors, "push: Jane's phone")
	did(&s, "suspend user", offboarding.Login, "200", 48*ms)
	did(&s, "end all sessions", offboarding.Sessions, "204", 61*ms)
	did(&s, "remove group Platform", offboarding.Groups, "204", 190*ms)
	did(&s, "remove group On call", offboarding.Groups, "204", 240*ms)
	did(&s, "reset factors", offboarding.Factors, "200", 304*ms)
	for _, c := range []offboarding.Class{offboarding.Login, offboarding.Sessions, offboarding.Groups, offboarding.Factors} {
		saw(&s, c, 1320*ms, "user hugo.stays@example.com")
	}
	s.Observations[1].Logged = true
	s.Verdicts = offboarding.Judge(s, nil)
	return s
}

func github() offboarding.SystemCase {
	s := offboarding.SystemCase{
		System: "github", Stage: offboarding.Confirming, FoundAt: due(15 * ms),
		Account:     offboarding.Account{System: "github", Found: true, ID: "5831", Login: "jdoe"},
		ContainedAt: due(96 * ms), RevokedAt: due(410 * ms), ProvenAt: due(1180 * ms),
		Residuals: []offboarding.Residual{{Class: offboarding.AccessTokens, What: "classic tokens, which no owner can list"}},
	}
	hold(&s, offboarding.StepContain, offboarding.Membership, "acme")
	hold(&s, offboarding.StepRevoke, offboarding.DeployKeys, "build server, acme/site")
	did(&s, "remove from the organization acme", offboarding.Membership, "204", 96*ms)
	did(&s, "delete deploy key build server", offboarding.DeployKeys, "204", 410*ms)
	saw(&s, offboarding.Membership, 1180*ms, "member hugo-stays")
	saw(&s, offboarding.DeployKeys, 1180*ms, "key release robot")
	saw(&s, offboarding.AccessTokens, 1180*ms, "token of hugo-stays")
	s.Coverage = append(s.Coverage, offboarding.Coverage{Class: offboarding.AccessTokens, Sight: offboarding.Absent})
	s.Verdicts = offboarding.Judge(s, nil)
	return s
}

func tailscale() offboarding.SystemCase {
	s := offboarding.SystemCase{
		System: "tailscale", Stage: offboarding.Confirming, FoundAt: due(10 * ms),
		Account:     offboarding.Account{System: "tailscale", Found: true, ID: "u77", Login: "jane.doe@example.com", Status: "active"},
		ContainedAt: due(72 * ms), RevokedAt: due(72 * ms), ProvenAt: due(880 * ms),
	}
	hold(&s, offboarding.StepContain, offboarding.Devices, "jane-laptop", "jane-phone")
	did(&s, "suspend user", offboarding.Login, "200", 55*ms)
	did(&s, "remove device jane-laptop", offboarding.Devices, "200", 66*ms)
	did(&s, "remove device jane-phone", offboarding.Devices, "200", 72*ms)
	saw(&s, offboarding.Login, 880*ms, "user hugo")
	saw(&s, offboarding.Devices, 880*ms, "device build7")
	s.Verdicts = offboarding.Judge(s, nil)
	return s
}

func slack() offboarding.SystemCase {
	s := offboarding.SystemCase{
		System: "slack", Stage: offboarding.Confirming, FoundAt: due(21 * ms),
		Account:     offboarding.Account{System: "slack", Found: true, ID: "U0JANE", Login: "jane"},
		ContainedAt: due(133 * ms), RevokedAt: due(133 * ms), ProvenAt: due(900 * ms),
	}
	hold(&s, offboarding.StepContain, offboarding.Login, "jane")
	did(&s, "deactivate user", offboarding.Login, "ok", 133*ms)
	saw(&s, offboarding.Login, 900*ms, "user hugo")
	s.Verdicts = offboarding.Judge(s, nil)
	return s
}

func hold(s *offboarding.SystemCase, closes offboarding.Step, class offboarding.Class, labels ...string) {
	s.Coverage = append(s.Coverage, offboarding.Coverage{Class: class, Sight: offboarding.Present})
	for i, l := range labels {
		s.Grants = append(s.Grants, offboarding.Grant{Class: class, ID: fmt.Sprintf("%s-%d", class, i+1), Label: l, Closes: closes})
	}
}

func did(s *offboarding.SystemCase, do string, class offboarding.Class, answer string, at time.Duration) {
	s.Actions = append(s.Actions, offboarding.Action{
		Do: do, Class: class, At: due(at), Answer: answer, RequestID: fmt.Sprintf("%s-req-%d", s.System, len(s.Actions)+1),
	})
}

func saw(s *offboarding.SystemCase, class offboarding.Class, at time.Duration, control string) {
	s.Observations = append(s.Observations, offboarding.Observation{
		Class: class, Sight: offboarding.Absent, At: due(at), Credential: "observer", Control: control,
	})
}
