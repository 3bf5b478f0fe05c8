// Package shell writes words of command lines that a person pastes into a POSIX shell (IEEE Std
// 1003.1, section 2.2). No part of a word may become a command, whoever has chosen the text.
//
// It must never run anything. All of it is in word.go.
package shell
