package wire

// Environment names the variables of the gateway that a plugin may see: where
// programs, homes, time zones, languages, temporary files and trusted
// certificates are. Proxies are not among them, since they may hold a password.
// All others are those of the handshake.
func Environment() []string {
	return []string{
		"PATH", "HOME", "USER", "LOGNAME", "TZ", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
	}
}
