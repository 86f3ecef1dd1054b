// Package report shows a case to people: its timeline as a drawing, and the
// whole of it as a page of HTML or as a PDF, which say the same.
//
// Everything it is given that a vendor or a person wrote is untrusted, and is
// shown as text that can neither be markup nor reorder what stands around it.
// Only what was read back (observed) or stands in the vendor's own log (logged)
// is called verified. It owns no facts: it opens neither files nor
// connections, has no clock, and gives the same bytes for the same case.
package report
