// Package settings finds the settings of the command line: from flags, a profile, the environment,
// a .env file and the last sign-in, in this order.
//
// Anybody may have written the .env file of the current folder. Such a file must never be able to
// send a token or a secret to a machine of its choice: Resolve says what the file may set. Read
// settings.go.
package settings
