module github.com/switchhook/switchhook/.ci/api

go 1.26.0

require (
	golang.org/x/exp v0.0.0-20261011100332-faecfb24eb49
	golang.org/x/tools v0.52.0
)

require (
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
)
