INSERT INTO blacklist (app, from_account, to_account, state, since, client_ip, platform, callback_id)
SELECT ?1, value->>'from', value->>'to', ?2, ?3, ?4, ?5, ?6
FROM json_each(?7)
WHERE true -- parts the join from the ON that follows
ON CONFLICT (app, from_account, to_account) DO UPDATE SET
	state       = excluded.state,
	since       = excluded.since,
	client_ip   = excluded.client_ip,
	platform    = excluded.platform,
	callback_id = excluded.callback_id
WHERE (excluded.since, excluded.callback_id) > (blacklist.since, blacklist.callback_id)
