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

// Rank is the position of a level among all levels, from 0; -1 for an unknown one.
func (l Level) Rank() int { return slices.Index([]Level{LevelBB, LevelBT, LevelBLT, LevelLTA}, l) }
