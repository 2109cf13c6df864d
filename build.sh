#!/usr/bin/env bash
# The only commands anyone needs: ./build.sh {run|test|check|build|sim|fmt}
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

case "${1:-}" in
  check)
    dotnet format whitespace appliance.sln --verify-no-changes --no-restore
    dotnet build appliance.sln -v q
    ;;
  *) echo "usage: ./build.sh {check}" >&2; exit 64 ;;
esac
