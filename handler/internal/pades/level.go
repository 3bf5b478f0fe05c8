package pades

import "slices"

// Level is a baseline level of ETSI EN 319 142-1, section 6.
type Level string

// The levels that Sign can produce, each of which holds those before it.
const (
	LevelBB  Level = "B-B"   // a signature
	LevelBT  Level = "B-T"   // and a timestamp, which proves when the signature existed
	LevelBLT Level = "B-LT"  // and the validation data of the signer's and the TSA's chains in /DSS
	LevelLTA Level = "B-LTA" // and a document timestamp over all of it
)

// Rank is the position of a level among all levels, from 0; -1 for an unknown one.
func (l Level) Rank() int { return slices.Index([]Level{LevelBB, LevelBT, LevelBLT, LevelLTA}, l) }
