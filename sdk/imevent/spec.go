package imevent

import (
	"cmp"
	"slices"
	"strings"
)

// Spec returns the row of command. It is one map lookup and allocates nothing;
// the row is shared and must not be changed. A command without a row is no
// error, since Tencent adds some every year: see [Unlisted].
func Spec(command string) (*Contract, bool) {
	c, ok := specs[command]
	return c, ok
}

// Specs returns a copy of all rows, sorted by command.
func Specs() []Contract {
	rows := make([]Contract, 0, len(specs))
	for _, c := range specs {
		rows = append(rows, *c)
	}
	slices.SortFunc(rows, func(a, b Contract) int { return cmp.Compare(a.Command, b.Command) })
	return rows
}

// Unlisted returns the row to treat a command by that has none of its own: plain
// codes, no promise about keys, and a check of the reply's form alone. The row is
// shared and must not be changed.
func Unlisted(phase Phase) *Contract {
	if phase == Before {
		return &unlistedBefore
	}
	return &unlistedAfter
}

// ContractOf returns the row of command, or the one to treat it by that has none:
// the answer that is always there.
func ContractOf(command string) *Contract {
	if c, ok := specs[command]; ok {
		return c
	}
	return Unlisted(PhaseOf(command))
}

// PhaseOf returns the phase of command: that of its row, else the one its name
// follows. All documented before-commands are called CallbackBefore or
// CallbackPrev something.
func PhaseOf(command string) Phase {
	if c, ok := specs[command]; ok {
		return c.Phase
	}
	_, word, _ := strings.Cut(command, ".")
	if strings.HasPrefix(word, "CallbackBefore") || strings.HasPrefix(word, "CallbackPrev") {
		return Before
	}
	return After
}

var (
	unlistedAfter  = Contract{Phase: After, open: true}
	unlistedBefore = Contract{Phase: Before, ReadsReply: true, open: true, refuse: refuseWithCode}
)

var specs = index(
	tableAlert, tableBot, tableC2C, tableChatbot, tableContentCallback, tableFollow, tableGroup, tableLive,
	tableMic, tableOfficialAccount, tableProfile, tablePush, tableRoom, tableSns, tableState,
)

// index finds the rows by command and fills in what their names and phases say.
func index(families ...[]Contract) map[string]*Contract {
	rows := make(map[string]*Contract)
	for _, family := range families {
		for i := range family {
			c := &family[i]
			c.Family, _, _ = strings.Cut(c.Command, ".")
			c.ReadsReply = c.ReadsReply || c.Phase == Before
			rows[c.Command] = c
		}
	}
	return rows
}
