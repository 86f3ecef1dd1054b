package workflows

// Wire names. They stand in histories and in other programs: they never change.
const (
	OffboardType = "Offboard"
	PlanType     = "Plan"
	BrakeType    = "Brake"
	FreezeType   = "Freeze"
	HeardType    = "Heard"
	RefusedType  = "Refused"
	MinutesType  = "Minutes"

	// TaskQueue is the workflows' own queue.
	TaskQueue = "offboarding"

	CaseQuery  = "case"
	BrakeQuery = "brake"

	DecideUpdate     = "decide"
	CancelUpdate     = "cancel"
	RescheduleUpdate = "reschedule"
	ExpediteUpdate   = "expedite"
	ApproveUpdate    = "approve"
	AdmitUpdate      = "admit"
	ReleaseUpdate    = "release"
	FreezeUpdate     = "freeze"
	UnfreezeUpdate   = "unfreeze"

	releasedSignal = "released"

	settingsActivity = "lastday.Settings"
	ruleActivity     = "lastday.Rule"
	admitActivity    = "lastday.Admit"

	recordCaseActivity   = "record.Case"
	recordEventsActivity = "record.Events"

	// There is one brake and one kill switch in a namespace.
	BrakeID  = "lastday:brake"
	FreezeID = "lastday:freeze"
)

// Search attributes, all Keyword but the Datetime LastdayDeadline.
const (
	StateAttribute    = "LastdayState"
	SubjectAttribute  = "LastdaySubject"
	PartnerAttribute  = "LastdayPartner"
	DeadlineAttribute = "LastdayDeadline"
)
