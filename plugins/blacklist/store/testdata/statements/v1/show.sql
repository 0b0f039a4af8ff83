SELECT app, from_account, to_account, state, since, client_ip, platform FROM blacklist ORDER BY since DESC LIMIT 20
