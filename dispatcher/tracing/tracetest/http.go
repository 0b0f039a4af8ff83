package tracetest

import (
	"compress/gzip"
	"io"
	"net/http"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// ServeHTTP takes what comes over HTTP, on any path, as protobuf and compressed or not.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	m := &collector.ExportTraceServiceRequest{}
	if err := decode(request, m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	headers := request.Header.Clone()
	headers.Set("Path", request.URL.Path)
	answer, err := r.take(request.Context(), m, headers)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	text, err := proto.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(text) // who hung up needs no answer
}

func decode(r *http.Request, m *collector.ExportTraceServiceRequest) error {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return err //nolint:wrapcheck // it becomes the answer
		}
		body = unzipped
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err //nolint:wrapcheck // it becomes the answer
	}
	return proto.Unmarshal(text, m) //nolint:wrapcheck // it becomes the answer
}
