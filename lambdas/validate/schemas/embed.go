// Package schemas holds the event types, a file each, and nothing else.
// infra/docs/schemas.md says what may stand here; package schema reads it.
package schemas

import "embed"

// Files are all files of this folder: those that cannot be a type are found at build.
//
//go:embed all:*
var Files embed.FS
