#!/usr/bin/env bash
# The only commands anyone needs. Each works on a clean clone and may be repeated.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

usage() {
  cat <<'TEXT'
usage: ./build.sh VERB

  run [OPTIONS]        build, then start the whole box on the twin in this terminal; Ctrl-C stops it
  test [vm]            every test that needs no GPU and no root; ends with "N passed, N failed"; vm: the box in QEMU too, where root is here
  check                formatting, warnings, fast tests; run it before each commit
  build                publish artifacts/appliance, appliance-probe, appliance-safe, appliance-rights, inference-core, bmc-agent, nvml-twin (Native AOT, linux-x64)
  bench [NAME]         benchmarks, each figure beside its limit; JSON under artifacts/bench/
  sim [--seeds A..B]   the simulation campaign; prints the failing seed and the command that repeats it
  deb                  the Debian packages into artifacts/deb/, judged by lintian
  vm [CHECK…]          boots a Debian with the packages in QEMU and breaks it on purpose, over its serial line (as root)
  fmt                  format the sources
TEXT
}

say() { printf '\033[2m· %s\033[0m\n' "$*" >&2; }
[ -t 2 ] || say() { printf '· %s\n' "$*" >&2; }

need() { # command, Debian package, perhaps with options of apt-get
  command -v "$1" >/dev/null && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing $2"
    # shellcheck disable=SC2086 # the package may come with options of apt-get
    apt-get install -y -q $2 >/dev/null 2>&1 || { apt-get update -q >/dev/null 2>&1; apt-get install -y -q $2 >/dev/null; }
  else
    echo "build.sh: $1 is not installed; on Debian: sudo apt-get install $2" >&2
    exit 1
  fi
}

restore() { say "restoring packages (locked)"; LOCKED=true dotnet restore appliance.sln -v q; }

# Native AOT programs into artifacts/, each only when a source is newer than what was published.
publish() {
  need gcc gcc
  mkdir -p artifacts/.stamps artifacts/symbols
  local program project
  for program in appliance:appliance/daemon/Appliance appliance-probe:appliance/probe/Probe appliance-safe:appliance/safe/Safe appliance-rights:appliance/rights/Rights \
                 bmc-agent:bmc-agent/BmcAgent inference-core:inference-core/InferenceCore \
                 nvml-twin/libnvidia-ml.so.1:appliance/nvml-twin/NvmlTwin; do
    project=${program#*:}; program=${program%%:*}
    local stamp=artifacts/.stamps/${program%%/*}
    if [ -f "$stamp" ] && [ -x "artifacts/$program" ] && [ -z "$(newer_sources "$stamp")" ]; then continue; fi
    say "publishing $program"
    local out=artifacts/.publish/${program%%/*}
    rm -rf "$out"
    # A publish that was stopped leaves half a program behind that the linker's step would take for a whole one.
    if [ -e "$stamp.new" ]; then rm -rf "${project%/*}"/{obj,bin}/Release/net10.0/linux-x64/native; fi
    touch "$stamp.new"
    dotnet publish "$project.csproj" -c Release -v q -o "$out" >&2
    mv -f "$out"/*.dbg artifacts/symbols/ 2>/dev/null || true
    if [ "${program##*/}" = libnvidia-ml.so.1 ]; then # a library is named .so.so by nature; in a folder of its own nobody loads it by accident
      mkdir -p artifacts/nvml-twin
      mv -f "$out"/nvml-twin.so "artifacts/$program"
      rm -rf "$out"
      chmod +x "artifacts/$program"
      mv "$stamp.new" "$stamp"
      continue
    fi
    rm -f "$out"/*.pdb "$out"/*.staticwebassets.endpoints.json "$out"/web.config
    cp -rf "$out"/. artifacts/
    rm -rf "$out"
    mv "$stamp.new" "$stamp"
  done
}

version() { sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props; }

debs() {
  need dh debhelper
  need dpkg-buildpackage dpkg-dev
  need lintian lintian
  publish
  say "building the packages"
  packaging/deb.sh
  say "lintian"
  lintian --profile debian --fail-on error,warning artifacts/deb/*_"$(version)"_amd64.deb
  local size
  size=$(cat artifacts/deb/*_"$(version)"_amd64.deb | wc -c)
  say "packages: $((size / 1000000)) MB together, at most 40"
  [ "$size" -le 40000000 ] || { echo "build.sh: the packages have grown beyond 40 MB" >&2; return 1; }
}

newer_sources() {
  find appliance thermal inference-core bmc-agent packaging Directory.Build.props Directory.Packages.props \
    \( -name bin -o -name obj -o -name node_modules \) -prune -o -type f -newer "$1" -print -quit
}

passed=0 failed=0 skipped=0
# Runs one suite and adds its figures up; the runner's own closing lines are what is counted.
suite() { # name, project folder, arguments…
  local name=$1 folder=$2 log status=0
  shift 2
  say "tests: $name"
  log=$(mktemp)
  # A shell in the background, or nohup, leaves signals ignored, and what the tests start would not hear theirs.
  env --default-signal dotnet "$(ls "$folder"/bin/Release/net10.0/linux-x64/*Tests.dll)" -noLogo "$@" 2>&1 | tee "$log" || status=$?
  local line
  line=$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -aE 'Total: +[0-9]+, +Errors: +[0-9]+, +Failed: +[0-9]+' | tail -n 1 || true)
  if [ -z "$line" ]; then
    echo "build.sh: $name ended without a summary (exit $status)" >&2
    failed=$((failed + 1))
  else
    local total errors fails skips
    total=$(sed -E 's/.*Total: +([0-9]+).*/\1/' <<<"$line")
    errors=$(sed -E 's/.*Errors: +([0-9]+).*/\1/' <<<"$line")
    fails=$(sed -E 's/.*Failed: +([0-9]+).*/\1/' <<<"$line")
    skips=$(sed -E 's/.*Skipped: +([0-9]+).*/\1/' <<<"$line")
    if [ "$status" != 0 ] && [ $((errors + fails)) = 0 ]; then errors=1; total=$((total + 1)); fi
    passed=$((passed + total - fails - skips)) failed=$((failed + fails + errors)) skipped=$((skipped + skips))
  fi
  rm -f "$log"
}

# Fast tests write small files by the hundred: in memory none waits for a disk. Some wait for a clock, so a third runs beside the two that compute. And a run
# of seconds is over before code that is compiled a second time has paid that back.
fast() {
  local memory=""
  if [ -w /dev/shm ] && ! grep -q ' /dev/shm .*noexec' /proc/mounts && [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt 500000 ]; then memory=$(mktemp -d /dev/shm/fast-XXXXXX); fi
  TMPDIR=${memory:-${TMPDIR:-/tmp}} DOTNET_TC_CallCountThreshold=0x200 suite fast tests/fast -maxThreads "$(($(nproc) + 1))"
  [ -z "$memory" ] || rm -rf "$memory"
}

# Debian, the packages and what stands in for the box, on a disk. 75: this machine cannot make a Debian.
vm_image() {
  need mmdebstrap mmdebstrap
  need qemu-system-x86_64 qemu-system-x86
  debs
  packaging/deb.sh --version "$(version)+1" >/dev/null # what an upgrade upgrades to
  say "building the disk image"
  tests/vm/image.sh
}

# What a box must do whatever else it does, in the time that CI has: cooling before everything, killed and stopped daemons, five power cuts.
vm_suite() {
  if [ "$(id -u)" != 0 ] || ! unshare --mount true 2>/dev/null; then say "no box in QEMU: that needs root, and mounts"; return; fi
  local log line status
  ./build.sh vm-image && status=0 || status=$?
  if [ "$status" = 75 ]; then say "no box in QEMU: no Debian can be made here"; return; fi
  log=$(mktemp)
  if [ "$status" = 0 ]; then
    say "tests: box in QEMU"
    timeout -k 10 20m python3 tests/vm/checks.py power_on claim killed stopped power_cut 2>&1 | tee "$log" || true
  fi
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1 || true)
  if [ -z "$line" ]; then
    if [ "$status" = 0 ]; then echo "build.sh: the box in QEMU was not done within twenty minutes" >&2; else echo "build.sh: no disk for the box in QEMU" >&2; fi
    line="0 passed, 1 failed"
  fi
  passed=$((passed + ${line%% *})) failed=$((failed + $(sed -E 's/.*, ([0-9]+) failed/\1/' <<<"$line")))
  rm -f "$log"
}

verdict() {
  echo
  if [ "$skipped" -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"; else echo "$passed passed, $failed failed"; fi
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

verb=${1:-help}
[ $# -gt 0 ] && shift
case "$verb" in
  run)
    publish
    exec artifacts/appliance run --simulated "$@"
    ;;
  test)
    need mosquitto_sub mosquitto-clients
    need chromium chromium
    need node nodejs
    need npm npm
    need promtool "--no-install-recommends prometheus"
    restore
    say "building with warnings as errors"
    dotnet build appliance.sln -c Release -v q --no-restore
    publish
    fast
    suite simulation tests/simulation
    APPLIANCE_BIN_DIR="$PWD/artifacts" suite system tests/system -parallelMode none
    if [ "${1:-}" = vm ]; then vm_suite; fi
    verdict
    ;;
  check)
    say "formatting"
    dotnet format whitespace appliance.sln --verify-no-changes --no-restore || { echo "build.sh: run ./build.sh fmt" >&2; exit 1; }
    say "building with warnings as errors"
    dotnet build appliance.sln -c Release -v q
    fast
    verdict
    ;;
  build) publish && ls -l --time-style=+ artifacts/{appliance,appliance-probe,appliance-safe,appliance-rights,bmc-agent,inference-core} ;;
  sim)
    publish
    exec artifacts/appliance sim --campaign "$@"
    ;;
  bench)
    publish
    dotnet build tests/bench -c Release -v q >&2
    exec dotnet tests/bench/bin/Release/net10.0/linux-x64/Bench.dll "$@"
    ;;
  deb)
    debs
    ;;
  vm)
    [ "$(id -u)" = 0 ] || { echo "build.sh: vm makes a Debian root and must run as root" >&2; exit 1; }
    vm_image
    exec python3 tests/vm/checks.py "$@"
    ;;
  vm-image) vm_image ;; # a step of vm and of test vm
  fmt) dotnet format whitespace appliance.sln --no-restore && say formatted ;;
  help | -h | --help) usage ;;
  *)
    echo "build.sh: there is no verb \"$verb\"; ./build.sh help lists them" >&2
    exit 64
    ;;
esac
