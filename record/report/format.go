package report

import "strconv"

// Format counts how often the reports' words and drawing changed. A report of
// this format, made of the same case and Options, is the same page, byte for
// byte. Whoever changes what a report shows raises it.
const Format = 1

// generator is what a report says of who made it; package verify compares it.
func generator() string { return "Lastday report " + strconv.Itoa(Format) }
