#!/bin/sh
# Takes bridges that are not ready out of nginx, and puts them back. A host that is gone sends no ICMP
# message, and sFlow is never answered: nginx cannot find out by itself.
#
#   shards.sh FILE PID_FILE SECONDS UDP=URL...
#   shards.sh /etc/nginx/sflow-shards.conf /run/nginx.pid 2 \
#     192.0.2.11:6343=http://192.0.2.11:16343 192.0.2.12:6343=http://192.0.2.12:16343
#
# A bridge is out after two tries of a second each. When none is ready, nothing is changed.
set -eu
file=$1 pid_file=$2 seconds=$3
shift 3

ready() {
  curl --fail --silent --output /dev/null --max-time 1 "$1/-/ready" ||
    curl --fail --silent --output /dev/null --max-time 1 "$1/-/ready"
}

servers() {
  for shard; do
    down=''
    ready "${shard#*=}" || down=' down'
    echo "server ${shard%%=*} max_fails=1 fail_timeout=10s$down;"
  done
}

while :; do
  wanted=$(servers "$@")
  if [ "$wanted" != "$(cat "$file" 2>/dev/null)" ] && echo "$wanted" | grep -qv ' down;$'; then
    echo "$wanted" > "$file.new"
    mv "$file.new" "$file"
    if [ -e "$pid_file" ]; then kill -HUP "$(cat "$pid_file")"; fi
    echo "$wanted"
  fi
  sleep "$seconds"
done
