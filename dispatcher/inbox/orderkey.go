package inbox

import (
	"cmp"
	"encoding/json"

	"github.com/switchhook/switchhook/sdk"
)

// OrderKey is whom or what a callback is about, in its app: the group, room or
// official account (by [ByGroup]), or the user (by [ByUser]) who has done it or whom
// it happened to. It is empty where the body does not say.
//
// Of several users in one callback the first counts: in every documented body that has
// a list of them, it was made for one who acts.
func OrderKey(cb sdk.Callback, by Order) string {
	var s subject
	_ = json.Unmarshal(cb.Body, &s) // what does not fit is a subject that is not said
	key := ""
	switch by {
	case ByGroup:
		key = s.group()
	case ByUser:
		key = s.user()
	case Unordered:
	}
	if key == "" {
		return ""
	}
	return cb.AppID + "/" + key
}

// text is a JSON string, or nothing where it is anything else.
type text string

// UnmarshalJSON implements [json.Unmarshaler] so that one odd field does not hide the
// others.
func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = text(s)
	}
	return nil
}

// subject is where the documented bodies say whom or what they are about.
type subject struct {
	GroupID    text `json:"GroupId"`
	RoomID     text `json:"RoomId"`
	FromRoomID text `json:"FromRoomId"`
	RoomInfo   room `json:"RoomInfo"`
	FromRoom   room `json:"FromRoomInfo"`
	Official   text `json:"Official_Account"`

	From     text  `json:"From_Account"`
	Report   text  `json:"Report_Account"`
	Member   text  `json:"Member_Account"`
	Pairs    pairs `json:"PairList"`
	Info     pair  `json:"Info"`
	Events   pairs `json:"Events"`
	Operator text  `json:"Operator_Account"`
	Owner    text  `json:"Owner_Account"`
}

type room struct {
	ID text `json:"RoomId"`
}

type pair struct {
	From text `json:"From_Account"`
	To   text `json:"To_Account"`
}

type pairs []pair

func (p pairs) user() text {
	if len(p) == 0 {
		return ""
	}
	return cmp.Or(p[0].From, p[0].To)
}

func (s *subject) group() string {
	return string(cmp.Or(s.GroupID, s.RoomID, s.RoomInfo.ID, s.FromRoomID, s.FromRoom.ID, s.Official))
}

func (s *subject) user() string {
	return string(cmp.Or(s.From, s.Report, s.Member, s.Pairs.user(), s.Info.To, s.Events.user(), s.Operator, s.Owner))
}
