package okta

// routes are the operations of the API, by their published paths.
func (s *Server) routes() []route {
	const (
		usersRead, usersManage = "okta.users.read", "okta.users.manage"
		rolesRead, rolesManage = "okta.roles.read", "okta.roles.manage"
		groupsRead, groupsMan  = "okta.groups.read", "okta.groups.manage"
		devRead, devManage     = "okta.devices.read", "okta.devices.manage"
	)
	return []route{
		{"GET /api/v1/users", usersRead, "list-users", s.listUsers},
		{"GET /api/v1/users/{id}", usersRead, "get-user", s.getUser},
		{"DELETE /api/v1/users/{id}", usersManage, "write-user", s.deleteUser},
		{"POST /api/v1/users/{id}/lifecycle/suspend", usersManage, "write-user", s.suspend},
		{"POST /api/v1/users/{id}/lifecycle/unsuspend", usersManage, "write-user", s.unsuspend},
		{"POST /api/v1/users/{id}/lifecycle/deactivate", usersManage, "write-user", s.deactivate},
		{"POST /api/v1/users/{id}/lifecycle/reset_factors", usersManage, "write-user", s.resetFactors},
		{"DELETE /api/v1/users/{userId}/sessions", usersManage, "write-user", s.clearSessions},
		{"GET /api/v1/users/{id}/groups", groupsRead, "other", s.listUserGroups},
		{"GET /api/v1/users/{id}/appLinks", usersRead, "other", s.listAppLinks},
		{"GET /api/v1/users/{userId}/clients", usersRead, "other", s.listClients},
		{"GET /api/v1/users/{userId}/clients/{clientId}/tokens", usersRead, "other", s.listClientTokens},
		{"DELETE /api/v1/users/{userId}/clients/{clientId}/tokens", usersManage, "other", s.revokeClientTokens},
		{"GET /api/v1/users/{userId}/clients/{clientId}/grants", usersRead, "other", s.listClientGrants},
		{"DELETE /api/v1/users/{userId}/clients/{clientId}/grants", usersManage, "other", s.revokeClientGrants},
		{"GET /api/v1/users/{userId}/grants", usersRead, "other", s.listGrants},
		{"DELETE /api/v1/users/{userId}/grants", usersManage, "other", s.revokeGrants},
		{"DELETE /api/v1/users/{userId}/grants/{grantId}", usersManage, "other", s.revokeGrant},
		{"GET /api/v1/users/{userId}/roles", rolesRead, "other", s.listRoles},
		{"DELETE /api/v1/users/{userId}/roles/{roleAssignmentId}", rolesManage, "other", s.removeRole},
		{"GET /api/v1/users/{userId}/factors", usersRead, "other", s.listFactors},
		{"DELETE /api/v1/users/{userId}/factors/{factorId}", usersManage, "other", s.removeFactor},
		{"GET /api/v1/users/{userId}/devices", usersRead, "other", s.listUserDevices},
		{"GET /api/v1/devices", devRead, "devices", s.listDevices},
		{"GET /api/v1/devices/{deviceId}/users", devRead, "devices", s.listDeviceUsers},
		{"POST /api/v1/devices/{deviceId}/lifecycle/deactivate", devManage, "devices", s.deactivateDevice},
		{"DELETE /api/v1/devices/{deviceId}", devManage, "devices", s.deleteDevice},
		{"GET /api/v1/groups", groupsRead, "groups", s.listGroups},
		{"GET /api/v1/groups/{groupId}/users", groupsRead, "groups", s.listMembers},
		{"PUT /api/v1/groups/{groupId}/users/{userId}", groupsMan, "groups", s.addMember},
		{"DELETE /api/v1/groups/{groupId}/users/{userId}", groupsMan, "groups", s.removeMember},
		{"GET /api/v1/api-tokens", "okta.apiTokens.read", "other", s.listTokens},
		{"DELETE /api/v1/api-tokens/{apiTokenId}", "okta.apiTokens.manage", "other", s.revokeToken},
		{"GET /api/v1/apps/{appId}/users", "okta.apps.read", "other", s.listAppUsers},
		{"GET /api/v1/logs", "okta.logs.read", "logs", s.listLogs},
	}
}
