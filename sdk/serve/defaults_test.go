package serve_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/serve"
)

type embedded struct {
	Words map[string]string `json:"words"`
}

type nested struct {
	List []string `json:"list"`
}

type everything struct {
	embedded

	Text    string            `json:"text"`
	Map     map[string]nested `json:"map"`
	Slice   []nested          `json:"slice"`
	Array   [1]nested         `json:"array"`
	Pointer *nested           `json:"pointer"`
	Any     any               `json:"any"`
	None    map[string]string `json:"none"`
	Shared  *nested           `json:"-"`
}

func full() everything {
	list := func() nested { return nested{List: []string{"a", "b"}} }
	own := list()
	return everything{
		embedded: embedded{Words: map[string]string{"a": "b"}},
		Text:     "a", Map: map[string]nested{"a": list()}, Slice: []nested{list()}, Array: [1]nested{list()}, Pointer: &own,
		Any: map[string]any{"a": []any{"b"}},
	}
}

// Whatever a gateway's settings and the plugin did to Config, the next visit
// begins with the defaults.
func TestDefaultsComeBackWhole(t *testing.T) {
	t.Parallel()
	config := full()
	config.Shared = &nested{}
	shared := config.Shared
	restore := serve.KeepDefaults(&config)
	for range 2 {
		err := json.Unmarshal([]byte(`{"words": {"x": "y"}, "text": "x", "map": {"x": {}}, "slice": [{"list": ["x"]}, {}],
			"array": [{"list": ["x"]}], "pointer": {"list": ["x"]}, "any": {"x": 1}, "none": {"x": "y"}}`), &config)
		if err != nil {
			t.Fatal(err)
		}
		restore()
		if config.Shared != shared {
			t.Error("what is no setting was copied")
		}
		got := config
		got.Shared = nil
		if diff := cmp.Diff(full(), got, cmp.AllowUnexported(everything{})); diff != "" {
			t.Error(diff)
		}
		config.Map["a"].List[0] = "changed by the plugin"
		config.Any.(map[string]any)["a"].([]any)[0] = "changed by the plugin"
		restore()
		if got := config.Map["a"].List[0]; got != "a" {
			t.Errorf("a list in a map is %s", got)
		}
		if diff := cmp.Diff(full().Any, config.Any); diff != "" {
			t.Error(diff)
		}
	}
	serve.KeepDefaults(nil)() // a plugin without settings
}
