#!/bin/sh
# Runs assay with the libraries beside it, from the folder of this script: ./run.sh transfer-sweep
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
if [ -d "$here/lib" ]; then
    LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    export LD_LIBRARY_PATH
fi
cd "$here"
case "${1:-}" in
    report) shift; exec ./assay-report "$@" ;;
    *) exec ./assay "$@" ;;
esac
