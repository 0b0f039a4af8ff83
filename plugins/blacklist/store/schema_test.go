package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/switchhook/switchhook/plugins/blacklist/store"
)

// testdata/statements/vN holds, word for word, what the build that brought
// schema N says to the database. It is written once (-update) and then kept: as
// long as the folder is there, that build can run on the newest schema.
var update = flag.Bool("update", false, "write the statements of this build to the newest folder")

func TestThisBuildsStatementsAreOnRecord(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("testdata/statements/v*")
	if err != nil {
		t.Fatal(err)
	}
	steps, err := fs.Glob(store.Migrations(), "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) != len(steps) {
		t.Fatalf("%d folders of statements for %d migrations: a migration brings a folder of its own", len(folders), len(steps))
	}
	folder := fmt.Sprintf("testdata/statements/v%d", len(steps))
	for name, statement := range store.Statements() {
		path := filepath.Join(folder, name+".sql")
		if *update {
			if err := os.WriteFile(path, []byte(strings.TrimSpace(statement)+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(recorded(t, path), strings.TrimSpace(statement)); diff != "" {
			t.Errorf("%s (-recorded +this build):\n%s", path, diff)
		}
	}
}

func TestEveryEarlierBuildRunsOnANewerSchema(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("testdata/statements/v*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no statements on record: %v", err)
	}
	for _, folder := range folders {
		for name, grow := range map[string]func(*testing.T, string){
			"of today":    func(*testing.T, string) {},
			"of tomorrow": growSchema,
		} {
			t.Run(filepath.Base(folder)+" on the schema "+name, func(t *testing.T) {
				t.Parallel()
				path := file(t)
				open(t, path)
				grow(t, path)
				speakAsBuild(t, folder, path)
			})
		}
	}
}

// speakAsBuild says what the build behind folder says, with its arguments, and
// reads the rows back by its query.
func speakAsBuild(t *testing.T, folder, path string) {
	t.Helper()
	ctx, db := context.Background(), raw(t, path)
	exec := func(name string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(ctx, recorded(t, filepath.Join(folder, name+".sql")), args...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	pairs := `[{"from":"alice","to":"bob"},{"from":"alice","to":"carol"}]`
	exec("apply", "1", "blocked", "2026-01-01T00:00:00.000000001Z", "203.0.113.7", "iOS", "c1", pairs)
	exec("apply", "1", "unblocked", "2026-01-01T00:00:00.000000003Z", "", "", "c3", pairs[:len(`[{"from":"alice","to":"bob"}`)]+"]")
	exec("apply", "1", "blocked", "2026-01-01T00:00:00.000000002Z", "", "", "c2", pairs)
	exec("count_empty", "1", "Sns.CallbackBlackListAdd", "2026-01-01T00:00:00.000000001Z")
	exec("count_empty", "1", "Sns.CallbackBlackListAdd", "2026-01-01T00:00:00.000000002Z")

	var id string
	var deliveries int
	err := db.QueryRowContext(ctx, "SELECT b.callback_id, e.deliveries FROM blacklist b JOIN empty_callbacks e USING (app) WHERE b.to_account = 'bob'").Scan(&id, &deliveries)
	if err != nil || id != "c3" || deliveries != 2 {
		t.Errorf("got the row of %s and %d deliveries (%v), want c3 and 2", id, deliveries, err)
	}
	if _, err := columns(ctx, db, recorded(t, filepath.Join(folder, "show.sql"))); err != nil {
		t.Errorf("the README's query: %v", err)
	}
}

func TestANewerSchemaIsUsedAsItIs(t *testing.T) {
	t.Parallel()
	path := file(t)
	old := open(t, path)
	ab, ac := store.Pair{From: "alice", To: "bob"}, store.Pair{From: "alice", To: "carol"}
	apply(t, old, block("c1", noon, ab))
	growSchema(t, path) // while the old process has its statements prepared
	apply(t, old, unblock("c2", noon.Add(1), ab))

	var log bytes.Buffer
	again, err := store.Open(context.Background(), store.Options{Path: path, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close(context.Background()) })
	apply(t, again, block("c3", noon.Add(2), ab, ac))
	if found := rows(t, path); len(found) != 2 || found[0].ID != "c3" {
		t.Errorf("got %+v, want two rows of c3", found)
	}
	if !strings.Contains(log.String(), "schema_version=90000") {
		t.Errorf("the log does not name the newer version: %s", log.String())
	}
	var version int
	if err := raw(t, path).QueryRowContext(context.Background(), "SELECT max(version_id) FROM goose_db_version").Scan(&version); err != nil || version != 90000 {
		t.Errorf("the schema is at %d (%v), want it left at 90000", version, err)
	}
}

func TestMigrationsOnlyExpand(t *testing.T) {
	t.Parallel()
	steps, err := fs.Glob(store.Migrations(), "migrations/*.sql")
	if err != nil || len(steps) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	for _, step := range steps {
		text, err := fs.ReadFile(store.Migrations(), step)
		if err != nil {
			t.Fatal(err)
		}
		if found := narrowing(string(text)); found != "" {
			t.Errorf("%s does more than expand: %s", step, found)
		}
	}
}

// narrowing returns what in a migration may do more than expand the schema, or
// nothing. It knows what is allowed, not what is forbidden.
func narrowing(migration string) string {
	if strings.Contains(migration, "+goose Down") {
		return "+goose Down"
	}
	statements := regexp.MustCompile(`--.*`).ReplaceAllString(migration, "")
	expands := regexp.MustCompile(`(?i)^(CREATE TABLE|CREATE INDEX|ALTER TABLE \w+ ADD COLUMN) `)
	demands := regexp.MustCompile(`(?i)^ALTER .*(UNIQUE|CHECK|REFERENCES)|^ALTER .* NOT NULL$`)
	for statement := range strings.SplitSeq(statements, ";") {
		statement = strings.Join(strings.Fields(statement), " ")
		if statement != "" && (!expands.MatchString(statement) || demands.MatchString(statement)) {
			return statement
		}
	}
	return ""
}

func TestNarrowing(t *testing.T) {
	t.Parallel()
	future, err := os.ReadFile("testdata/future/90000_expand.sql")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		migration string
		narrow    bool
	}{
		"a migration of tomorrow expands":               {string(future), false},
		"a way down does not":                           {"-- +goose Up\nCREATE TABLE a (b);\n-- +goose Down\nDROP TABLE a;", true},
		"a dropped table does not":                      {"DROP TABLE blacklist", true},
		"a renamed column does not":                     {"ALTER TABLE blacklist RENAME COLUMN since TO at", true},
		"a unique index does not":                       {"CREATE UNIQUE INDEX one ON blacklist (callback_id)", true},
		"a column that must be given does not":          {"ALTER TABLE blacklist\n ADD COLUMN reason TEXT NOT NULL;", true},
		"a column whose default fails a check does not": {"ALTER TABLE blacklist ADD COLUMN a TEXT CHECK (a = 'b');", true},
		"rewritten rows do not":                         {"CREATE TABLE a (b); UPDATE blacklist SET state = 'Blocked'", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if found := narrowing(test.migration); (found != "") != test.narrow {
				t.Errorf("found %q", found)
			}
		})
	}
}

func TestReadmeShowsTheQueryOnRecord(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if query := recorded(t, "testdata/statements/v1/show.sql"); !strings.Contains(string(readme), query) {
		t.Errorf("the README does not show\n%s", query)
	}
}

func recorded(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// growSchema does what a later build's migration may do.
func growSchema(t *testing.T, path string) {
	t.Helper()
	later, err := goose.NewProvider(goose.DialectSQLite3, raw(t, path), os.DirFS("testdata/future"),
		goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := later.Up(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func columns(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	found, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	names, err := found.Columns()
	if err != nil {
		return nil, err
	}
	for found.Next() { // a statement may fail on any row
	}
	return names, found.Err()
}
