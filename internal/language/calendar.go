package language

// calendar holds a language's names of months and weekdays, as written within
// a sentence.
type calendar struct {
	months      [12]string
	shortMonths [12]string
	weekdays    [7]string // from Sunday, as time.Weekday counts
}

func (r Reader) calendar() calendar {
	if r.Language == Danish {
		return calendar{
			months: [12]string{"januar", "februar", "marts", "april", "maj", "juni",
				"juli", "august", "september", "oktober", "november", "december"},
			shortMonths: [12]string{"jan.", "feb.", "marts", "april", "maj", "juni",
				"juli", "aug.", "sept.", "okt.", "nov.", "dec."},
			weekdays: [7]string{"søndag", "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag"},
		}
	}
	return calendar{
		months: [12]string{"January", "February", "March", "April", "May", "June",
			"July", "August", "September", "October", "November", "December"},
		shortMonths: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
			"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	}
}
