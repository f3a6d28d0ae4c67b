#!/bin/sh
# Installs Debian's LLVM 22 in place of the LLVM that a build for CUDA downloads, for machines that cannot
# download it. Run it as root on Debian or Ubuntu; you can run it again. docs/offline-cuda.md explains it.
set -eu

# The version is that of `tracel-llvm-bundler` in Cargo.lock.
bundle="${XDG_DATA_HOME:-$HOME/.local/share}/tracel/tracel-llvm-23.1.0-4"
if [ -e "$bundle/.tracel-llvm-installed" ]; then
    echo "already there: $bundle"
    exit 0
fi

apt-get update -qq
apt-get install -y -qq g++ llvm-22-dev libpolly-22-dev zlib1g-dev libzstd-dev libxml2-dev libz3-dev

mkdir -p "$(dirname "$bundle")"
cp -rs /usr/lib/llvm-22 "$bundle"
# llvm-config names libz3.so, which is linked as "libz3"; the linker then looks for liblibz3.so.
ln -sf "/usr/lib/$(uname -m)-linux-gnu/libz3.so" /usr/lib/llvm-22/lib/liblibz3.so
touch "$bundle/.tracel-llvm-installed"
echo "ready: $bundle"
