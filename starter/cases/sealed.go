package cases

import (
	"strings"

	"go.temporal.io/sdk/client"

	"lastday/codec"
	"lastday/offboarding"
	"lastday/traces"
)

// Option is how to reach cases where it is not the usual way.
type Option func(*reach)

type reach struct {
	codec   *codec.Codec
	metrics client.MetricsHandler
	traces  *traces.Traces
}

// Sealed has what cases say to Temporal encrypted. A nil codec changes nothing.
// Every client of one namespace needs the same.
func Sealed(c *codec.Codec) Option { return func(r *reach) { r.codec = c } }

// Measured has what is said to Temporal counted.
func Measured(h client.MetricsHandler) Option { return func(r *reach) { r.metrics = h } }

// Traced has what is said to Temporal traced, and the work of the workers that are
// made of the connection. Nil traces nothing.
func Traced(t *traces.Traces) Option { return func(r *reach) { r.traces = t } }

func chosen(options []Option) reach {
	var out reach
	for _, o := range options {
		o(&out)
	}
	return out
}

// Codec is what cases are encrypted with; nil where nothing is.
func (c *Client) Codec() *codec.Codec { return c.codec }

// A case's id names the person: offboard:jane@example.com. Its workflow has that
// id too, unless ids are hidden; then the address in it stands there as the codec
// hides it. Only this package knows the difference.

// WorkflowID is the id in Temporal of the case with the id.
func (c *Client) WorkflowID(caseID string) string { return c.workflowID(caseID) }

func (c *Client) workflowID(id string) string {
	kind, rest, ok := strings.Cut(id, ":")
	if !ok || !c.codec.Opaque() {
		return id
	}
	address, number, later := strings.Cut(rest, "#")
	id = kind + ":" + c.codec.Hide(subjectName, address)
	if later {
		id += "#" + number
	}
	return id
}

// caseID is the case with the id in Temporal; the same id where it cannot be
// told.
func (c *Client) caseID(workflowID string) string {
	kind, rest, ok := strings.Cut(workflowID, ":")
	hidden, _, _ := strings.Cut(rest, "#")
	if address := c.codec.Reveal(subjectName, hidden); ok && address != hidden {
		return kind + ":" + address + strings.TrimPrefix(rest, hidden)
	}
	return workflowID
}

// What is hidden, so that a person and a partner of one name differ.
const (
	subjectName = "subject"
	partnerName = "partner"
	eventName   = "event"
	updateName  = "update"
)

func (c *Client) subjectAttribute(who offboarding.Subject) string {
	return c.codec.Hide(subjectName, string(who))
}

// shown is the departure as search attributes may show it.
func (c *Client) shown(d offboarding.Departure) offboarding.Departure {
	d.Subject = offboarding.Subject(c.subjectAttribute(d.Subject))
	d.Partner = c.codec.Hide(partnerName, d.Partner)
	return d
}
