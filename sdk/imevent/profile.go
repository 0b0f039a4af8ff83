package imevent

import (
	"encoding/json"

	"github.com/switchhook/switchhook/sdk"
)

// The commands of family Profile: users' profiles.
var (
	// ProfilePortraitSet is sent after a user's profile changed, by the user's
	// client or by a backend over the REST API.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/48733.
	ProfilePortraitSet = NewCommand[ProfilePortraitSetEvent, sdk.Ack]("Profile.CallbackPortraitSet")
)

// ProfilePortraitSetEvent says what a profile holds since it changed. It lists the
// fields that changed and no others.
type ProfilePortraitSetEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that changed the profile.
	OperatorAccount string `json:"Operator_Account"`
	// FromAccount is the account whose profile changed.
	FromAccount string `json:"From_Account"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	// ProfileItem holds the fields that changed.
	ProfileItem []ProfileItem `json:"ProfileItem"`
	Object
}

// Text returns the new value of a field of the profile, such as
// "Tag_Profile_IM_Nick", and whether the field changed at all.
func (e ProfilePortraitSetEvent) Text(tag string) (string, bool) {
	for _, item := range e.ProfileItem {
		if item.Tag == tag {
			return item.Text(), true
		}
	}
	return "", false
}

// ProfileItem is a field of a profile and its new value.
type ProfileItem struct {
	// Tag is the field: "Tag_Profile_IM_…" for those that every app has,
	// "Tag_Profile_Custom_…" for the app's own.
	Tag string `json:"Tag"`
	// Value is the new value as it arrived, a JSON string or number by the field's
	// kind; see [ProfileItem.Text].
	Value json.RawMessage `json:"Value"`
	Object
}

// Text returns the value as text: what a string says, and a number's digits as
// they arrived. It is empty for a value that is null or absent.
func (i ProfileItem) Text() string {
	var text string
	if len(i.Value) == 0 || json.Unmarshal(i.Value, &text) == nil {
		return text
	}
	return string(i.Value)
}

// typingsProfile returns the typings of family Profile.
func typingsProfile() []Typing {
	return []Typing{typing(ProfilePortraitSet)}
}
