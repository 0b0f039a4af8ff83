package admin

// elsewhere stands where TCP does not tell what a plugin, a user or a path says.
const (
	statusElsewhere = "see `switchhook inbox status` on the gateway's machine"
	eventElsewhere  = "see `switchhook inbox events show` on the gateway's machine"
)

// redactInbox takes paths and what plugins said from a status, whose lists are the
// caller's own.
func redactInbox(s *InboxStatus) {
	texts := []*string{&s.Problem}
	for i := range s.Lines {
		texts = append(texts, &s.Lines[i].Why, &s.Lines[i].LastError)
	}
	for i := range s.Subscriptions {
		texts = append(texts, &s.Subscriptions[i].Why)
	}
	if s.Loss != nil {
		s.Loss = &InboxLoss{At: s.Loss.At, Commits: s.Loss.Commits, Left: s.Loss.Left}
	}
	if s.Cluster != nil {
		c := *s.Cluster
		c.Servers = nil
		s.Cluster = &c
		texts = append(texts, &c.LastError, &c.Problem)
	}
	for _, text := range texts {
		if *text != "" {
			*text = statusElsewhere
		}
	}
}

// redactCopies takes from copies what users and plugins said.
func redactCopies(copies []InboxCopy) {
	for i := range copies {
		c := &copies[i]
		c.Key, c.ClientIP, c.Body = "", "", nil
		if c.Error != "" {
			c.Error = eventElsewhere
		}
	}
}
