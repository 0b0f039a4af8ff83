package serve

import (
	"context"
	"net"
	"time"
)

// knocking is how long a gateway waits for the one before it to be gone: a reload
// leaves and comes back at once.
const knocking = time.Second

// door lets gateways in, one at a time. It belongs to one goroutine.
type door struct {
	*waiting

	left     chan error       // the end of a visit; nil while there is none
	next     net.Conn         // who waits for that
	patience <-chan time.Time // ends the waiting
}

// arrive lets a gateway in, or has it wait.
func (d *door) arrive(ctx context.Context, conn net.Conn) {
	switch {
	case d.left == nil:
		d.logger.InfoContext(ctx, "a gateway has come")
		left := make(chan error, 1)
		d.left = left
		go func() { left <- d.visit(ctx, conn) }()
	case d.next == nil:
		d.next, d.patience = conn, time.After(knocking)
	default:
		_ = conn.Close() // that is the message
	}
}

// turnAway closes the door on who waits.
func (d *door) turnAway(ctx context.Context) {
	d.logger.WarnContext(ctx, "a second gateway was turned away")
	_ = d.next.Close() // that is the message
	d.next, d.patience = nil, nil
}

// depart ends a visit and lets in who waits.
func (d *door) depart(ctx context.Context, err error) {
	if err != nil {
		d.logger.ErrorContext(ctx, "plugin closed badly", "err", err)
	}
	d.logger.InfoContext(ctx, "the gateway has left")
	next := d.next
	d.left, d.next, d.patience = nil, nil, nil
	if next != nil {
		d.arrive(ctx, next)
	}
}

// close waits for the end of the last visit, which the caller has asked for.
func (d *door) close() error {
	if d.next != nil {
		_ = d.next.Close() // nobody will serve it
	}
	if d.left == nil {
		return nil
	}
	return <-d.left
}
