// Package keeper answers blacklist callbacks: it checks what a body says and
// hands it to package store. It is the plugin; main only runs it.
package keeper
