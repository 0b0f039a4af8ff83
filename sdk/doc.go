// Package sdk is the ground floor of Switchhook: the types a callback, its
// answer and its failures are spoken in, on both sides of the plugin link.
//
// A plugin author binds functions to commands and hands the mux to package
// serve:
//
//	var mux sdk.Mux
//	sdk.On(&mux, imevent.SnsBlackListAdd, func(ctx context.Context, cb sdk.Callback, ev imevent.SnsBlackListAddEvent) (sdk.Ack, error) {
//		return sdk.Ack{}, store.Block(ctx, cb.AppID, ev.PairList)
//	})
//
// The same one-method [Handler] is the mux in a plugin, the client of the link
// in the gateway and the fake in a test. The package imports the standard
// library alone, so that depending on it costs an author nothing.
package sdk
