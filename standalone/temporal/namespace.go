package temporal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/serialization"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// register writes the namespace into the database before the server reads it.
// Through the running server's API, a new search attribute takes until the next
// refresh of its namespace cache to work; this way it works at once. Calling it
// again changes only what differs.
func (s *store) register(
	ctx context.Context, name string, retention time.Duration, attributes map[string]enums.IndexedValueType,
) error {
	db, err := sql.NewSQLDB(sqlplugin.DbKindMain, s.main, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return fmt.Errorf("open database %s: %w", s.where, err)
	}
	defer func() { _ = db.Close() }()

	fresh, err := sqliteschema.NewNamespaceConfig(clusterName, name, false, nil)
	if err != nil {
		return fmt.Errorf("describe namespace %q: %w", name, err)
	}
	if err := sqliteschema.CreateNamespaces(s.main, fresh); err != nil {
		return fmt.Errorf("register namespace %q: %w", name, err)
	}
	rows, err := db.SelectFromNamespace(ctx, sqlplugin.NamespaceFilter{Name: &name})
	if err != nil {
		return fmt.Errorf("read namespace %q: %w", name, err)
	}
	if err := update(ctx, db, rows[0], retention, attributes); err != nil {
		return fmt.Errorf("update namespace %q: %w", name, err)
	}
	return nil
}

func update(
	ctx context.Context, db sqlplugin.DB, row sqlplugin.NamespaceRow,
	retention time.Duration, attributes map[string]enums.IndexedValueType,
) error {
	codec := serialization.NewSerializer()
	stored, err := codec.NamespaceDetailFromBlob(&common.DataBlob{Data: row.Data, EncodingType: encoding(row.DataEncoding)})
	if err != nil {
		return err
	}
	detail := proto.CloneOf(stored)
	detail.Config.Retention = durationpb.New(retention)
	if detail.Config.CustomSearchAttributeAliases, err = alias(detail.Config.CustomSearchAttributeAliases, attributes); err != nil {
		return err
	}
	if proto.Equal(detail, stored) {
		return nil
	}
	detail.ConfigVersion++
	blob, err := codec.NamespaceDetailToBlob(detail)
	if err != nil {
		return err
	}
	row.Data, row.DataEncoding = blob.Data, blob.EncodingType.String()
	_, err = db.UpdateNamespace(ctx, &row)
	return err
}

func encoding(name string) enums.EncodingType {
	known, err := enums.EncodingTypeFromString(name)
	if err != nil {
		return enums.ENCODING_TYPE_UNSPECIFIED // the decoder refuses it by name
	}
	return known
}

// alias gives each attribute a column of its type: SQL visibility has a fixed
// set of them (Keyword01 and so on), and a namespace names the ones it uses.
// Names and columns are taken in order, so that the same attributes always get
// the same columns.
func alias(columns map[string]string, attributes map[string]enums.IndexedValueType) (map[string]string, error) {
	typeOf := sadefs.GetDBIndexSearchAttributes(nil).CustomSearchAttributes
	columns = maps.Clone(columns)
	if columns == nil {
		columns = map[string]string{}
	}
	columnOf := make(map[string]string, len(columns))
	for column, name := range columns {
		columnOf[name] = column
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if column, known := columnOf[name]; known {
			if typeOf[column] != attributes[name] {
				return nil, fmt.Errorf("search attribute %s is registered as %s, not %s: give the new one another name",
					name, typeOf[column], attributes[name])
			}
			continue
		}
		column, err := freeColumn(columns, typeOf, attributes[name])
		if err != nil {
			return nil, fmt.Errorf("search attribute %s: %w", name, err)
		}
		columns[column] = name
	}
	return columns, nil
}

func freeColumn(
	taken map[string]string, typeOf map[string]enums.IndexedValueType, want enums.IndexedValueType,
) (string, error) {
	for _, column := range slices.Sorted(maps.Keys(typeOf)) {
		if _, used := taken[column]; !used && typeOf[column] == want {
			return column, nil
		}
	}
	return "", fmt.Errorf("no room for another of type %s: use fewer of that type", want)
}
