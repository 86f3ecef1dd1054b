package backup

// Describe is what a manifest says of a part.
var Describe = describe
