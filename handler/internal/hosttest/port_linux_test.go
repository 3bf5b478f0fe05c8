package hosttest

import (
	"errors"
	"net"
	"strconv"
	"syscall"
	"testing"
)

// A reserved port belongs to the handler, also after a restart, and to no other process until it is
// released.
func TestReservedPort(t *testing.T) {
	t.Parallel()
	var err error
	for range 10 { // a port that is released may be another program's at once
		if err = reserveAndRelease(t); err == nil {
			return
		}
	}
	t.Errorf("got %v after its release, want the port free", err)
}

// reserveAndRelease reserves a port, and returns the result of taking the port after its release.
func reserveAndRelease(t *testing.T) error {
	t.Helper()
	port, release, err := reservePort()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for range 2 {
		if err := takeAlone(t, port); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("got %v for another who takes the port, want it in use", err)
		}
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			t.Fatalf("got %v, want the port open to the handler", err)
		}
		listener.Close()
	}
	release()
	return takeAlone(t, port)
}

// takeAlone binds a port without sharing, like a process that got the port from the kernel.
func takeAlone(t *testing.T, port int) error {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(socket)
	return syscall.Bind(socket, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
}
