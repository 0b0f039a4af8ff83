package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

// migrations hold the schema's history. They only expand it: a swap runs the
// previous build beside this one, and a rollback runs it alone, on the newest
// schema. So nothing is dropped, renamed or narrowed, a new column has a default
// or may be null, and there is no way down.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings an older schema up to date and leaves a newer one alone.
//
// Two processes may do this at once. Every step is a transaction of its own that
// also records itself, so whoever comes second finds the step done, fails and
// begins again from there. A race is lost at most once a step.
func migrate(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	steps, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	known := steps.ListSources()
	for range len(known) + 1 {
		if err = up(ctx, steps, log); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("migrate schema: %w", err)
	}
	version, err := steps.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if newest := known[len(known)-1].Version; version > newest {
		log.WarnContext(ctx, "blacklist schema is newer than this build",
			"schema_version", version, "known_version", newest)
	}
	return nil
}

func up(ctx context.Context, steps *goose.Provider, log *slog.Logger) error {
	done, err := steps.Up(ctx)
	for _, step := range done {
		log.InfoContext(ctx, "blacklist schema migrated", "schema_version", step.Source.Version)
	}
	return err //nolint:wrapcheck // the caller names what was tried
}
