package slack

import (
	"slices"

	"lastday/sandbox/people"
)

// Foreign is the state of another company's workspace, in which people.Stranger
// works and the same tokens are good: what a mixed-up cache shows. The tokens'
// owners have the ids of ours, and its channel no message.
func (s *Server) Foreign() any {
	st := seed([]people.Person{people.Stranger})
	stranger := UserID(people.Stranger.Email)
	st.order = slices.DeleteFunc(st.order, func(id string) bool {
		u := st.users[id]
		u.TeamID = "T0ELSEWHERE"
		if u.Bot || u.ID == stranger || u.ID == UserID(people.Robot.Email) {
			return false
		}
		delete(st.users, id)
		return true
	})
	st.byEmail = map[string]string{people.Stranger.Email: stranger}
	st.users[stranger].PrimaryOwner, st.users[stranger].Owner, st.users[stranger].Admin = true, true, true
	st.groups = nil
	return st
}
