// Package cluster tests Lastday as a cluster runs it: PostgreSQL, the Temporal
// server, workers with different systems and starters, each a process of its own,
// and each killed while cases are under way.
package cluster
