package app

// AppendAudit appends a line to an audit file that is put aside at limit bytes.
func AppendAudit(path string, limit int64, line any) error {
	return (&auditLog{path: path, limit: limit}).append(line)
}
