package pages

// control is what one requirement asks, in our own words, and what the record
// does and does not say of it. The requirement's own text is what counts.
type control struct {
	Framework, Number, Title string
	Asks                     string
	Shows, Not               []string
	// Figures are those that bear on it, by name.
	Figures []string
}

// notConnected is true of every control that speaks of all systems.
const notConnected = "Systems that are not connected to Lastday, and accounts there that nobody could match to the person."

// notTold is true of every control that speaks of all leavers.
const notTold = "Leavers of whom nobody told Lastday: compare the list of cases with HR's own list of leavers for the period."

// controlTexts are the controls in the order in which they are shown. Sources:
// the 2017 Trust Services Criteria with the 2022 points of focus, ISO/IEC
// 27001:2022 Annex A, PCI DSS 4.0.1, NIST SP 800-53 Rev. 5, 45 CFR 164.308.
func controlTexts() []control {
	return []control{
		{
			Framework: "SOC 2", Number: "CC6.2", Title: "Credentials are removed when access is no longer authorized",
			Asks: "New users are registered and authorized before they get credentials, and credentials are removed once access is no longer authorized.",
			Shows: []string{
				"For each leaver: who asked and when, when access was to end, and in each connected system what was found, what was removed with the vendor's request id, and what was seen when the system was read back.",
				"How long it took against the company's own deadline, late ones included.",
			},
			Not: []string{
				"Registration and authorization of new users: no part of it.",
				notTold, notConnected,
			},
			Figures: []string{"leavers", "proven", "unproven", "late", "not-contained"},
		},
		{
			Framework: "SOC 2", Number: "CC6.3", Title: "Access is authorized, modified or removed by role and responsibility",
			Asks: "Access to data, software and functions is authorized, changed and removed according to roles and responsibilities, with least privilege and segregation of duties in mind.",
			Shows: []string{
				"The removal for leavers, class by class of access.",
				"Where the company's rules asked for agreement: who agreed to exactly which plan, and that it was neither who asked nor who leaves.",
				"Exceptions, each with who accepted it, why, and until when.",
			},
			Not: []string{
				"Changes of role inside the company, and periodic reviews of access.",
				"Whether access was right while the person worked: least privilege and segregation of duties are not looked at.",
				notConnected,
			},
			Figures: []string{"leavers", "approved", "exceptions", "attested", "left"},
		},
		{
			Framework: "ISO/IEC 27001:2022", Number: "A.5.11", Title: "Return of assets",
			Asks:  "Staff and others give back the organization's assets in their possession when their employment, contract or agreement changes or ends.",
			Shows: []string{"Nothing. The record does not know who holds which laptop, phone, key, card or paper, nor whether it came back."},
			Not: []string{
				"The return of any asset. That a device was removed from a system, such as a VPN peer or a phone from the directory, says that it no longer opens that system; it does not say where the device is.",
				"Information the person kept elsewhere, and its return or erasure.",
			},
		},
		{
			Framework: "ISO/IEC 27001:2022", Number: "A.5.18", Title: "Access rights",
			Asks: "Access rights are provisioned, reviewed, modified and removed according to the organization's policy on access control.",
			Shows: []string{
				"Removal at the end of employment or contract: when it was to happen, when live use was stopped, when every right that was found was removed, and when a fresh look showed it gone.",
				"Rights that nobody could remove, and until when they go on.",
			},
			Not: []string{
				"Provisioning, modification and periodic review of rights.",
				"Physical access.",
				notTold, notConnected,
			},
			Figures: []string{"leavers", "proven", "late", "exceptions", "residuals"},
		},
		{
			Framework: "ISO/IEC 27001:2022", Number: "A.6.5", Title: "Responsibilities after termination or change of employment",
			Asks: "Duties of information security that stay in force after employment ends or changes are defined, enforced and made known.",
			Shows: []string{
				"That the departure was handled as a case, from which day, and, where it was given, who takes over.",
			},
			Not: []string{
				"Which duties stay in force, that the person was told, and what was signed: confidentiality agreements and exit interviews are not in the record.",
				"Changes of employment within the organization.",
			},
			Figures: []string{"leavers"},
		},
		{
			Framework: "PCI DSS 4.0.1", Number: "8.2.5", Title: "Access for terminated users is immediately revoked",
			Asks: "The accounts of terminated users cannot be used. The standard says “immediately” and gives no number of minutes.",
			Shows: []string{
				"For each leaver the time from when access was to end until live use was stopped, and until it was shown to be gone. Whether that is immediate is for the assessor to say.",
				"A listing after the revocation, in each connected system: each class was read back, beside something known to be there, so that an empty answer means something.",
			},
			Not: []string{
				"That physical factors such as smart cards and tokens were given back (8.2.5.b); removed or deactivated factors are shown where a connected system holds them.",
				"Components of the cardholder data environment with local accounts that are not connected, and shared accounts.",
				notTold,
			},
			Figures: []string{"leavers", "contained-over-5m", "contained-over-1h", "not-contained", "proven"},
		},
		{
			Framework: "NIST SP 800-53 Rev. 5", Number: "PS-4", Title: "Personnel termination",
			Asks: "On termination: disable system access within a set time (a), revoke authenticators and credentials (b), hold exit interviews (c), retrieve property (d), keep access to the organization's information that the person controlled (e).",
			Shows: []string{
				"For (a) and (b), in the connected systems: when access was stopped, and each credential that was found, removed and read back.",
			},
			Not: []string{
				"(c) exit interviews, (d) the return of property, (e) that information the person controlled stays within reach; only who takes over is noted, where it was given.",
				notTold, notConnected,
			},
			Figures: []string{"leavers", "contained-over-1h", "contained-over-4h", "not-contained", "proven", "residuals"},
		},
		{
			Framework: "NIST SP 800-53 Rev. 5", Number: "AC-2(3)", Title: "Disable accounts",
			Asks: "Accounts are disabled within a set time when they have expired, are no longer associated with a user, violate policy, or were inactive for a set time.",
			Shows: []string{
				"Accounts that are no longer associated with a user because that user left.",
			},
			Not: []string{
				"Expired accounts, accounts that violate policy, and inactive ones.",
				"Accounts of services and devices that no leaver owned.",
				notConnected,
			},
			Figures: []string{"leavers", "contained-over-24h", "proven-over-24h", "not-contained"},
		},
		{
			Framework: "HIPAA", Number: "164.308(a)(3)(ii)(C)", Title: "Termination procedures (addressable)",
			Asks: "There are procedures to end access to electronic protected health information when employment or another arrangement ends, or when clearance says so.",
			Shows: []string{
				"That access was ended in the connected systems, when, and on whose request: evidence that a procedure was followed.",
			},
			Not: []string{
				"The procedure itself, which is a written document of the company.",
				"Which of the systems hold protected health information.",
				"Changes of clearance without a departure, and keys, badges and media.",
				notTold, notConnected,
			},
			Figures: []string{"leavers", "proven", "unproven", "late"},
		},
	}
}

// fedrampLimit is a limit that the FedRAMP Rev. 5 baselines set.
type fedrampLimit struct {
	Limit, Slug, Control, Baselines string
	Note                            string
}

// fedrampLimits are as in the baselines' parameters ps-04_odp.01,
// ac-02.13_odp.01, ac-02_odp.06 to 08 and ac-02.03_odp.01.
func fedrampLimits() []fedrampLimit {
	return []fedrampLimit{
		{"1 h", "1h", "PS-4 (a)", "High", "disable system access on termination; AC-2(13) sets the same hour, in Moderate and High, for accounts of people found to be a significant risk, counted from when that was found: the record does not know when that was"},
		{"4 h", "4h", "PS-4 (a)", "Moderate, Low", "disable system access on termination"},
		{"8 h", "8h", "AC-2 (h)(2)", "all", "tell account managers that a user is terminated. It is a limit on telling, not on cutting: that somebody was told is not shown by these figures, only that containment came within it or not"},
		{"24 h", "24h", "AC-2(3)", "Moderate, High", "disable user accounts that are no longer associated with a user; AC-2 (h)(1) gives 24 h to tell that an account is no longer needed"},
	}
}
