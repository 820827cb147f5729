#!/usr/bin/env bash
# One training run on a machine that has nothing but Python: this folder, with the data in prepared/.
# SECONDS_TO_TRAIN and OUT come from outside; MOOD_ARGS passes more on to train.py.
set -u
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
# shellcheck disable=SC2086
"${PYTHON:-python3}" -u train.py --prepared prepared --output "$OUT" --seconds "$SECONDS_TO_TRAIN" ${MOOD_ARGS:-} 2>&1 | tee "$OUT/train.log"
