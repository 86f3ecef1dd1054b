// Package github is a stateful stand-in for GitHub (Enterprise Cloud REST,
// the one GraphQL query an identity lookup needs, and GitHub App tokens),
// served over real HTTP. It owns three organisations of the sandbox's company
// and what its staff hold there:
//
//   - acme, on the Enterprise plan with SAML, SCIM and Copilot: everybody is a
//     member, with teams, SSO credentials, fine-grained tokens, deploy keys,
//     organisation roles, seats and direct repository collaborations;
//   - acme-labs, on the Team plan: some of the staff are outside collaborators,
//     which a member cannot be;
//   - acme-partners, on the Team plan: some of the staff are invited.
//
// In every organisation somebody who stays holds something of every class, so
// that a reader can tell an empty answer from a blind one.
//
// It knows nothing of Lastday.
package github
