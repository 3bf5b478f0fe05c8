package request

import (
	"slices"
	"strings"
	"unicode/utf8"

	"influxion/handler/internal/server/request/memory"
	"influxion/handler/internal/signing"
)

// Operations of jobs.
const (
	operationSign      = "sign"
	operationExtend    = "extend"
	operationTimestamp = "timestamp"
	operationVerify    = "verify"
	operationGenerate  = "generate"
)

// JobItem is one job that a caller asks for.
type JobItem struct {
	Operation  string
	Document   *memory.Document // nil = none was sent
	Blob       string           // name of a blob in the inbox; "" = none
	Name       string           // of the document, as it was sent
	Signing    signing.Request  // without its document
	Generation *Generation      // of the operation generate
}

// job is a job that is being read.
type job struct {
	operation  string
	document   *memory.Document
	blob       string
	name       string
	options    *options // nil = no operation yet
	generation *generation
}

// operate notes the operation, which determines the options.
func (j *job) operate(in *Incoming, name string) error {
	known, ok := map[string][]Option{
		operationSign: SignOptions(), operationExtend: ExtendOptions(), operationTimestamp: TimestampOptions(),
		operationVerify: {}, operationGenerate: generateOptions(),
	}[name]
	if !ok {
		return invalidRequest("operation_unknown",
			"operation is not sign, extend, timestamp, verify or generate", nil)
	}
	j.operation = name
	j.options = newOptions(known)
	if name == operationGenerate {
		j.generation = newGeneration(in, j.options)
	}
	return nil
}

// choose refuses an option that comes before the operation, and the password, which no job may
// have.
func (j *job) choose(name string) error {
	if name == optionPassword {
		return OptionInvalid(name,
			"may not be in a job, whose record must hold no secret: use the operation's own route")
	}
	if j.options == nil {
		return invalidRequest("operation_missing", "the operation must come before the options", nil)
	}
	return nil
}

// item puts together what was read.
func (j *job) item() (*JobItem, error) {
	if j.options == nil {
		return nil, invalidRequest("operation_missing", "the job has no operation", nil)
	}
	item := &JobItem{Operation: j.operation, Document: j.document, Blob: j.blob, Name: j.name}
	if utf8.RuneCountInString(j.name) > 255 || strings.ContainsFunc(j.name, unprintable) {
		return nil, OptionInvalid("name", "has more than 255 characters, or a control character")
	}
	var err error
	switch given := j.document != nil || j.blob != ""; {
	case j.document != nil && j.blob != "":
		return nil, invalidRequest("invalid_request", "the job has both a document and a blob", nil)
	case j.operation == operationGenerate && given:
		return nil, invalidRequest("invalid_request", "a job with the operation generate takes no document", nil)
	case j.operation == operationGenerate:
		if item.Generation, err = j.generation.finish(); err == nil {
			item.Signing = item.Generation.Signing
		}
		return item, err
	case !given:
		return nil, invalidRequest(codeMissing, "the job has neither a document nor a blob", nil)
	}
	item.Signing, err = j.options.request(noDocument{})
	return item, err
}

// fresh is a job with the same operation and options, for the next document.
func (j *job) fresh() *job {
	options := *j.options
	options.image = slices.Clone(j.options.image)
	return &job{operation: j.operation, options: &options}
}
