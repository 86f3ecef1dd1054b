package workflows

// Wire names. They stand in histories and in other programs: they never change.
const (
	OffboardType = "Offboard"
	PlanType     = "Plan"

	// TaskQueue is the workflows' own queue.
	TaskQueue = "offboarding"

	CaseQuery = "case"

	DecideUpdate     = "decide"
	CancelUpdate     = "cancel"
	RescheduleUpdate = "reschedule"
	ExpediteUpdate   = "expedite"

	settingsActivity = "lastday.Settings"
)

// Search attributes, all Keyword but the Datetime LastdayDeadline.
const (
	StateAttribute    = "LastdayState"
	SubjectAttribute  = "LastdaySubject"
	PartnerAttribute  = "LastdayPartner"
	DeadlineAttribute = "LastdayDeadline"
)
