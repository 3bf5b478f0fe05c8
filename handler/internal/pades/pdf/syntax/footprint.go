package syntax

// Upper bounds of the memory of objects in bytes: the interface value, and the value that it refers
// to.
const (
	valueSize = 16 // in an array, on the stack
	boxSize   = 16 // of a number, a reference
	textSize  = 40 // of a name or a string, without its bytes
	arraySize = 40
	dictSize  = 64
	groupSize = 296 // of a map: eight keys and values
)

// StreamSize is the memory of a stream without its dictionary and its data, in bytes.
const StreamSize = 128

// DictMemory returns the memory of a map with so many keys, in bytes.
func DictMemory(keys int) int64 {
	if keys == 0 {
		return dictSize
	}
	groups := 1
	for keys > 8 && groups*7 < keys {
		groups *= 2
	}
	return dictSize + int64(groups)*groupSize
}

// Footprint is an upper bound of the memory of an object in bytes.
func Footprint(object Object) int64 {
	switch o := object.(type) {
	case Name:
		return textSize + int64(len(o))
	case String:
		return textSize + int64(len(o))
	case Real:
		return textSize + int64(len(o))
	case Integer, Ref:
		return boxSize
	case Array:
		size := arraySize + int64(len(o))*valueSize
		for _, element := range o {
			size += Footprint(element)
		}
		return size
	case Dict:
		size := DictMemory(len(o))
		for key, value := range o {
			size += int64(len(key)) + Footprint(value)
		}
		return size
	}
	return 0
}
