// Command release finishes a folder of release archives: release -version V -repository URL FOLDER.
// It writes SHA256SUMS and, with the digests of that folder, the files that install the command
// line elsewhere: a Homebrew formula, manifests for winget and a container file.
//
// It must never describe an archive that it has not read. It ends with an error if an archive is
// missing, or if linked code has a licence that is not permissive.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	r := release{}
	flag.StringVar(&r.Version, "version", "", "version of the release, such as 1.2.3")
	flag.StringVar(&r.Repository, "repository", "", "address of the repository, below which releases/download lies")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: release -version V -repository URL FOLDER")
		os.Exit(2)
	}
	if err := r.finish(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}
