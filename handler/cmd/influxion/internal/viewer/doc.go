// Package viewer shows a file in the program that the system has for files of its kind.
//
// It must never pass a name on that the system could take for an option or an address.
//
// All of it is in viewer.go, apart from what differs between systems.
package viewer
