//go:build !linux

package hosttest

import (
	"fmt"
	"net"
)

// reservePort finds a port on which nothing listens now, as the real host does. The handler opens
// it a moment later. release does nothing, because not every system can keep a port for another
// process.
func reservePort() (port int, release func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, fmt.Errorf("find a port for the handler: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, func() {}, nil
}
