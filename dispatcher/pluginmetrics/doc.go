// Package pluginmetrics gathers what plugins measure of themselves and shows it
// beside what the gateway measures.
//
// A [Collector] asks every process at a scrape, all at the same time, and waits for
// none longer than 800 ms. Who is later is shown by the next scrape: what a process
// gave last is shown for two minutes. A process has one collection at a time, and one
// that was late is not waited for until it is in time again, so that a slow plugin
// costs one scrape a moment and no further one anything.
//
// # What becomes of it
//
// Whatever comes is taken apart and built anew, and nothing is passed on as it came. A
// family x is shown as switchhook_handler_x, and each of its series with the labels
// plugin and replica. What would harm the scrape, or Prometheus, is left out and
// counted by its [Reason]; the rest is shown. The log says so once for each plugin and
// reason, and again only after all was well. Exemplars are left out and not counted,
// because their labels are an open set; so are units.
//
// A name belongs to the processes that show it: the first of them gives it its type
// and help. A family of another type is left out, of whichever plugin, and so is one
// whose lines would be taken for another's, such as x_count beside the histogram x.
// Another help is replaced by the first. A name is free again when the last process
// that showed it is gone.
//
// A scrape that is gathered with this collector has no error, whatever a plugin does,
// and is well-formed as text, as OpenMetrics and as protobuf.
package pluginmetrics
