#!/usr/bin/env bash
# Starts a private Slurm cluster of two nodes on this machine, on 127.0.0.1 only, for tests.
#
# Needs:  slurmctld, slurmd, slurm-client and munge (Debian's packages)
# Use:    start.sh DIR && export SLURM_CONF=DIR/slurm.conf, then stop.sh DIR
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"
dir=$1
user=$(id -un)
host=$(hostname -s)
mkdir -p "$dir"/{state,log,spool.n1,spool.n2,munge}
chmod 755 "$dir" "$dir/munge"
[ -s "$dir/munge/key" ] || (umask 077 && head -c 128 /dev/urandom >"$dir/munge/key")

# Slurm 23.02 and later can go without cgroups. Earlier ones need the name of a plugin, which nothing uses here.
version=$(slurmctld -V | grep -oE '[0-9]+\.[0-9]+' | head -1)
if [ "$(printf '%s\n23.02\n' "$version" | sort -V | head -1)" = 23.02 ]; then
  cgroup=disabled
elif [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
  cgroup=cgroup/v2
else
  cgroup=cgroup/v1
fi
echo "CgroupPlugin=$cgroup" >"$dir/cgroup.conf"

# Three ports that are free now.
ports=($(python3 - <<'PYTHON'
import socket
sockets = [socket.socket() for _ in range(3)]
for one in sockets:
    one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in sockets))
PYTHON
))
cat >"$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/munge/sock
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool.%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0,requeue_setup_env_fail
SlurmctldTimeout=10
SlurmdTimeout=10
KillWait=5
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[1]} CPUs=2 RealMemory=4000 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[2]} CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$dir/slurm.conf"
munged --force --socket="$dir/munge/sock" --key-file="$dir/munge/key" --pid-file="$dir/munge/pid" \
  --log-file="$dir/munge/log" --seed-file="$dir/munge/seed"
slurmctld -f "$dir/slurm.conf" -c
slurmd -f "$dir/slurm.conf" -N n1
slurmd -f "$dir/slurm.conf" -N n2
for _ in $(seq 100); do
  [ "$(sinfo -h -t idle -o %D 2>/dev/null || true)" = 2 ] && exit 0
  sleep 0.1
done
echo "Slurm did not start within 10 seconds; see $dir/log" >&2
exit 1
