#!/usr/bin/env bash
# From the texts to the file. usage: run.sh DATA WORK
# DATA has the texts; WORK takes what comes in between, and keeps it. PYTHON says which Python.
set -euo pipefail
data=$(realpath "$1") work=$(mkdir -p "$2" && realpath "$2") python=${PYTHON:-python3}
cd "$(dirname "${BASH_SOURCE[0]}")"
export PYTHONPATH=..

"$python" rivals.py --data "$data" --output "$work/rivals"
"$python" prepare.py --data "$data" --output "$work/prepared"
"$python" vectors.py --prepared "$work/prepared"
"$python" teacher.py --data "$data" --rivals "$work/rivals" --prepared "$work/prepared"

train() { "$python" train.py --prepared "$work/prepared" --tokens 8192 "$@"; }
train --opinions "$work/rivals/soft.npz" --output "$work/one" --plan bag:4,layer:2 --dropout 0.2 --hide 0.3 --soft 0.6 --seed 3
train --opinions "$work/rivals/soft.npz" --output "$work/two" --from "$work/one" --plan layer:2 --dropout 0.25 --hide 0.3 --soft 0.7 --rate 0.7 --seed 4

train --opinions "$work/prepared/teacher.npz" --output "$work/three" --from "$work/two" --plan again:1,again:1,again:1,again:1 \
  --dropout 0.25 --hide 0.3 --soft 0.85 --rate 0.8 --rated 1.7 --seed 6

"$python" export.py --run "$work/three" --prepared "$work/prepared" --data "$data" --output ../../sentiment/sentiment.gguf --version 2
