package cases

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"

	"lastday/workflows"
)

// SearchAttributes are the attributes a namespace needs, with their types.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	return map[string]enumspb.IndexedValueType{
		workflows.StateAttribute:    enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.SubjectAttribute:  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.PartnerAttribute:  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		workflows.DeadlineAttribute: enumspb.INDEXED_VALUE_TYPE_DATETIME,
	}
}

// Setup registers what is missing and returns the names of what it added.
// Calling it again adds nothing.
func (c *Client) Setup(ctx context.Context) ([]string, error) {
	op := c.temporal.OperatorService()
	have, err := op.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: c.namespace})
	if err != nil {
		return nil, fmt.Errorf("list search attributes: %w", explain(err))
	}
	missing := map[string]enumspb.IndexedValueType{}
	added := []string{}
	for name, kind := range SearchAttributes() {
		got, there := have.GetCustomAttributes()[name]
		switch {
		case !there:
			missing[name] = kind
			added = append(added, name)
		case got != kind:
			return nil, fmt.Errorf("the search attribute %s exists as %s, but Lastday needs %s; remove it or use another namespace", name, got, kind)
		}
	}
	if len(missing) == 0 {
		return added, nil
	}
	_, err = op.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: c.namespace, SearchAttributes: missing})
	if err != nil {
		return nil, fmt.Errorf("add search attributes: %w; on Temporal Cloud add them in its console or with tcld", err)
	}
	return added, c.usable(ctx)
}

// usable waits until the namespace takes the attributes: its servers read them
// anew every few seconds.
func (c *Client) usable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	query := workflows.StateAttribute + " = 'none' AND " + workflows.SubjectAttribute + " = 'none' AND " +
		workflows.PartnerAttribute + " = 'none' AND " + workflows.DeadlineAttribute + " > '2000-01-01T00:00:00Z'"
	for {
		_, err := c.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the search attributes are added, but cannot be used after a minute: %w", err)
		case <-tick.C:
		}
	}
}
