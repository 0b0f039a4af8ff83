package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family C2C: messages between two users.
var (
	// C2CAfterC2CMsgExtension is sent after the extension of a one-to-one message,
	// a small list of keys and values beside it, was set, deleted or cleared. The
	// name says C2C twice.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/76006.
	C2CAfterC2CMsgExtension = NewCommand[C2CAfterC2CMsgExtensionEvent, sdk.Ack]("C2C.CallbackAfterC2CMsgExtension")

	// C2CAfterModifyMsg is sent after a one-to-one message that had been delivered
	// was edited. A message may be edited many times.
	//
	// Source: https://cloud.tencent.com/document/product/269/128224.
	C2CAfterModifyMsg = NewCommand[C2CAfterModifyMsgEvent, sdk.Ack]("C2C.CallbackAfterModifyMsg")

	// C2CAfterMsgReadAll is sent after a user's client marked everything as read,
	// one-to-one conversations and groups alike. The REST API does not send it.
	//
	// Source: https://cloud.tencent.com/document/product/269/128225.
	C2CAfterMsgReadAll = NewCommand[C2CAfterMsgReadAllEvent, sdk.Ack]("C2C.CallbackAfterMsgReadAll")

	// C2CAfterMsgReadReceipt is sent after a user returned read receipts for single
	// messages. Marking a whole conversation as read sends [C2CAfterMsgReport].
	//
	// Source: https://cloud.tencent.com/document/product/269/128223.
	C2CAfterMsgReadReceipt = NewCommand[C2CAfterMsgReadReceiptEvent, sdk.Ack]("C2C.CallbackAfterMsgReadReceipt")

	// C2CAfterMsgReport is sent after a user marked a conversation with another as
	// read up to some time.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/43465.
	C2CAfterMsgReport = NewCommand[C2CAfterMsgReportEvent, sdk.Ack]("C2C.CallbackAfterMsgReport")

	// C2CAfterMsgWithDraw is sent after a one-to-one message was recalled. Its name
	// writes WithDraw with a capital D.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/43466.
	C2CAfterMsgWithDraw = NewCommand[C2CAfterMsgWithDrawEvent, sdk.Ack]("C2C.CallbackAfterMsgWithDraw")

	// C2CAfterSendMsg is sent after a one-to-one message was sent, and also after
	// its delivery failed: ask [C2CAfterSendMsgEvent.Delivered]. It is not sent for
	// a message that the answer to [C2CBeforeSendMsg] refused; for one that the
	// answer rewrote it carries the new text.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/34365.
	C2CAfterSendMsg = NewCommand[C2CAfterSendMsgEvent, sdk.Ack]("C2C.CallbackAfterSendMsg")

	// C2CBeforeSendMsg asks, before a one-to-one message is delivered, whether and
	// with which content it may be. Messages that a backend sends over the REST API
	// (sendmsg) ask too. Without an answer within 2 s Tencent delivers the message,
	// unless the app's console says otherwise.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/34364.
	C2CBeforeSendMsg = NewCommand[C2CBeforeSendMsgEvent, C2CAnswer]("C2C.CallbackBeforeSendMsg")
)

// typingsC2C returns the typings of family C2C, sorted by command.
func typingsC2C() []Typing {
	return []Typing{
		typing(C2CAfterC2CMsgExtension),
		typing(C2CAfterModifyMsg),
		typing(C2CAfterMsgReadAll),
		typing(C2CAfterMsgReadReceipt),
		typing(C2CAfterMsgReport),
		typing(C2CAfterMsgWithDraw),
		typing(C2CAfterSendMsg),
		typing(C2CBeforeSendMsg),
	}
}
