package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// applicationID in a file's header says that it is an inbox: "swhk".
const applicationID = 0x7377686b

// ladder returns the steps from an empty file to today's format. The format's number
// is how many of them a file has gone up; a step that was released is never changed.
func ladder() []string { return []string{firstFormat} }

const firstFormat = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE totals (one INTEGER PRIMARY KEY CHECK (one = 1), events INTEGER NOT NULL, last_seq INTEGER NOT NULL);
INSERT INTO totals VALUES (1, 0, 0);
CREATE TABLE events (
	seq INTEGER PRIMARY KEY, id TEXT NOT NULL, key TEXT NOT NULL, command TEXT NOT NULL, app TEXT NOT NULL,
	ip TEXT NOT NULL, platform TEXT NOT NULL, received INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
CREATE UNIQUE INDEX events_id ON events (id);
CREATE TABLE queues (
	id INTEGER PRIMARY KEY, plugin TEXT NOT NULL, command TEXT NOT NULL, crc INTEGER NOT NULL,
	ready INTEGER NOT NULL DEFAULT 0, retry INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
	dead INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0,
	waiting INTEGER NOT NULL DEFAULT 0, -- the seqs of what waits, added up
	UNIQUE (plugin, command));
CREATE TABLE copies (
	seq INTEGER NOT NULL, queue INTEGER NOT NULL, state INTEGER NOT NULL, purpose INTEGER NOT NULL,
	attempts INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, due INTEGER NOT NULL,
	reason INTEGER NOT NULL, failure TEXT NOT NULL, crc INTEGER NOT NULL,
	PRIMARY KEY (seq, queue)) WITHOUT ROWID;
CREATE INDEX copies_ready ON copies (queue, seq) WHERE state = 0;
CREATE INDEX copies_retry ON copies (queue, seq) WHERE state = 1;
CREATE INDEX copies_due ON copies (queue, due, seq) WHERE state = 1;
CREATE INDEX copies_dead ON copies (queue, seq) WHERE state = 3;
CREATE TABLE seen (hash BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX seen_at ON seen (at);
CREATE TABLE subscriptions (
	plugin TEXT NOT NULL, pattern TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (plugin, pattern)) WITHOUT ROWID;
`

// openTables makes of the file what this store needs, and takes note of how it was left.
func (s *Store) openTables(ctx context.Context) error {
	if err := migrate(ctx, s.session.conn, s.options.Version); err != nil {
		return err
	}
	if err := s.openMark(ctx); err != nil {
		return err
	}
	return s.markOpen(ctx)
}

// migrate brings the file up to today's format. A newer format is refused: what this
// gateway would write there, it does not know.
func migrate(ctx context.Context, conn *sql.Conn, version string) error {
	var format, id, tables int
	for pragma, value := range map[string]*int{
		"PRAGMA user_version": &format, "PRAGMA application_id": &id, "SELECT count(*) FROM sqlite_schema": &tables,
	} {
		if err := conn.QueryRowContext(ctx, pragma).Scan(value); err != nil {
			return fmt.Errorf("read format: %w", err)
		}
	}
	steps := ladder()
	switch {
	case id != applicationID && tables > 0:
		return errors.New("this is another program's database; give the inbox a folder of its own")
	case format > len(steps):
		return newer(ctx, conn, format, version)
	}
	for ; format < len(steps); format++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; PRAGMA application_id = %d; COMMIT",
			steps[format], format+1, applicationID)
		if _, err := conn.ExecContext(ctx, step); err != nil {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			return fmt.Errorf("bring the inbox to format %d: %w", format+1, err)
		}
	}
	return sign(ctx, conn, version)
}

// newer says whose files these are, and what to do about them.
func newer(ctx context.Context, conn *sql.Conn, format int, version string) error {
	writer := "of an unknown version"
	_ = conn.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'written_by'").Scan(&writer)
	return fmt.Errorf("it was written by a newer switchhook %s, in format %d; this switchhook %s knows formats up to %d: "+
		"run the newer one, or start this one with another data dir", writer, format, version, len(ladder()))
}

// sign leaves word of who writes from now on.
func sign(ctx context.Context, conn *sql.Conn, version string) error {
	_, err := conn.ExecContext(ctx, `INSERT INTO meta VALUES ('written_by', ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value`, version)
	if err != nil {
		return fmt.Errorf("sign the inbox: %w", err)
	}
	return nil
}

// markOpen leaves word that the store is open, which a clean stop takes back. Where that
// is there already, the stop before was not clean.
func (s *Store) markOpen(ctx context.Context) error {
	var already bool
	if err := s.session.conn.QueryRowContext(ctx, "SELECT count(*) FROM meta WHERE name = 'open'").Scan(&already); err != nil {
		return fmt.Errorf("read how the inbox was left: %w", err)
	}
	s.unclean = s.unclean || already
	if _, err := s.session.conn.ExecContext(ctx, "INSERT INTO meta VALUES ('open', '') ON CONFLICT DO NOTHING"); err != nil {
		return fmt.Errorf("mark the inbox as open: %w", err)
	}
	return nil
}
