package conformance

// Spare leaves checks of these names out.
func (o *Options) Spare(names ...string) {
	o.spared = make(map[string]bool)
	for _, name := range names {
		o.spared[name] = true
	}
}
