package github

import (
	"encoding/json"
	"net/http"
	"time"
)

func endOfCycle() string {
	now := time.Now().UTC()
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

func (c *call) copilotBilling() {
	c.read(func(_ *state, o *org) {
		setting, ending := "unconfigured", 0
		if o.copilot {
			setting = "assign_selected"
		}
		for _, st := range o.seats {
			if st.ending != "" {
				ending++
			}
		}
		c.json(http.StatusOK, object{
			"seat_breakdown": object{
				"total": len(o.seats), "added_this_cycle": 0, "pending_cancellation": ending, "pending_invitation": 0,
				"active_this_cycle": 0, "inactive_this_cycle": len(o.seats),
			},
			"public_code_suggestions": "block", "seat_management_setting": setting, "plan_type": "business",
		})
	})
}

func (c *call) listSeats() {
	c.read(func(s *state, o *org) {
		out := []any{}
		for _, st := range page(c, byID(o.seats), 50) {
			var ending any
			if st.ending != "" {
				ending = st.ending
			}
			out = append(out, object{
				"assignee": s.byID[st.user].simple, "created_at": created, "updated_at": created, "pending_cancellation_date": ending,
				"last_activity_at": nil, "last_activity_editor": nil, "plan_type": "business",
			})
		}
		c.json(http.StatusOK, object{"total_seats": len(o.seats), "seats": out})
	})
}

func (c *call) cancelSeats() {
	var body struct {
		Usernames []string `json:"selected_usernames"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&body); err != nil || len(body.Usernames) == 0 {
		c.fail(http.StatusBadRequest, "Problems parsing JSON")
		return
	}
	c.write(func(s *state, o *org) {
		if !o.copilot {
			c.fail(http.StatusUnprocessableEntity, "Copilot Business or Enterprise is not enabled for this organization.")
			return
		}
		n := 0
		for _, login := range body.Usernames {
			u := s.users[fold(login)]
			if u == nil {
				continue
			}
			if st := o.seats[u.id]; st != nil && st.ending == "" {
				st.ending = endOfCycle()
				n++
			}
		}
		c.json(http.StatusOK, object{"seats_cancelled": n})
	})
}
