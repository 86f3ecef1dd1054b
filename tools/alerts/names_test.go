package alerts

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/template"
	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/workflows"
)

// expressions are those of the rules and of the dashboard, by where they stand.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, r := range rules(t) {
		out[r.Alert] = r.Expr
	}
	b, err := os.ReadFile("../../docs/monitoring/grafana.json")
	require.NoError(t, err)
	var board struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ RefID, Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(b, &board))
	for _, p := range board.Panels {
		require.True(t, p.Type == "row" || len(p.Targets) > 0, "%s shows nothing", p.Title)
		for _, g := range p.Targets {
			out[p.Title+" "+g.RefID] = strings.ReplaceAll(g.Expr, "$__rate_interval", "1m")
		}
	}
	require.Greater(t, len(out), 35)
	return out
}

func TestEveryMetricThatRulesAndDashboardNameIsShown(t *testing.T) {
	p := newPlant(t)
	p.answers(budget(500))
	p.each = func() {
		p.contact()
		for _, name := range []string{workflows.ContainedTimer, workflows.ProvenTimer} {
			p.metrics.Temporal().WithTags(map[string]string{"system": "okta", "urgent": "true"}).Timer(name).Record(time.Second)
		}
		p.frontend.late.Store(1)
		require.Eventually(t, func() bool { return p.frontend.late.Load() < 0 }, 10*time.Second, time.Millisecond)
	}
	p.append("one more")
	scrapes := 0
	p.pass(5*time.Minute, func([]string) bool { scrapes++; return scrapes > 12 })
	p.answers(status(http.StatusTooManyRequests))
	p.pass(5*time.Minute, func([]string) bool { scrapes++; return scrapes > 20 })
	shown := p.prom.names()
	all := expressions(t)
	for where, expr := range all {
		parsed, err := parser.ParseExpr(expr)
		require.NoError(t, err, where)
		parser.Inspect(parsed, func(n parser.Node, _ []parser.Node) error {
			if s, ok := n.(*parser.VectorSelector); ok {
				require.True(t, shown[s.Name], "%s names %s, which nobody shows", where, s.Name)
			}
			return nil
		})
	}
	for where, expr := range all {
		if _, panel := strings.CutPrefix(where, "Lastday"); !panel {
			require.NotEmpty(t, p.prom.query(expr), "the panel %s is empty: %s", where, expr)
		}
	}
}

func TestEachAlertSaysWhatItMeansAndWhatToDo(t *testing.T) {
	b, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	for _, r := range rules(t) {
		severity := r.Labels["severity"]
		require.Contains(t, []string{"page", "ticket"}, severity, r.Alert)
		require.Contains(t, string(b), "| "+r.Alert+" | "+severity+" | ", "the paper for operators")
		data := template.AlertTemplateData(map[string]string{"system": "okta", "for": "decision"}, nil, "", promql.Sample{F: 5400})
		text := `{{$labels := .Labels}}{{$value := .Value}}` + r.Annotations["summary"]
		said, err := template.NewTemplateExpander(t.Context(), text, r.Alert, data, 0, nil, nil, nil).Expand()
		require.NoError(t, err, r.Alert)
		require.NotContains(t, said, "<no value>", r.Alert)
		require.NotContains(t, said, "<error", r.Alert)
	}
}

// Nobody is named, whatever a person, a request or a vendor is called: every
// name and text that this plant knows has the same word in it.
func TestNothingThatIsShownNamesAnybody(t *testing.T) {
	p := newPlant(t)
	decisionWaits(p)
	p.answers(func(w http.ResponseWriter) {
		for _, h := range []string{"X-RateLimit-Resource", "X-Request-Id", "Retry-After"} {
			w.Header().Set(h, "canary")
		}
		w.Header().Set("X-RateLimit-Limit", "10")
		w.Header().Set("X-RateLimit-Remaining", "9")
		w.WriteHeader(http.StatusForbidden)
	})
	p.contact()
	breakWorkflow(p)
	scrapes := 0
	p.pass(time.Minute, func([]string) bool { scrapes++; return scrapes > 3 })
	line := p.lines.String()
	require.Contains(t, line, `level=ERROR msg="Workflow panic"`)
	require.Contains(t, line, "case="+offboarding.CaseTag("offboard:canary@example.com"))
	require.Contains(t, line, "startWorker", "where it was")
	require.NotContains(t, strings.ToLower(line), "canary")
	for key := range p.prom.series {
		require.NotContains(t, strings.ToLower(key), "canary")
	}
}
