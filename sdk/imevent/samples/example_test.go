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
