#!/usr/bin/env bash
# One training run on a machine that has nothing but Python: this folder, with the data in prepared/.
# SECONDS_TO_TRAIN and OUT come from outside; scoring takes about 20 s more. TRANSLATOR_ARGS passes more on to train.py.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
mkdir -p "$OUT"
export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True TORCHDYNAMO_SUPPRESS_ERRORS=1
python=${PYTHON:-python3}
# shellcheck disable=SC2086
"$python" -u train.py --prepared prepared --output "$OUT" --seconds "$SECONDS_TO_TRAIN" ${TRANSLATOR_ARGS:-} 2>&1 | tee "$OUT/train.log"
