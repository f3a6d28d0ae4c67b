#!/bin/sh
# Puts Debian's LLVM 22 where a build for CUDA looks for the LLVM that it otherwise downloads, so that
# `cargo xtask ... --device cuda` links on a machine without a way to that download. As root, on Debian or
# Ubuntu; safe to run again. Why, and what to expect: docs/offline-cuda.md.
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
# What llvm-config calls libz3.so is linked as "libz3", and looked for as liblibz3.so.
ln -sf "/usr/lib/$(uname -m)-linux-gnu/libz3.so" /usr/lib/llvm-22/lib/liblibz3.so
touch "$bundle/.tracel-llvm-installed"
echo "ready: $bundle"
