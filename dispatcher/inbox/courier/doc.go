// Package courier makes the deliveries of the inbox: at least once, with retries,
// limits and order.
//
// What is delivered together is a line: one plugin and one command or, where an
// order is asked for, one plugin and all commands of the order's pattern. Each line
// has a window of deliveries under way, which grows with successes up to the limit.
// While a plugin cannot be reached the line pauses and probes with one delivery, so
// that a plugin that comes back is not overrun.
//
// Events come from the commit in memory. A line that has no room in memory for them
// is behind: it lets go of them and reads pages from the store until it has caught
// up. Failed copies wait in the store, not in memory, until they are due.
//
// Every copy that the courier has in hand is remembered until what became of it is
// committed, so that a page that was read meanwhile does not deliver it twice. Only
// the end of the gateway makes a copy that was in a plugin's hands come again with
// nothing to tell it by: [sdk.Callback.Redelivered] is true for a copy whose earlier
// attempt is on record. A shutdown that runs out of time puts its attempts there; a
// crash cannot.
package courier
