#!/bin/sh
# Builds bin/standalone and shows that it goes on: the first time compiles the
# Temporal server, which takes minutes.
set -eu
cd "$(dirname "$0")"
mkdir -p ../bin

build() { if go build -v -o ../bin/standalone . 2>&1; then echo "status 0"; else echo "status 1"; fi; }

build | awk -v tty="$([ -t 1 ] && echo 1)" '
	/^status / { status = $2; next }
	/^go: downloading / { note(++n " modules and packages, now downloading " $3); next }
	/^[a-z0-9.-]+\/[^ :]*$/ || /^[a-z0-9\/]+$/ { note(++n " modules and packages, now compiling " $1); next }
	{ print; fflush() }
	function note(s) {
		if (n == 1) print "building; the first time compiles the Temporal server, which takes minutes"
		if (tty) printf "\r\033[K  %s", substr(s, 1, 100)
		else if (n % 100 == 0) print "  " s
		fflush()
	}
	END { if (tty && n) printf "\r\033[K"; if (n && !status) print "built"; exit status }
'
