INSERT INTO empty_callbacks (app, command, deliveries, last_at)
VALUES (?1, ?2, 1, ?3)
ON CONFLICT (app, command) DO UPDATE SET
	deliveries = deliveries + 1,
	last_at    = max(last_at, excluded.last_at)
