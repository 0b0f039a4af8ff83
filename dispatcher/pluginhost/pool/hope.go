package pool

// Expect says on behalf of who, any comparable value, whether it may soon publish a
// process. While anybody may, callbacks that find no process wait, see waiting, and
// are unavailable at once otherwise. While there is a process it means nothing: a
// supervisor that would restart its own may say it beforehand.
func (p *Pool) Expect(who any, soon bool) {
	p.hoping.Lock()
	defer p.hoping.Unlock()
	if _, waited := p.hopes[who]; waited == soon {
		return
	}
	if soon {
		p.hopes[who] = struct{}{}
	} else {
		delete(p.hopes, who)
	}
	p.expect(len(p.hopes) > 0)
}
