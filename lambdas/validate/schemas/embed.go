// Package schemas holds the event types, a file each, and nothing else. What may
// stand here, and how it becomes a type, is said in infra/docs/schemas.md; package
// schema reads it.
package schemas

import "embed"

// Files are all files of this folder: those that cannot be a type are found at build.
//
//go:embed all:*
var Files embed.FS
