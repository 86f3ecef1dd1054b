package secret

import "net/url"

// InURL is the password that a PostgreSQL address holds, before its host or as a
// parameter, and whether it holds one.
func InURL(u *url.URL) (password string, has bool) {
	if password, has = u.User.Password(); has {
		return password, true
	}
	q := u.Query()
	return q.Get("password"), q.Has("password")
}
