package openvpn

import (
	"net"
	"os"
	"syscall"
	"time"
)

// peerPID is the process that listens on a unix socket, as the kernel has it;
// false for a TCP connection.
func peerPID(conn net.Conn) (int, bool) {
	u, ok := conn.(*net.UnixConn)
	if !ok {
		return 0, false
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return 0, false
	}
	var cred *syscall.Ucred
	var inner error
	err = raw.Control(func(fd uintptr) {
		cred, inner = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err != nil || inner != nil || cred.Pid == 0 {
		return 0, false
	}
	return int(cred.Pid), true
}

// owner is who a file belongs to.
func owner(info os.FileInfo) (uid, gid int, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(st.Uid), int(st.Gid), true
}

// changed is when a file's content, mode, owner or name last changed. Nobody
// can set it back, unlike the time of modification.
func changed(info os.FileInfo) (time.Time, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}, false
	}
	return time.Unix(st.Ctim.Unix()), true
}
