#!/bin/sh
# Bridges whatever can open a TCP connection and write lines of numbers ("0.1 0.2 9.8") to a pipeline:
#
#     bridge.sh tcp://127.0.0.1:5560 5555 imu 3 50
#
# takes lines of 3 numbers, 50 a second, on port 5555 of this machine by netcat (Debian: netcat-openbsd) and pushes
# them as stream desk/imu. A microcontroller then needs no more than a socket. What a program writes can be piped in
# the same way:
#
#     ffmpeg -v error -f alsa -i default -ac 2 -ar 8000 -f s16le - | sensorium sense channels \
#       --stream '{"stream":"stereo","dtype":"i16","shape":[80,2],"rate":100}' \
#       --options '{"source":"-","form":"raw"}' --connect tcp://127.0.0.1:5560
set -eu
inlet=$1 port=$2 stream=$3 count=$4 rate=$5
nc -lk 127.0.0.1 "$port" | ${SENSORIUM:-sensorium} sense channels --connect "$inlet" \
  --stream "{\"stream\":\"$stream\",\"shape\":[$count],\"rate\":$rate}" --options '{"source":"-"}'
