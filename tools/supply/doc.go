// Package supply is what the supply chain is looked at with: known vulnerabilities
// in what is called, what a binary is made of, whether two builds are the same, and
// what the containers may do.
package supply
