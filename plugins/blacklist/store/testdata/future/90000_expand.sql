-- What a later build may do to the schema: everything that only expands it.

-- +goose Up
ALTER TABLE blacklist ADD COLUMN reason TEXT;
ALTER TABLE blacklist ADD COLUMN source TEXT NOT NULL DEFAULT 'tencent';
ALTER TABLE empty_callbacks ADD COLUMN last_callback_id TEXT NOT NULL DEFAULT '';
CREATE INDEX blacklist_by_to ON blacklist (app, to_account, state);
CREATE TABLE notes (app TEXT NOT NULL PRIMARY KEY, note TEXT NOT NULL) WITHOUT ROWID;
