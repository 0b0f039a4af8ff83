package samples_test

import (
	"testing"

	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

func TestBodiesAreRevised(t *testing.T) {
	t.Parallel()
	const body = `{"List": [{"A": "1"}, {"A": 2}], "Seq": 18446744073709551615, "a.b": true}`
	for name, test := range map[string]struct{ set, remove, want string }{
		"nothing, byte for byte":      {"", "", body},
		"a value deep inside":         {"List.0.A=alice", "", `{"List":[{"A":"alice"},{"A":2}],"Seq":18446744073709551615,"a.b":true}`},
		"a literal keeps its type":    {"Seq=7", "", `{"List":[{"A":"1"},{"A":2}],"Seq":7,"a.b":true}`},
		"an element at the end":       {"List.2=null", "", `{"List":[{"A":"1"},{"A":2},null],"Seq":18446744073709551615,"a.b":true}`},
		"what is missing on the way":  {"New.0.Key=<x>", "", `{"List":[{"A":"1"},{"A":2}],"New":[{"Key":"<x>"}],"Seq":18446744073709551615,"a.b":true}`},
		"a key with a dot":            {`a\.b=false`, "", `{"List":[{"A":"1"},{"A":2}],"Seq":18446744073709551615,"a.b":false}`},
		"a key that is taken away":    {"", "Seq", `{"List":[{"A":"1"},{"A":2}],"a.b":true}`},
		"an element that is":          {"", "List.0", `{"List":[{"A":2}],"Seq":18446744073709551615,"a.b":true}`},
		"one set and another removed": {"Seq=1", "List", `{"Seq":1,"a.b":true}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := samples.Revise([]byte(body), edits(t, test.set, test.remove))
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

func TestEditsThatDoNotFitAreNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, set, remove, want string }{
		"an index beyond the end":    {`{"a":[1]}`, "a.2=x", "", `edit body at a.2: "2" is no index of an array of 1`},
		"a key that is not there":    {`{"a":1}`, "", "b", `edit body at b: no key "b"`},
		"an element that is not":     {`{"a":[1]}`, "", "a.1", `edit body at a.1: "1" is no index of an array of 1`},
		"a key in nothing":           {`{"a":null}`, "", "a.b", `edit body at a.b: no key "b"`},
		"something below a number":   {`{"a":1}`, "a.b=2", "", `edit body at a.b: "b" stands below a value that is neither an object nor an array`},
		"a body that is no JSON":     {`{`, "a=1", "", "edit body: decode JSON: unexpected EOF"},
		"a body of more than one":    {`{}{}`, "a=1", "", "edit body: decode JSON: more than one value"},
		"a text without a value":     {`{}`, "a", "", `"a" is not PATH=VALUE`},
		"a path with an empty key":   {`{}`, "a..b=1", "", `path "a..b" has an empty key`},
		"a path that is empty, gone": {`{}`, "", ".", `path "." has an empty key`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			edit, err := samples.Remove(test.remove)
			if test.set != "" {
				edit, err = samples.Set(test.set)
			}
			if err == nil {
				_, err = samples.Revise([]byte(test.body), []samples.Edit{edit})
			}
			if err == nil || err.Error() != test.want {
				t.Errorf("err = %v, want %s", err, test.want)
			}
		})
	}
}

func edits(t *testing.T, set, remove string) []samples.Edit {
	t.Helper()
	var list []samples.Edit
	if set != "" {
		edit, err := samples.Set(set)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, edit)
	}
	if remove != "" {
		edit, err := samples.Remove(remove)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, edit)
	}
	return list
}
