#!/usr/bin/env bash
# A machine as Gradescope has it: root in a container with Docker's usual capabilities and no namespaces to be had. Builds
# the image from an autograder's zip file, then hands in each case. Started by test_tree.py, inside mount and
# process namespaces of its own, with which everything here ends.
#
#   image.sh PREFIX BASE_PREFIX ZIP CASES OUT
#
# CASES/<name>/ holds submission/, submission_metadata.json and perhaps a script `before`; OUT gets <name>.json and <name>.log.
set -euo pipefail
prefix=$1 base_prefix=$2 zip=$3 cases=$4 out=$5
root=$(mktemp -d)
mount -t tmpfs tmpfs "$root"
mkdir -p "$root"/{upper,work,root} "$root"/root/{proc,sys,dev,tmp,cases,out,autograder/venv}
chmod 755 "$root" "$root/root"
chmod 1777 "$root/root/tmp"
for folder in usr bin sbin lib lib32 lib64 etc; do # of the machine only what a bare image has
  if [ -L "/$folder" ]; then
    cp -P "/$folder" "$root/root/$folder"
  elif [ -d "/$folder" ]; then
    mkdir "$root/root/$folder"
    mount --rbind "/$folder" "$root/root/$folder"
  fi
done
mount --rbind /dev "$root/root/dev"
mount --bind /sys "$root/root/sys" # without the control groups below it, and as a container sees it
mount -o remount,bind,ro "$root/root/sys"
mount -t proc proc "$root/root/proc"
if [ ! -d "$root/root$base_prefix/bin" ]; then
  mkdir -p "$root/root$base_prefix"
  mount --bind "$base_prefix" "$root/root$base_prefix"
fi
mount --bind "$cases" "$root/root/cases"
mount --bind "$out" "$root/root/out"
# The packages of this environment stand for what pip would install; this project itself must come from the zip file.
mount -t overlay overlay -o "lowerdir=$prefix,upperdir=$root/upper,workdir=$root/work" "$root/root/autograder/venv"
find "$root/root/autograder/venv/lib" -maxdepth 3 -name '__editable__*' -delete
mkdir "$root/root/autograder/"{source,submission,results}
"$prefix/bin/python" -m zipfile -e "$zip" "$root/root/autograder/source"

cat >"$root/root/tmp/build-and-grade" <<'INSIDE'
set -uo pipefail
cd /autograder
grep CapEff /proc/self/status >/out/capabilities
bash /autograder/source/setup.sh >/out/setup.log 2>&1 || exit 1
cp /autograder/source/run_autograder /autograder/run_autograder
chmod +x /autograder/run_autograder
find /autograder/source /autograder/venv/lib/python3*/site-packages/autograder -printf '%m %U %p\n' >/out/modes
fingerprint() { find /autograder/source -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum; }
before=$(fingerprint)
for case in /cases/*; do
  name=$(basename "$case")
  rm -rf /autograder/submission /autograder/results
  mkdir /autograder/results
  cp -R "$case/submission" /autograder/submission
  cp "$case/submission_metadata.json" /autograder/submission_metadata.json
  if [ -f "$case/before" ]; then . "$case/before"; fi
  ./run_autograder >"/out/$name.log" 2>&1
  cp /autograder/results/results.json "/out/$name.json"
  if [ -f "$case/after" ]; then . "$case/after"; fi
  if [ "$(fingerprint)" != "$before" ]; then echo "$name" >>/out/changed; fi
  ps -eo pid,args | grep -v -e 'ps -eo' -e grep -e build-and-grade >"/out/$name.processes" || true
done
INSIDE
kept=chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap
exec chroot "$root/root" setpriv --bounding-set "-all,+${kept//,/,+}" env -i PATH="$PATH" bash /tmp/build-and-grade
