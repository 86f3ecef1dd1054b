package pgtest

import "syscall"

// endsWithUs lets the kernel end the server when the test's process dies.
func endsWithUs(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
