// Package casefile puts a case into the record's words and reads it back: a case
// becomes events, and the entries of the log become a case again. What is read
// back comes from the entries alone, so that whoever has checked them has
// checked what is shown.
package casefile
