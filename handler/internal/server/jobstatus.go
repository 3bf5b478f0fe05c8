package server

import (
	"net/http"
	"time"

	"influxion/handler/internal/jobs"
)

// jobStatus is what the API shows of a job.
type jobStatus struct {
	ID          string         `json:"id"`
	Batch       string         `json:"batch"`
	Operation   jobs.Operation `json:"operation"`
	Status      jobs.Status    `json:"status"`
	Name        string         `json:"name,omitempty"`
	CreatedAt   time.Time      `json:"created_at"`
	StartedAt   *time.Time     `json:"started_at,omitempty"`
	CompletedAt *time.Time     `json:"completed_at,omitempty"`
	Size        *int64         `json:"size,omitempty"` // of the result, in bytes
	Result      *jobResult     `json:"result,omitempty"`
	Error       *problem       `json:"error,omitempty"`
	Storage     string         `json:"storage"`
}

// jobResult is what a job made.
type jobResult struct {
	MediaType    string   `json:"media_type"`
	SHA256       string   `json:"sha256"`
	Certificate  string   `json:"certificate,omitempty"`
	Fingerprint  string   `json:"fingerprint,omitempty"`
	Level        string   `json:"level,omitempty"`
	Shortfall    string   `json:"shortfall,omitempty"`
	Remarks      []string `json:"remarks,omitempty"`
	InvocationID string   `json:"invocation_id,omitempty"`
}

// show gives what the API shows of a job.
func (j *Jobs) show(job *jobs.Job) jobStatus {
	shown := jobStatus{ID: job.ID, Batch: jobs.BatchOf(job.ID), Operation: job.Operation, Status: job.Status,
		Name: job.Input.Name, CreatedAt: job.CreatedAt, Storage: j.Store.Kind()}
	if !job.StartedAt.IsZero() {
		shown.StartedAt = &job.StartedAt
	}
	if !job.CompletedAt.IsZero() {
		shown.CompletedAt = &job.CompletedAt
	}
	if made := job.Result; made != nil {
		shown.Size = &made.Size
		shown.Result = &jobResult{made.MediaType, made.SHA256, made.Certificate, made.Fingerprint, made.Level,
			made.Shortfall, made.Remarks, made.InvocationID}
	}
	if why := job.Problem; why != nil && job.Status == jobs.Error {
		shown.Error = &problem{"about:blank", http.StatusText(why.Status), why.Status, why.Detail, why.Code, ""}
		if why.Instance != "" {
			shown.Error.Instance = "urn:uuid:" + why.Instance
		}
	}
	return shown
}

// jobList is what the API shows of a batch.
type jobList struct {
	Batch   string      `json:"batch"`
	Storage string      `json:"storage"`
	Jobs    []jobStatus `json:"jobs"`
}

func (j *Jobs) list(batch string, all []*jobs.Job) jobList {
	list := jobList{Batch: batch, Storage: j.Store.Kind(), Jobs: make([]jobStatus, 0, len(all))}
	for _, job := range all {
		list.Jobs = append(list.Jobs, j.show(job))
	}
	return list
}
