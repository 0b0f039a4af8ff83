package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/report"
)

// ExamineNATS looks at the cluster of a configuration, with its user. What is wrong with it
// is found, and no error; that is ctx's alone. Nothing is made: of streams that are missing it
// says so, and whether a gateway that starts could make them.
func ExamineNATS(ctx context.Context, f *config.File) ([]report.Finding, error) {
	o := clusterOptions(f)
	o.Look = true
	c, err := cluster.Connect(ctx, o)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("examine the cluster: %w", context.Cause(ctx))
	}
	if errors.Is(err, cluster.ErrUnreachable) {
		return append(findings(cluster.ExamineServers(ctx, clusterOptions(f))), unconnected(err)), nil
	}
	if err != nil {
		return []report.Finding{unconnected(err)}, nil
	}
	examined, err := c.Examine(ctx)
	if err := errors.Join(err, c.Close()); err != nil {
		return nil, err
	}
	return findings(examined), nil
}

func findings(examined cluster.Report) []report.Finding {
	found := make([]report.Finding, len(examined))
	for i, x := range examined {
		found[i] = finding(x)
	}
	return found
}

// unconnected is the finding of a cluster that no gateway could keep its inbox in.
func unconnected(err error) report.Finding {
	const check = "cluster"
	if f, ok := errors.AsType[*cluster.ShapeError](err); ok {
		return report.Broken(check, f.Error(), "a gateway would not start with it: what exists is never altered, and the text says what you can do")
	}
	if errors.Is(err, cluster.ErrUnreachable) {
		return report.Broken(check, err.Error(), "a gateway would start, refuse events, and try again, until a majority of the servers is up")
	}
	return report.Broken(check, err.Error(), "a gateway would not start with it")
}

// finding is what was found, in the words of all that examines. What the servers do not
// show is a doubt.
func finding(f cluster.Finding) report.Finding {
	grade := report.Fail
	switch f.State {
	case cluster.OK:
		grade = report.OK
	case cluster.Warning, cluster.Unknown:
		grade = report.Warn
	case cluster.Failed:
	}
	return report.Finding{Check: f.Check, Result: grade, Text: f.Text}
}
