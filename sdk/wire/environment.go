package wire

// LogLevelKey is the variable by which a gateway tells a plugin the least level of the
// lines that it wants, by slog's name: DEBUG, INFO, WARN or ERROR.
const LogLevelKey = "SWITCHHOOK_LOG_LEVEL"

// Environment names the variables of the gateway that a plugin may see: where
// programs, homes, time zones, languages, temporary files and trusted
// certificates are. Proxies are not among them, since they may hold a password.
// All others are those of the handshake.
func Environment() []string {
	return []string{
		"PATH", "HOME", "USER", "LOGNAME", "TZ", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
	}
}
