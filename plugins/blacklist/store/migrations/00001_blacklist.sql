-- Times are UTC, RFC 3339 with nine fraction digits, so that text order is time
-- order. No CHECK on state: SQLite cannot widen one later without a new table.

-- +goose Up
CREATE TABLE blacklist (
	app          TEXT NOT NULL,            -- SDKAppID
	from_account TEXT NOT NULL,            -- whose blacklist
	to_account   TEXT NOT NULL,            -- who is on it
	state        TEXT NOT NULL,            -- blocked, or unblocked: a tombstone
	since        TEXT NOT NULL,            -- when the gateway received the callback that said so
	client_ip    TEXT NOT NULL DEFAULT '', -- of that callback
	platform     TEXT NOT NULL DEFAULT '', -- of that callback
	callback_id  TEXT NOT NULL,            -- of that callback
	PRIMARY KEY (app, from_account, to_account)
) WITHOUT ROWID;

CREATE TABLE empty_callbacks (
	app        TEXT    NOT NULL,
	command    TEXT    NOT NULL,
	deliveries INTEGER NOT NULL, -- a callback delivered twice counts twice
	last_at    TEXT    NOT NULL,
	PRIMARY KEY (app, command)
) WITHOUT ROWID;
