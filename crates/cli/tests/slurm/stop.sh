#!/usr/bin/env bash
# Stops what start.sh DIR started.
dir=$1
export SLURM_CONF="$dir/slurm.conf"
scancel --full --user "$(id -un)" 2>/dev/null
sleep 0.5
for file in slurmd.n1.pid slurmd.n2.pid slurmctld.pid munge/pid; do
  [ -s "$dir/$file" ] || continue
  process=$(cat "$dir/$file")
  kill -TERM "$process" 2>/dev/null || continue
  for _ in $(seq 100); do
    [ -d "/proc/$process" ] || break
    sleep 0.1
  done
  [ -d "/proc/$process" ] && kill -KILL "$process"
done
exit 0
