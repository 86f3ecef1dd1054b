// Package github is the connector for GitHub: organisations on github.com,
// GHE.com and GitHub Enterprise Server. It owns the calls made there and what
// their answers mean; it knows no other system and no workflow.
//
// One connector covers every configured organisation. An account is a numeric
// user id; the login is looked up again before every step, because a login can
// be given up and taken by somebody else. A person of whom only an e-mail
// invitation is known has the account id "invitation:ORG/NUMBER".
//
// # Classes
//
//	membership                 organisation membership               ended by contain
//	groups                     team memberships                      ended by contain, with the membership
//	outside-collaboration      outside collaborator of the org       ended by contain
//	organization-roles         organisation role assignments         revoke
//	repository-collaborations  direct collaborators, and invitations to a repository   revoke
//	invitations                pending invitations to the organisation, by login and by e-mail   revoke
//	sso-credentials            credentials authorised for SAML SSO   revoke (contain asks for it already)
//	access-tokens              fine-grained personal access tokens   revoke, as access_tokens says
//	deploy-keys                deploy keys the person added          revoke, as deploy_keys says
//	seats                      Copilot seats                         revoke
//
// # Contain
//
// What cuts live use within seconds is the removal from the organisation: from
// then on no session, SSH key or token of the person, classic or fine-grained,
// reaches a private repository. So Contain removes membership and outside
// collaboration. It is as reversible as GitHub allows: an owner who invites the
// person again within three months is offered to restore teams and settings,
// and the inventory taken before lists them. Contain revokes the SSO
// credential authorisations first, since afterwards GitHub answers 404 to that
// call. What is left, and what survives a membership (deploy keys, token
// entries, invitations), is for Revoke.
//
// # Proof
//
// A list that does not show the person proves something only if the same call
// shows somebody else. Where an organisation may truly have nobody else (no
// other pending invitation, say), the class must be named under may_be_empty;
// without that it is reported as blind. An entry that names nobody (a deploy key
// whose author is gone, an invitation without an invitee) is no control, and
// keeps the class blind, as it may be the person's. That somebody has no account
// is shown by accounting for every account there is. Answers without GitHub's own request
// id did not come from GitHub and are refused. Repositories are swept
// completely and counted against the organisation's own count.
package github
