#!/bin/sh
# Runs assay from the folder of this script: ./run.sh transfer-sweep
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
assay="$here/assay"
[ -x "$assay" ] || assay="$here/assay-dev"
# The libraries in lib/ are for systems that lack them. A GPU's driver needs the system's own.
if [ -d "$here/lib" ] && ldd "$assay" 2>&1 | grep -q "not found"; then
    LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    export LD_LIBRARY_PATH
fi
cd "$here"
exec "$assay" "$@"
