package slack

import (
	"slices"

	"github.com/slack-go/slack"

	"lastday/offboarding"
)

// zones are offered in dialogs; Slack takes at most 100. From the keyboard every
// zone can be given.
var zones = []string{
	"UTC", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Berlin", "Europe/Paris", "Europe/Madrid",
	"Europe/Rome", "Europe/Amsterdam", "Europe/Brussels", "Europe/Vienna", "Europe/Zurich", "Europe/Stockholm",
	"Europe/Oslo", "Europe/Copenhagen", "Europe/Helsinki", "Europe/Warsaw", "Europe/Prague", "Europe/Budapest",
	"Europe/Bucharest", "Europe/Sofia", "Europe/Athens", "Europe/Belgrade", "Europe/Zagreb", "Europe/Vilnius",
	"Europe/Riga", "Europe/Tallinn", "Europe/Kyiv", "Europe/Istanbul", "Europe/Moscow", "Atlantic/Reykjavik",
	"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
	"America/Anchorage", "Pacific/Honolulu", "America/Toronto", "America/Vancouver", "America/Halifax",
	"America/St_Johns", "America/Mexico_City", "America/Bogota", "America/Lima", "America/Santiago",
	"America/Argentina/Buenos_Aires", "America/Sao_Paulo", "America/Caracas", "America/Panama",
	"Africa/Cairo", "Africa/Casablanca", "Africa/Lagos", "Africa/Nairobi", "Africa/Johannesburg", "Africa/Accra",
	"Asia/Jerusalem", "Asia/Beirut", "Asia/Riyadh", "Asia/Dubai", "Asia/Tehran", "Asia/Karachi", "Asia/Kolkata",
	"Asia/Colombo", "Asia/Kathmandu", "Asia/Dhaka", "Asia/Yangon", "Asia/Bangkok", "Asia/Ho_Chi_Minh",
	"Asia/Jakarta", "Asia/Kuala_Lumpur", "Asia/Singapore", "Asia/Manila", "Asia/Shanghai", "Asia/Hong_Kong",
	"Asia/Taipei", "Asia/Seoul", "Asia/Tokyo", "Asia/Tashkent", "Asia/Almaty", "Asia/Tbilisi", "Asia/Yerevan",
	"Asia/Baku", "Australia/Perth", "Australia/Adelaide", "Australia/Brisbane", "Australia/Sydney",
	"Australia/Melbourne", "Pacific/Auckland", "Pacific/Fiji",
}

// zoneOptions offers the person's own zone, those of the zones given, and the
// list.
func zoneOptions(mine ...string) []*slack.OptionBlockObject {
	out := []*slack.OptionBlockObject{option(zoneTheirs, "Their own")}
	names := slices.Clone(zones)
	for _, z := range mine {
		if z == zoneTheirs || slices.Contains(names, z) || len(z) > 75 {
			continue
		}
		if _, err := offboarding.LoadZone(z); err == nil {
			names = append([]string{z}, names...)
		}
	}
	for _, z := range names[:min(len(names), 99)] {
		out = append(out, option(z, z))
	}
	return out
}
