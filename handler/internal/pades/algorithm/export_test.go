package algorithm

// MaxProven is the bound of Proven.
const MaxProven = maxProven
