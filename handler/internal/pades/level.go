package pades

import "slices"

// Level is a baseline level of ETSI EN 319 142-1, section 6.
type Level string

// The levels that Sign can produce, each of which holds those before it.
const (
	LevelBB  Level = "B-B"   // the signature
	LevelBT  Level = "B-T"   // with a timestamp that proves when it was there
	LevelBLT Level = "B-LT"  // with the validation data of its chain and the TSA's in /DSS
	LevelLTA Level = "B-LTA" // with a document timestamp over all of it
)

// Rank is the place of a level among the others, or -1.
func (l Level) Rank() int { return slices.Index([]Level{LevelBB, LevelBT, LevelBLT, LevelLTA}, l) }
