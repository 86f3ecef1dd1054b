package slack

import (
	"maps"
	"sync"
	"time"
)

const (
	// groupsFor is how long a group's members are taken for true where nothing is
	// changed: for the home, a list, or to open a dialog.
	groupsFor = time.Minute
	// maxLists is how many lists are kept before old ones are thrown away.
	maxLists = 10_000
)

type memberList struct {
	members []string
	until   time.Time
}

// groupCache spares Slack and Okta the same question on every press: a list is
// a Slack group's members, or an Okta user's groups. An error is not kept, and
// no older answer stands in for it; fresh takes no older answer either.
type groupCache struct {
	mu    sync.Mutex
	lists map[string]memberList
}

func (c *groupCache) members(id string, now time.Time, fresh bool, read func() ([]string, error)) ([]string, error) {
	c.mu.Lock()
	have, ok := c.lists[id]
	c.mu.Unlock()
	if ok && !fresh && now.Before(have.until) {
		return have.members, nil
	}
	list, err := read()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		delete(c.lists, id)
		return nil, err
	}
	if len(c.lists) >= maxLists {
		maps.DeleteFunc(c.lists, func(_ string, l memberList) bool { return !now.Before(l.until) })
	}
	c.lists[id] = memberList{members: list, until: now.Add(groupsFor)}
	return list, nil
}
