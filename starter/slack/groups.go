package slack

import (
	"sync"
	"time"
)

// groupsFor is how long a group's members are taken for true: somebody who was
// put out of it may act for that long.
const groupsFor = time.Minute

type memberList struct {
	members []string
	until   time.Time
}

// groupCache spares Slack the same question on every press. An error is not
// kept, and no older answer stands in for it.
type groupCache struct {
	mu    sync.Mutex
	lists map[string]memberList
}

func (c *groupCache) members(id string, now time.Time, read func() ([]string, error)) ([]string, error) {
	c.mu.Lock()
	have, ok := c.lists[id]
	c.mu.Unlock()
	if ok && now.Before(have.until) {
		return have.members, nil
	}
	list, err := read()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		delete(c.lists, id)
		return nil, err
	}
	c.lists[id] = memberList{members: list, until: now.Add(groupsFor)}
	return list, nil
}
