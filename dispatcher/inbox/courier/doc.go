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
// the end of the gateway makes a copy that was in a plugin's hands come again. A
// shutdown that runs out of time puts its attempts on record; a crash cannot, so that
// after one every copy that was there before counts as one that the plugin may have had:
// [sdk.Callback.Redelivered] is true, though Attempt may be 1. That lasts until none of
// those waits, over clean stops too.
//
// Which copies are suspected of having ended a plugin's process is known to this process
// alone. After a restart they come together with others once more, and are told apart
// again if it ends again; nothing is lost by it.
package courier
