package courier

// queue is a double-ended queue of items.
type queue struct {
	items []*item
	head  int
	n     int
}

func (q *queue) len() int { return q.n }

func (q *queue) at(i int) *item { return q.items[(q.head+i)&(len(q.items)-1)] }

func (q *queue) pushBack(it *item) {
	q.grow()
	q.items[(q.head+q.n)&(len(q.items)-1)] = it
	q.n++
}

func (q *queue) pushFront(it *item) {
	q.grow()
	q.head = (q.head - 1) & (len(q.items) - 1)
	q.items[q.head] = it
	q.n++
}

// popFront returns the first item; there must be one.
func (q *queue) popFront() *item {
	it := q.popKeep()
	if q.n == 0 && len(q.items) > idleQueue {
		q.items, q.head = nil, 0
	}
	return it
}

// filter keeps the items that keep says so of, in their order.
func (q *queue) filter(keep func(*item) bool) {
	for n := q.n; n > 0; n-- {
		if it := q.popKeep(); keep(it) {
			q.pushBack(it)
		}
	}
	if q.n == 0 {
		q.items, q.head = nil, 0
	}
}

// popKeep is popFront without giving the memory back.
func (q *queue) popKeep() *item {
	it := q.items[q.head]
	q.items[q.head] = nil
	q.head = (q.head + 1) & (len(q.items) - 1)
	q.n--
	return it
}

// grow makes room for one more. The length stays a power of two.
func (q *queue) grow() {
	if q.n < len(q.items) {
		return
	}
	items := make([]*item, max(8, 2*len(q.items)))
	for i := range q.n {
		items[i] = q.at(i)
	}
	q.items, q.head = items, 0
}

// idleQueue is how many places an empty queue may keep.
const idleQueue = 256
