// Package policy decides who may do what, who must agree, and what never
// happens: the section policy of the configuration, in CEL. It is pure: no
// input or output, no clock, the same answer to the same question, and it may
// be asked from many goroutines at once. It knows no door and no workflow.
//
// A question is answered in this order; the first that refuses wins:
//
//  1. the built-in rules, which no file can lift;
//  2. without a policy: the command line may do everything, other doors nothing;
//  3. may: the expression of the action. An action left out is allowed to nobody;
//  4. brake.release.from, for the action release;
//  5. refuse, in the order of the file.
//
// A request that nothing refuses then gets its approvals, sorted by rule, and
// whether it may cut first and ask afterwards. An expression that fails while
// it is evaluated refuses.
package policy
