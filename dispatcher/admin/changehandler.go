package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

// refusal is an error with a status of its own.
type refusal struct {
	code int
	err  error
}

func (r *refusal) Error() string { return r.err.Error() }

func (r *refusal) Unwrap() error { return r.err }

// request is one change that somebody asks for.
type request struct {
	what, target string
	args         map[string]string
	do           func(context.Context) (any, error)
}

// changes adds what only the unix socket answers.
func (s *Server) changes(router *mux.Router) {
	post := func(path string, read func(*http.Request) (request, error)) {
		router.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			asked, err := read(r)
			if err != nil {
				refuse(w, http.StatusBadRequest, err.Error())
				return
			}
			s.carryOut(w, r, asked)
		}).Methods(http.MethodPost)
	}
	post(pathReload, s.reloadRequest)
	post(pathPluginChange, s.pluginRequest)
	post(pathAround, s.bypassRequest)
}

// carryOut does what is asked, and has it audited, whatever comes of it. A change
// waits for plugins to start, far beyond the limits of a read; an expired read
// deadline would end the request's context as well.
func (s *Server) carryOut(w http.ResponseWriter, r *http.Request, asked request) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Time{})
	began := time.Now()
	result, err := asked.do(r.Context())
	if s.opts.Audit != nil {
		who, _ := PeerOf(r.Context())
		s.opts.Audit(r.Context(), Audited{
			At: began, Peer: who, What: asked.what, Target: asked.target, Args: asked.args,
			Result: result, Err: err, Took: time.Since(began),
		})
	}
	if err == nil {
		answer(w, http.StatusOK, result)
		return
	}
	code := http.StatusUnprocessableEntity
	if special, ok := errors.AsType[*refusal](err); ok {
		code = special.code
	}
	refuse(w, code, err.Error())
}

func (s *Server) reloadRequest(*http.Request) (request, error) {
	return request{what: "config reload", do: func(ctx context.Context) (any, error) {
		if s.opts.Reload == nil {
			return nil, &refusal{http.StatusNotFound, errors.New("this gateway has no configuration file to reload")}
		}
		report, err := s.opts.Reload(ctx)
		if err != nil {
			return nil, err
		}
		report.Changed, report.Restart, report.Warnings = list(report.Changed), list(report.Restart), list(report.Warnings)
		return report, nil
	}}, nil
}

func (s *Server) pluginRequest(r *http.Request) (request, error) {
	name, err := url.PathUnescape(mux.Vars(r)["name"])
	if err != nil {
		return request{}, fmt.Errorf("read the plugin's name: %w", err)
	}
	o := PluginOrder{Name: name, Action: Action(mux.Vars(r)["action"])}
	if err := readBody(r, &o); err != nil {
		return request{}, err
	}
	return request{what: "plugin " + string(o.Action), target: name, args: o.args(), do: func(ctx context.Context) (any, error) {
		return s.changePlugin(ctx, o)
	}}, nil
}

// changePlugin hands the order on, once the plugin is known.
func (s *Server) changePlugin(ctx context.Context, o PluginOrder) (any, error) {
	if s.opts.ChangePlugin == nil {
		return nil, &refusal{http.StatusNotFound, errors.New("the plugins of this gateway cannot be changed")}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	plugins := s.opts.Plugins()
	if !slices.ContainsFunc(plugins, func(p Plugin) bool { return p.Name == o.Name }) {
		return nil, &refusal{http.StatusNotFound, fmt.Errorf("no plugin %q; the gateway knows %s", o.Name, namesOf(plugins))}
	}
	began := time.Now()
	swap, err := s.opts.ChangePlugin(ctx, o)
	if err != nil {
		return nil, err
	}
	swap.Action, swap.Name, swap.TookMS = o.Action, o.Name, time.Since(began).Milliseconds()
	swap.Added, swap.Dropped = list(swap.Added), list(swap.Dropped)
	return swap, nil
}

func namesOf(plugins []Plugin) string {
	if len(plugins) == 0 {
		return "none"
	}
	names := make([]string, len(plugins))
	for i, p := range plugins {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

func (s *Server) bypassRequest(r *http.Request) (request, error) {
	var o BypassOrder
	if err := readBody(r, &o); err != nil {
		return request{}, err
	}
	return request{what: "route bypass", target: o.Command, args: o.args(), do: func(ctx context.Context) (any, error) {
		if s.opts.Bypass == nil {
			return nil, &refusal{http.StatusNotFound, errors.New("the routes of this gateway cannot be bypassed")}
		}
		if err := o.Check(); err != nil {
			return nil, err
		}
		report, err := s.opts.Bypass(ctx, o)
		if err != nil {
			return nil, err
		}
		report.Ended = list(report.Ended)
		return report, nil
	}}, nil
}

// readBody reads one JSON object, or nothing at all. A key that nobody knows is a
// mistake: "dropclaims" must not pass for a word that was heard.
func readBody(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the request's body: %w", err)
	}
	if decoder.More() {
		return errors.New("read the request's body: there is more than one value")
	}
	return nil
}
