package activities

// RegisterWithin is Register with another time until a step is handed back.
var RegisterWithin = register
