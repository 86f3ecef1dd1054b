//go:build !linux

package pgtest

import "syscall"

func endsWithUs(*syscall.SysProcAttr) {}
