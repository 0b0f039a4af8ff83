package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"
)

// checkTime bounds the check of the structure that a suspicion leads to. A small
// database is checked whole in it; a large one comes up all the same.
const checkTime = 20 * time.Second

// errUnsound says that the database's structure is broken.
var errUnsound = errors.New("its structure is broken")

// probe has SQLite recover the database, and reads a little of each table. It returns
// what is wrong with it where nothing can be done with it; any other trouble is left
// to the opening that follows.
func (r recovery) probe(ctx context.Context, suspicious bool) (*finding, error) {
	size, err := sizeOf(r.path(""))
	if err != nil || size == 0 {
		return nil, err
	}
	err = r.read(ctx, suspicious || r.suspected() || tooShort(r.path(""), size))
	if err == nil || !unreadable(err) && !errors.Is(err, errUnsound) {
		return nil, ctx.Err() //nolint:wrapcheck // the caller says what it was about
	}
	return r.beyondReading(err), nil
}

// tooShort reports whether the file is shorter than its header says. A power cut during
// a checkpoint leaves that, and the log has the rest; so does a file that was cut.
func tooShort(path string, size int64) bool {
	f, err := os.Open(path) //nolint:gosec // a file of our own
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // it was only read
	h := make([]byte, 100)
	if _, err := io.ReadFull(f, h); err != nil {
		return true
	}
	page := int64(binary.BigEndian.Uint16(h[16:]))
	if page == 1 {
		page = 65536
	}
	return int64(binary.BigEndian.Uint32(h[28:]))*page > size
}

func (r recovery) read(ctx context.Context, suspicious bool) (err error) {
	db, err := sql.Open("sqlite", source(r.path(""), url.Values{
		"mode": {"rw"}, "_busy_timeout": {"5000"}, "_synchronous": {"FULL"}, "_pragma": {"cell_size_check(1)"},
	}))
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	tables, err := tableNames(ctx, db)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if err := readEnd(ctx, db, table); err != nil {
			return fmt.Errorf("read %s: %w", table, err)
		}
	}
	if suspicious {
		return r.checkStructure(ctx, db)
	}
	return nil
}

// readEnd reads the last row of a table, where what is new is added. Damage elsewhere
// costs the rows that it is in, and no more.
func readEnd(ctx context.Context, db *sql.DB, table string) error {
	var n int
	query := `SELECT count(*) FROM (SELECT * FROM "` + table + `" NOT INDEXED ORDER BY 1 DESC LIMIT 1)`
	return db.QueryRowContext(ctx, query).Scan(&n) //nolint:wrapcheck // read names the table
}

func tableNames(ctx context.Context, db *sql.DB) (names []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("read schema: %w", err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	return names, nil
}

func (r recovery) checkStructure(ctx context.Context, db *sql.DB) error {
	limit := checkTime
	if r.suspected() {
		limit = 24 * time.Hour // it would take nothing in
	}
	short, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var result string
	err := db.QueryRowContext(short, "PRAGMA quick_check(1)").Scan(&result)
	switch {
	case err != nil && short.Err() != nil:
		r.logger.WarnContext(ctx, "the damaged inbox is too large to be checked at the start; run switchhook inbox check",
			"limit", checkTime)
		return nil
	case err != nil:
		return fmt.Errorf("check structure: %w", err)
	case result != "ok":
		return fmt.Errorf("%w: %s", errUnsound, result)
	default:
		return nil
	}
}
