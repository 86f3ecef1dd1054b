package bundle

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"text/template"
	"time"

	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/report"
)

// CaseSchema is the JSON Schema (2020-12) of the file case.json.
//
//go:embed case.schema.json
var CaseSchema []byte

//go:embed how-to-check.txt
var howText string

// Papers are the files of a bundle that follow from its evidence alone:
// case.json, report.html and report.pdf. Made again from the evidence of a
// bundle by the same version of this program they are the same bytes.
func Papers(ev record.Evidence) ([]File, error) {
	p, err := paperOf(ev)
	if err != nil {
		return nil, err
	}
	return p.files()
}

// Remake is Papers by the names of the files, as package verify takes them.
func Remake(ev record.Evidence) (map[string][]byte, error) {
	papers, err := Papers(ev)
	out := map[string][]byte{}
	for _, p := range papers {
		out[p.Name] = p.Data
	}
	return out, err
}

// paper is a case and what its reports tell beside it.
type paper struct {
	c    casefile.Case
	cp   checkpoint
	with report.Options
}

func paperOf(ev record.Evidence) (paper, error) {
	cp, err := parse(ev.Checkpoint)
	if err != nil {
		return paper{}, fmt.Errorf("read the checkpoint: %w", err)
	}
	entries := make([]record.Recorded, 0, len(ev.Entries))
	for _, p := range ev.Entries {
		e, err := record.ParseEntry(p.Leaf)
		if err != nil {
			return paper{}, fmt.Errorf("entry %d: %w", p.Index, err)
		}
		entries = append(entries, record.Recorded{Index: p.Index, Leaf: p.Leaf, Entry: e, Opened: p.Opened})
	}
	c, err := casefile.Rebuild(entries, ev.People)
	if err != nil {
		return paper{}, fmt.Errorf("read the case back from its entries: %w", err)
	}
	return paper{c: c, cp: cp, with: report.Options{
		Origin: ev.Origin, Size: cp.N, Root: cp.Hash.String(), Anchors: ev.Anchors,
	}}, nil
}

func (p paper) files() ([]File, error) {
	text, err := p.c.JSON()
	if err != nil {
		return nil, err
	}
	var page, pdf bytes.Buffer
	if err := report.HTML(&page, p.c, p.with); err != nil {
		return nil, err
	}
	if err := report.PDF(&pdf, p.c, p.with); err != nil {
		return nil, err
	}
	return []File{{HTML, page.Bytes()}, {PDF, pdf.Bytes()}, {Case, text}}, nil
}

// render makes all files of a bundle, and the time that they carry.
func render(ev record.Evidence, o Options) ([]File, time.Time, error) {
	p, err := paperOf(ev)
	if err != nil {
		return nil, time.Time{}, err
	}
	papers, err := p.files()
	if err != nil {
		return nil, time.Time{}, err
	}
	var evidence bytes.Buffer
	enc := json.NewEncoder(&evidence)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(ev); err != nil {
		return nil, time.Time{}, fmt.Errorf("encode the evidence: %w", err)
	}
	how, err := howToCheck(ev, p, o)
	if err != nil {
		return nil, time.Time{}, err
	}
	files := slices.Concat([]File{{How, how}}, papers, []File{{Schema, CaseSchema}, {Evidence, evidence.Bytes()}})
	return files, report.Created(p.c), nil
}

// howToCheck fills the page for the auditor.
func howToCheck(ev record.Evidence, p paper, o Options) ([]byte, error) {
	t, err := template.New(How).Parse(howText)
	if err != nil {
		return nil, fmt.Errorf("read the page on how to check: %w", err)
	}
	at := map[string]int{}
	for _, a := range ev.Anchors {
		at[a.Anchor]++
	}
	first, last := ev.Entries[0].Index, ev.Entries[len(ev.Entries)-1].Index
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Case": ev.Case, "Origin": ev.Origin, "Size": p.cp.N, "Root": p.cp.Hash.String(), "Key": o.Key, "Entries": len(ev.Entries),
		"First": first, "Last": last, "Open": !p.c.State.Ended(), "State": string(p.c.State), "Anchors": at,
	})
	if err != nil {
		return nil, fmt.Errorf("write the page on how to check: %w", err)
	}
	return b.Bytes(), nil
}
