package bundle_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"lastday/record/bundle"
	"lastday/record/casefile"
	"lastday/record/report/reporttest"
)

func schemaOf(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(bundle.CaseSchema))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("case.schema.json", doc))
	s, err := c.Compile("case.schema.json")
	require.NoError(t, err)
	require.Equal(t, 2020, s.DraftVersion)
	return s
}

func valid(t *testing.T, s *jsonschema.Schema, c casefile.Case) error {
	t.Helper()
	text, err := c.JSON()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	return s.Validate(doc)
}

func TestCasesAreAsTheSchemaSays(t *testing.T) {
	s := schemaOf(t)
	for name, c := range cases() {
		require.NoError(t, valid(t, s, reporttest.File(t, c)), name)
		require.NoError(t, valid(t, s, reporttest.Erased(t, c)), name+", erased")
	}
	wrong := reporttest.File(t, reporttest.Verified())
	wrong.State = "fine"
	require.Error(t, valid(t, s, wrong))
}

// TestTheSchemaKnowsEveryField fills every field that there is and lets the
// schema look at them: it allows none that it does not describe.
func TestTheSchemaKnowsEveryField(t *testing.T) {
	var c casefile.Case
	fill(reflect.ValueOf(&c).Elem())
	c.State, c.Systems[0].Stage = "waiting", "waiting"
	require.NoError(t, valid(t, schemaOf(t), c))
}

func TestTheSchemaDescribesNoFieldThatIsNot(t *testing.T) {
	var doc struct {
		Properties map[string]any                                 `json:"properties"`
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(bundle.CaseSchema, &doc))
	types := map[string]reflect.Type{}
	collect(reflect.TypeFor[casefile.Case](), types)
	check := func(name string, properties map[string]any, of reflect.Type) {
		fields := fieldsOf(of)
		for p := range properties {
			require.True(t, fields[p], "%s.%s is in the schema only", name, p)
		}
		require.Len(t, properties, len(fields), "fields of %s that the schema does not have", name)
	}
	check("case", doc.Properties, reflect.TypeFor[casefile.Case]())
	for name, d := range doc.Defs {
		require.NotNil(t, types[name], "the schema's %s is no type", name)
		check(name, d.Properties, types[name])
	}
	require.NotEmpty(t, doc.Defs)
}

// collect gathers the structs that are part of a type, by name.
func collect(of reflect.Type, into map[string]reflect.Type) {
	switch of.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer:
		collect(of.Elem(), into)
	case reflect.Struct:
		if of == reflect.TypeFor[time.Time]() || into[of.Name()] == of {
			return
		}
		if into[of.Name()] == nil {
			into[of.Name()] = of
		}
		for i := range of.NumField() {
			collect(of.Field(i).Type, into)
		}
	default:
	}
}

func fieldsOf(of reflect.Type) map[string]bool {
	out := map[string]bool{}
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			for n := range fieldsOf(f.Type) {
				out[n] = true
			}
			continue
		}
		out[name] = true
	}
	return out
}

// fill gives every field a value that JSON does not leave out.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(oneOf(v.Type().Name()))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(reporttest.Due))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	default:
		panic("a kind that JSON of a case has not had: " + v.Kind().String())
	}
}

// oneOf is a value of those types that have a fixed list of them.
func oneOf(typeName string) string {
	known := map[string]string{"State": "waiting", "Proof": "observed", "Sight": "absent", "Verb": "waive", "Removal": "ask"}
	if v, ok := known[typeName]; ok {
		return v
	}
	return "x"
}
