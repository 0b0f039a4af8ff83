//go:build !linux && !darwin

package admin

import "errors"

// peerOf cannot be answered here: the audit then does not say who.
func peerOf(int) (Peer, error) { return Peer{}, errors.ErrUnsupported }
