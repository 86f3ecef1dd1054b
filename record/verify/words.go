package verify

// The checks, in the order in which they are told.
const (
	idFile      = "file"
	idForm      = "form"
	idSignature = "signature"
	idEntries   = "entries"
	idTiles     = "tiles"
	idComplete  = "complete"
	idOnce      = "once"
	idClock     = "clock"
	idDetails   = "details"
	idNames     = "names"
	idSums      = "sums"
	idCase      = "case"
	idPapers    = "papers"
	idOthers    = "others"
	idAnchors   = "anchors"
	idWitnesses = "witnesses"
	idCopies    = "copies"
	idOperator  = "operator"
)

func order(k Kind) []string {
	if k == KindLog {
		return []string{
			idSignature, idEntries, idTiles, idForm, idComplete, idOnce, idClock, idOthers,
			idAnchors, idWitnesses, idCopies, idOperator,
		}
	}
	return []string{
		idFile, idForm, idSignature, idEntries, idComplete, idOnce, idClock, idDetails, idNames, idSums, idCase,
		idPapers, idAnchors, idWitnesses, idCopies, idOperator,
	}
}

func titles() map[Kind]map[string]string {
	return map[Kind]map[string]string{
		KindBundle: {
			idFile:      "Is the file whole?",
			idForm:      "Is the evidence written as Lastday writes it?",
			idSignature: "Did the log sign this?",
			idEntries:   "Does every entry stand in the signed log?",
			idComplete:  "Is every entry of the case here?",
			idOnce:      "Is every event recorded only once?",
			idClock:     "Did the clock run forward?",
			idDetails:   "Are the personal details those that were recorded?",
			idNames:     "Do the names belong to the entries?",
			idSums:      "Does the case's summary follow from its entries?",
			idCase:      "Does case.json say what the entries say?",
			idPapers:    "Do the reports for reading say the same?",
			idAnchors:   "Do the checkpoints that Lastday put elsewhere agree?",
			idWitnesses: "Did an independent witness sign?",
			idCopies:    "Do your own copies of checkpoints agree?",
			idOperator:  "Can the operator have written another history?",
		},
		KindLog: {
			idSignature: "Did the log sign this?",
			idEntries:   "Are all entries those that were signed?",
			idTiles:     "Do the files of hashes agree with the entries?",
			idForm:      "Is every entry written as Lastday writes it?",
			idComplete:  "Is every entry of every case here?",
			idOnce:      "Is every event recorded only once?",
			idClock:     "Did the clock run forward?",
			idOthers:    "Are there other files in the folder?",
			idAnchors:   "Do the checkpoints that Lastday put elsewhere agree?",
			idWitnesses: "Did an independent witness sign?",
			idCopies:    "Do your own copies of checkpoints agree?",
			idOperator:  "Can the operator have written another history?",
		},
	}
}

// clockText is what a good answer about the clock says.
const clockText = "Each entry was recorded after the one before it (give or take 5 seconds, since several machines record), after what it tells (give or take 5 minutes), and not in the future."

// glossary explains the words that reports use.
func glossary() []Fact {
	return []Fact{
		{"entry", "one line of the record: something that was asked, decided, done or seen, with its time. Entries are only ever added."},
		{"hash", "a short fingerprint of data. Data that differs in one bit has another one."},
		{"checkpoint", "the log's signed statement of how many entries it holds and of one hash over all of them. Change, remove or move any entry, and the checkpoint no longer fits."},
		{"anchor", "a checkpoint that Lastday put somewhere outside its own database when it was made: a Slack channel, a directory, an object store, a witness."},
		{"witness", "an independent server that signs a checkpoint only if it continues the last one it signed. It has a key of its own."},
		{"operator", "whoever runs Lastday and so has its database and its signing key."},
	}
}
