package casefile

import (
	"encoding/json"
	"slices"

	"lastday/record"
)

// maxFacts keeps an entry below what the log can hold (65,535 bytes), with room
// for its people.
const maxFacts = 48 << 10

// leftOut is the detail that names what did not fit into the record.
const leftOut = "left_out"

// split divides the JSON object of v. Values that are left out of v's JSON are
// in neither part.
func split(v any, public []string) (open, closed map[string]json.RawMessage) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types are ours and all marshal
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		panic(err)
	}
	open, closed = map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for k, raw := range all {
		if slices.Contains(public, k) {
			open[k] = raw
		} else {
			closed[k] = raw
		}
	}
	return open, closed
}

// fit makes facts and details that the record can hold: an event that it
// refuses would keep the case from ever ending. What is too long for the facts is
// among the details, and what is too long for those is left out, by name.
func fit(open, closed map[string]json.RawMessage) (facts, details json.RawMessage) {
	for len(object(open)) > maxFacts {
		k := longest(open)
		closed[k] = open[k]
		delete(open, k)
	}
	var gone []string
	for len(object(closed)) > maxDetails {
		k := longest(closed)
		gone = append(gone, k)
		delete(closed, k)
	}
	if gone != nil {
		slices.Sort(gone)
		closed[leftOut], _ = json.Marshal(gone)
	}
	if len(closed) > 0 {
		details = object(closed)
	}
	return object(open), details
}

// maxDetails leaves room for what veiling adds.
const maxDetails = record.MaxDetails * 3 / 4

func object(of map[string]json.RawMessage) json.RawMessage {
	b, _ := json.Marshal(of) // of what json has written
	return b
}

// longest is the key with the longest value, of two alike the first.
func longest(of map[string]json.RawMessage) string {
	best := ""
	for k, v := range of {
		if best == "" || len(v) > len(of[best]) || (len(v) == len(of[best]) && k < best) {
			best = k
		}
	}
	return best
}
