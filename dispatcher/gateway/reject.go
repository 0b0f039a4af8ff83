package gateway

import (
	"net/http"

	"github.com/switchhook/switchhook/dispatcher"
)

// rejection is why a request is turned away for another reason than its Sign: a
// closed set.
type rejection uint8

const (
	accepted rejection = iota
	rejectPath
	rejectMethod
	rejectCommand
	rejectTooLarge
	rejectEncoding
	rejectJSON
	rejectDeep
	rejectTwice
	rejectMismatch
	rejectSlow
	rejectCutShort
	rejectOverload
	rejectInternal

	rejections // the number of them
)

// String returns the rejection's label in switchhook_requests_rejected_total.
func (r rejection) String() string {
	return [rejections]string{
		"", "not_found", "bad_method", "bad_command", "body_too_large", "content_encoding", "bad_json", "too_deep",
		"duplicate_command", "command_mismatch", "body_timeout", "body_incomplete", "overloaded", "internal",
	}[r]
}

// status returns the status that says so.
func (r rejection) status() int {
	switch r {
	case rejectPath:
		return http.StatusNotFound
	case rejectMethod:
		return http.StatusMethodNotAllowed
	case rejectTooLarge:
		return http.StatusRequestEntityTooLarge
	case rejectEncoding:
		return http.StatusUnsupportedMediaType
	case rejectOverload:
		return http.StatusServiceUnavailable
	case accepted, rejectInternal:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// outcome returns what becomes of a trusted callback that is turned away so.
func (r rejection) outcome() dispatcher.Outcome {
	switch r {
	case rejectOverload:
		return dispatcher.OutcomeOverloaded
	case rejectInternal:
		return dispatcher.OutcomeInternal
	default:
		return dispatcher.OutcomeMalformed
	}
}
