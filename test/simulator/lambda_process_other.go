//go:build unix && !linux

package simulator

import "syscall"

// childAttributes puts a child into a group of its own. Should we be killed, it
// ends by itself at its next question, which nobody answers.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
