package hosttest

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
)

// reservePort finds a port for the handler, and keeps it from other processes until release. The
// kernel never assigns a port to which a socket is bound, neither for bind with port 0 nor for
// outgoing connections. The handler can still bind it by number, because the socket here does not
// listen, and because every listener of Go sets SO_REUSEADDR.
func reservePort() (port int, release func(), err error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, fmt.Errorf("find a port for the handler: %w", err)
	}
	release = sync.OnceFunc(func() { syscall.Close(socket) })
	bound, err := bindLoopback(socket)
	if err != nil {
		release()
		return 0, nil, fmt.Errorf("find a port for the handler: %w", err)
	}
	return bound, release, nil
}

func bindLoopback(socket int) (port int, err error) {
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, err
	}
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	address, err := syscall.Getsockname(socket)
	if err != nil {
		return 0, err
	}
	bound, ok := address.(*syscall.SockaddrInet4)
	if !ok {
		return 0, errors.New("internal error: a socket of another family")
	}
	return bound.Port, nil
}
