// Command blacklist is a plugin that keeps who has blocked whom, for every app
// of the gateway. See README.md.
package main

import "github.com/switchhook/switchhook/plugins/blacklist/keeper"

func main() { keeper.Plugin().Run() }
