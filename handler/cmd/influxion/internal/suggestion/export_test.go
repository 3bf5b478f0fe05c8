package suggestion

// Similar is similar, for tests.
var Similar = similar
