#!/bin/sh
# Known vulnerabilities in what the code really calls. What is found is printed, and
# a database that cannot be reached is too; neither fails, since what was found out
# yesterday is no fault of today's checkout. With LASTDAY_NEEDS_VULNDB=1, or a database
# that LASTDAY_VULNDB names (https:// or file://), both do.
#
#   vulncheck.sh DIR...    each the folder of a module
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
if [ "$#" -eq 0 ]; then set -- "$here/../.." "$here/../../standalone"; fi
strict="${LASTDAY_VULNDB:-}${LASTDAY_NEEDS_VULNDB:-}"
db="${LASTDAY_VULNDB:-https://vuln.go.dev}"

mkdir -p "$here/../../bin"
scanner="$here/../../bin/govulncheck"
(cd "$here" && go build -o "$scanner" golang.org/x/vuln/cmd/govulncheck)

# With the version comes the database's age if it can be read; an empty one is of the year 1.
if ! "$scanner" -db "$db" -version | grep -q '^DB updated: [1-9]'; then
	echo "govulncheck: the database $db cannot be read, so nothing was looked up" >&2
	if [ -n "$strict" ]; then exit 1; fi
	exit 0
fi
for dir; do
	"$scanner" -db "$db" -C "$dir" ./... || { [ -z "$strict" ] || exit 1; }
done
