package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", in pure Go
)

const (
	pageSize = 4096
	// busyTimeout is how long the writer waits for a lock, which nobody holds for long.
	busyTimeout = 5 * time.Second
)

// logPages is how many pages the log takes before they are moved into the file. All
// that is committed waits for that: the rarer it is, the fewer notice, and the fewer
// pages are moved in all. A small store has a small log.
func (o *Options) logPages() int64 {
	const most, fewest, share = 10000, 250, 8
	if o.MaxBytes == 0 {
		return most
	}
	return min(most, max(fewest, o.MaxBytes/share/pageSize))
}

// logBytes is the size that the log's file keeps, to be used over and over.
func (o *Options) logBytes() int64 { return o.logPages() * (pageSize + 24) }

// session is the connection that writes. It is given up after a failure of the disk,
// since nobody can say what the kernel still holds of a file whose sync has failed.
type session struct {
	ctx   context.Context //nolint:containedctx // a caller's would end a transaction in the middle of a statement
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	// direct are the statements that change rows, and named the arguments of the
	// latest. They go to the driver as they are: what database/sql does for each, and
	// for its arguments, would be a tenth of a commit.
	direct map[string]driver.StmtExecContext
	named  []driver.NamedValue

	strict bool // a replica's: what is not what was written is a failure

	args    []any                // of the latest insert, for the next
	inserts map[insertKey]string // the statements that add so many rows
}

func openSession(ctx context.Context, path string, o *Options) (w *session, err error) {
	w = &session{
		ctx: context.WithoutCancel(ctx), stmts: map[string]*sql.Stmt{}, direct: map[string]driver.StmtExecContext{},
		inserts: map[insertKey]string{}, strict: o.Replica,
	}
	level, name := o.Synchronous.level()
	opened := w // w is nil where an error is returned
	defer func() {
		if err != nil {
			err = errors.Join(err, opened.close())
		}
	}()
	if w.db, err = sql.Open("sqlite", source(path, url.Values{
		"_busy_timeout": {strconv.FormatInt(busyTimeout.Milliseconds(), 10)}, "_auto_vacuum": {"2"}, "_journal_mode": {"WAL"},
		"_synchronous": {name},
		"_pragma": {
			fmt.Sprintf("journal_size_limit(%d)", o.logBytes()), fmt.Sprintf("wal_autocheckpoint(%d)", o.logPages()),
			"cache_size(-16384)", "cell_size_check(1)",
		},
	})); err != nil {
		return nil, fmt.Errorf("make writer: %w", err)
	}
	w.db.SetMaxOpenConns(1)
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return nil, fmt.Errorf("open writer: %w", err)
	}
	var mode string
	var sync int
	if err = errors.Join(w.conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode),
		w.conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&sync)); err != nil {
		return nil, fmt.Errorf("read how commits become durable: %w", err)
	}
	if sync != level {
		return nil, fmt.Errorf("commits are synced at level %d, where %d is asked for", sync, level)
	}
	if mode != "wal" {
		return nil, fmt.Errorf("journal mode is %s, not wal: the inbox must lie on a local disk", mode)
	}
	return w, nil
}

func (w *session) close() error {
	var errs []error
	for _, stmt := range w.stmts {
		errs = append(errs, stmt.Close())
	}
	for _, stmt := range w.direct {
		if closer, ok := stmt.(driver.Stmt); ok {
			errs = append(errs, closer.Close())
		}
	}
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	if w.db != nil {
		errs = append(errs, w.db.Close())
	}
	return errors.Join(errs...)
}

// stmt prepares a query once.
func (w *session) stmt(query string) (*sql.Stmt, error) {
	if stmt := w.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(w.ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	w.stmts[query] = stmt
	return stmt, nil
}

// exec returns how many rows were changed. Each argument is a number (int64, or int), a
// string or bytes.
func (w *session) exec(query string, args ...any) (int64, error) {
	stmt := w.direct[query]
	if stmt == nil {
		var err error
		if stmt, err = w.prepareDirect(query); err != nil {
			return 0, fmt.Errorf("prepare: %w", err)
		}
		w.direct[query] = stmt
	}
	named := w.named[:0]
	for i, arg := range args {
		if n, ok := arg.(int); ok {
			arg = int64(n)
		}
		named = append(named, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	w.named = named
	result, err := stmt.ExecContext(w.ctx, named)
	if err != nil {
		return 0, err //nolint:wrapcheck // the caller says what it was about
	}
	return result.RowsAffected() //nolint:wrapcheck // never fails
}

// prepareDirect prepares a statement that lives as long as the connection. Nobody but
// whoever holds the session uses either.
func (w *session) prepareDirect(query string) (stmt driver.StmtExecContext, err error) {
	err = w.conn.Raw(func(conn any) error {
		preparer, ok := conn.(driver.ConnPrepareContext)
		if !ok {
			return fmt.Errorf("the driver %T prepares no statements", conn)
		}
		prepared, err := preparer.PrepareContext(w.ctx, query)
		if err != nil {
			return err //nolint:wrapcheck // the caller says what it was about
		}
		if stmt, ok = prepared.(driver.StmtExecContext); !ok {
			return errors.Join(fmt.Errorf("the driver's statements %T cannot be executed", prepared), prepared.Close())
		}
		return nil
	})
	return stmt, err //nolint:wrapcheck // the caller says what it was about
}

// get reads one row; sql.ErrNoRows where there is none.
func (w *session) get(query string, args []any, to ...any) error {
	stmt, err := w.stmt(query)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(w.ctx, args...).Scan(to...) //nolint:wrapcheck // the caller says what it was about
}

// numbers reads a column of numbers.
func (w *session) numbers(query string, args ...any) (all []int64, err error) {
	stmt, err := w.stmt(query)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(w.ctx, args...)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was about
	}
	return collect(rows)
}

func collect(rows *sql.Rows) (all []int64, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err //nolint:wrapcheck // the caller says what it was about
		}
		all = append(all, n)
	}
	return all, rows.Err() //nolint:wrapcheck // the caller says what it was about
}

// questions is how many are answered at a time. One connection more prepares statements:
// who asks has one already, and would wait for another that nobody gives back.
const questions = 4

// openReaders returns the connections that answer questions. They never wait for the
// writer, nor it for them.
func openReaders(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", source(path, url.Values{
		"mode": {"ro"}, "_busy_timeout": {"5000"}, "_pragma": {"cache_size(-8192)", "cell_size_check(1)"},
	}))
	if err != nil {
		return nil, fmt.Errorf("make readers: %w", err)
	}
	db.SetMaxOpenConns(questions + 1)
	db.SetMaxIdleConns(questions + 1)
	return db, nil
}

// source names the file to the driver; a path may hold any character.
func source(path string, query url.Values) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	return u.String()
}
