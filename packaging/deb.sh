#!/usr/bin/env bash
# The Debian packages from the programs in artifacts/, into artifacts/deb/. The same programs give the same bytes: every time stamp is
# that of the last commit, every list is sorted, owners are root.
#
#   packaging/deb.sh [--version V]     V stands for Directory.Build.props' version: for tests of upgrades
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
[ "${1:-}" = --version ] && version=$2
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y build.sh)}
export SOURCE_DATE_EPOCH DEB_BUILD_OPTIONS="nocheck noautodbgsym" LC_ALL=C TZ=UTC

stage=artifacts/deb/.stage
out=$PWD/artifacts/deb
mkdir -p "$out"
rm -rf "$stage"
install -d "$stage/bin"
cp -a artifacts/appliance artifacts/appliance-probe artifacts/appliance-safe artifacts/appliance-rights artifacts/bmc-agent artifacts/inference-core artifacts/models "$stage/bin/"
cp -a packaging "$stage/"
cp -a packaging/debian "$stage/debian"
cp packaging/systemd/{appliance,bmc-agent,inference-core}.service "$stage/debian/"
for unit in appliance-watchdog.service appliance-rights.service appliance-rights.socket appliance-login.service appliance-login.socket; do
  cp "packaging/systemd/$unit" "$stage/debian/appliance.$unit"
done
find "$stage" -type f ! -perm /111 -exec chmod 0644 {} +

{
  printf 'appliance (%s) stable; urgency=medium\n\n' "$version"
  # The version's section of CHANGELOG.md, in Debian's form.
  awk '/^## /{inside = !seen++} inside && /^- /{printf "\n%s", $0} inside && /^  /{sub(/^ +/, " "); printf "%s", $0} END{print ""}' CHANGELOG.md |
    sed '/^$/d' | while read -r line; do fold -s -w 72 <<<"${line#- }" | sed -e '1s/^/  * /' -e '2,$s/^/    /' -e 's/ *$//'; done
  printf '\n -- %s  %s\n' "$(sed -n 's/^Maintainer: //p' packaging/debian/control)" "$(date -R -d "@$SOURCE_DATE_EPOCH")"
} > "$stage/debian/changelog"
find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

(cd "$stage" && umask 022 && dpkg-buildpackage -us -uc -b --no-check-builddeps >../build.log 2>&1) ||
  { tail -n 30 artifacts/deb/build.log >&2; echo "build.sh: dpkg-buildpackage failed; artifacts/deb/build.log holds all of it" >&2; exit 1; }
rm -rf "$stage"
ls "$out"/*_"${version}"_amd64.deb
