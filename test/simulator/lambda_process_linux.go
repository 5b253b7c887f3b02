package simulator

import "syscall"

// childAttributes puts a child into a group of its own, and has the kernel end
// it when we are gone, however we went.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
