package pluginmetrics_test

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/switchhook/switchhook/dispatcher/pluginmetrics"
)

func counterOf(name string) *dto.MetricFamily {
	return of(dto.MetricType_COUNTER, name, &dto.Metric{Counter: &dto.Counter{Value: new(1.0)}})
}

func TestPluginsOfOneNameForAFamilyShareItWhereTheTypeAgrees(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // nobody is late while the clock stands still
		s := newScene(t)
		other := gauge("shared")
		other.Help = new("Quite another text.")
		first := gauge("shared")
		first.Help = new("Something.\xff")
		s.has("a", giving(first))
		s.scrape() // a is the first
		s.has("b", giving(other), giving(other))
		s.has("c", giving(counterOf("shared")))
		values := s.scrape()
		want := []string{`shared{plugin="a",replica="0"}`, `shared{plugin="b",replica="0"}`, `shared{plugin="b",replica="1"}`}
		if diff := cmp.Diff(want, handlers(values)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]float64{"wrong_type": 1}, dropped(values, "c")); diff != "" {
			t.Error(diff)
		}
		if whose := []byte(`"family":"switchhook_handler_shared","count":1,"held_by":"a"}`); bytes.Count(s.log.Bytes(), whose) != 1 {
			t.Errorf("the log does not say once whose the name is: %s", s.log)
		}
		families, err := s.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "switchhook_handler_shared" && f.GetHelp() != "Something." {
				t.Errorf("help = %q, want that of the first, as UTF-8", f.GetHelp())
			}
		}
	})
}

func TestAProcessCannotChangeATypeAndItsSuccessorMay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // nobody is late while the clock stands still
		s := newScene(t)
		p := giving(gauge("x"))
		s.has("p", p)
		s.scrape()
		p.now(encoded(counterOf("x")), nil)
		values := s.scrape()
		if diff := cmp.Diff(map[string]float64{"wrong_type": 1}, dropped(values, "p")); diff != "" || len(handlers(values)) != 0 {
			t.Errorf("%v\n%s", handlers(values), diff)
		}
		s.has("p", giving(counterOf("x")))
		values = s.scrape()
		if diff := cmp.Diff(map[string]float64{"wrong_type": 1}, dropped(values, "p")); diff != "" || len(handlers(values)) != 1 {
			t.Errorf("%v\n%s", handlers(values), diff)
		}
	})
}

func TestAProcessCannotWearNamesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // nobody is late while the clock stands still
		s := newScene(t)
		p := giving()
		s.has("p", p)
		for i := range 30 {
			var families []*dto.MetricFamily
			for j := range 10 {
				families = append(families, gauge("f"+string(rune('a'+i%26))+string(rune('a'+j))+string(rune('a'+i/26))))
			}
			p.now(encoded(families...), nil)
			s.scrape()
		}
		values := s.scrape()
		if diff := cmp.Diff(map[string]float64{"too_many_families": 210}, dropped(values, "p")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSeriesEndWithTheirProcessAndCountsWithTheirPlugin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // nobody is late while the clock stands still
		s := newScene(t)
		s.has("p", giving(gauge("up")), giving(gauge("up")))
		s.scrape()
		s.has("p", giving())
		values := s.scrape()
		if len(handlers(values)) != 0 || results(values, "p")["ok"] != 3 {
			t.Errorf("%v", values)
		}
		s.has("p")
		values = s.scrape()
		if _, shown := values[`switchhook_plugin_collect_series{plugin="p"}`]; shown || results(values, "p")["ok"] != 3 {
			t.Errorf("without a process: %v", values)
		}
		s.gone("p")
		if values := s.scrape(); len(values) != 0 {
			t.Errorf("without the plugin: %v", values)
		}
	})
}

func TestWhatIsWrongIsLoggedOnceAndAgainAfterItWasWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // nobody is late while the clock stands still
		s := newScene(t)
		bad := encoded(gauge("up"), gauge("a-b"), gauge("c-d"), gauge("__x"))
		p, q := giving().now(bad, nil), giving().now(bad, nil)
		s.has("p", p, q)
		for range 3 {
			s.scrape()
		}
		once := []string{"p invalid_name a-b", "p reserved_name __x"}
		if diff := cmp.Diff(once, s.logged()); diff != "" {
			t.Error(diff)
		}
		p.now(nil, errors.New("away"))
		q.now([]byte{0xff}, nil) // what is not known to be well is not well
		s.scrape()
		p.now(bad, nil)
		q.now(encoded(gauge("up")), nil)
		s.scrape()
		if lines := s.logged(); len(lines) != 4 || bytes.Count(s.log.Bytes(), []byte("invalid_name")) != 1 { // failed, malformed
			t.Errorf("logged %q", lines)
		}
		turn := func() (told int) { // well, and then not
			p.now(encoded(gauge("up")), nil)
			s.scrape()
			p.now(bad, nil)
			s.scrape()
			return bytes.Count(s.log.Bytes(), []byte("invalid_name"))
		}
		if n := turn(); n != 1 {
			t.Errorf("well for one scrape: logged %d times", n)
		}
		time.Sleep(10 * time.Minute) //nolint:forbidigo // In a bubble.
		if n := turn(); n != 2 {
			t.Errorf("after it was well, ten minutes later: logged %d times", n)
		}
	})
}

// One that is late and fails in turn has not been well in between.
func TestOneFailureDoesNotMakeUpForAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t)
		p := &source{}
		s.has("p", p)
		for range 3 {
			p.does(after(10 * time.Second))
			s.scrape()
			time.Sleep(11 * time.Second) //nolint:forbidigo // In a bubble.
			p.now(nil, errors.New("the sensor is gone"))
			s.scrape()
			synctest.Wait()
			s.scrape()
		}
		if diff := cmp.Diff([]string{"p timeout", "p failed"}, s.logged()); diff != "" {
			t.Errorf("want (-), logged (+):\n%s", diff)
		}
		for _, answers := range []func(){
			func() { p.now(encoded(gauge("well")), nil) },
			func() { p.now(nil, errors.New("the sensor is gone")) },
		} {
			time.Sleep(11 * time.Minute) //nolint:forbidigo // In a bubble; like lines keep ten apart.
			answers()
			s.scrape() // need not wait for one that was late
			synctest.Wait()
			s.scrape()
		}
		if diff := cmp.Diff([]string{"p timeout", "p failed", "p failed"}, s.logged()); diff != "" {
			t.Errorf("want (-), logged after it was well (+):\n%s", diff)
		}
	})
}

func TestOnePluginCanBeGatheredAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // nobody is late while the clock stands still
		s := newScene(t)
		p, q := giving(gauge("up")), giving(gauge("up"))
		s.has("p", p)
		s.has("q", q)
		g, err := s.collector.Of("p")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]float64{`switchhook_handler_up{plugin="p",replica="0"}`: 1}, lines(t, g)); diff != "" {
			t.Error(diff)
		}
		if p.times() != 1 || q.times() != 0 {
			t.Errorf("asked %d and %d times", p.times(), q.times())
		}
		s.gone("p")
		if got := lines(t, g); len(got) != 0 {
			t.Errorf("of one that is gone: %v", got)
		}
		if _, err := s.collector.Of("p"); err == nil || err.Error() != `there is no plugin "p" that offers metrics` {
			t.Errorf("err = %v", err)
		}
	})
}

func TestNewNeedsPlugins(t *testing.T) {
	t.Parallel()
	if _, err := pluginmetrics.New(pluginmetrics.Options{}); err == nil {
		t.Error("no error")
	}
}

var _ prometheus.Collector = (*pluginmetrics.Collector)(nil)
