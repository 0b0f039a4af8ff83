package samples_test

import (
	"encoding/json"
	"fmt"

	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

func ExampleCommands() {
	commands := samples.Commands()
	fmt.Println(len(commands), commands[0])
	// Output: 80 Alert.RequestOverLimit
}

func ExampleRequest() {
	text, ok := samples.Request("Group.CallbackAfterGroupFull")
	fmt.Println(ok)
	fmt.Print(string(text))
	// Output:
	// true
	// {
	//   "CallbackCommand": "Group.CallbackAfterGroupFull",
	//   "GroupId": "@TGS#2J4SZEAEL",
	//   "EventTime": "1670574414123"
	// }
}

func ExampleReply() {
	text, ok := samples.Reply("Group.CallbackAfterGroupFull")
	fmt.Println(ok, json.Valid(text))
	// Output: true true
}

func ExampleRevise() {
	set, err := samples.Set("PairList.0.From_Account=alice")
	if err != nil {
		fmt.Println(err)
		return
	}
	remove, err := samples.Remove("PairList.1")
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := samples.Revise([]byte(`{"PairList": [{"From_Account": "id"}, {}]}`), []samples.Edit{set, remove})
	fmt.Println(string(body), err)
	// Output: {"PairList":[{"From_Account":"alice"}]} <nil>
}

func ExampleSet() {
	_, err := samples.Set("PairList.0.From_Account")
	fmt.Println(err)
	// Output: "PairList.0.From_Account" is not PATH=VALUE
}

func ExampleRemove() {
	remove, err := samples.Remove("a")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = samples.Revise([]byte(`{}`), []samples.Edit{remove})
	fmt.Println(err)
	// Output: edit body at a: no key "a"
}
